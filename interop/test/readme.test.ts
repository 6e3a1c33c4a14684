/** Runs the samples of the README as they are printed there. */
import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as client from '@wamp/client';
import * as router from '@wamp/router';
import { expect, test } from 'vitest';
import { sample, samplesIn } from './support/samples.ts';

const [clientSample = '', routerSample = ''] = samplesIn('README.md');
const modules = { '@wamp/client': client, '@wamp/router': router, 'node:http': http };

test('a router and a client as in the README', async () => {
  const anyPort = routerSample.replace('server.listen(8080,', 'server.listen(0,');
  expect(anyPort).not.toBe(routerSample);
  const started = await sample(`${anyPort}\nreturn { router, server };`)(modules, console);
  const { router: running, server } = started as { router: router.Router; server: http.Server };
  await once(server, 'listening');

  const address = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`;
  const printed: unknown[][] = [];
  const here = clientSample.replace('ws://127.0.0.1:8080/ws', address);
  expect(here).not.toBe(clientSample);
  const sum = await sample(`${here}\nreturn sum;`)(modules, { log: (...values) => printed.push(values) });

  expect(sum).toBe(5);
  expect(printed).toEqual([['It works', expect.any(Number)], ['not registered']]);
  await running.close();
  server.closeAllConnections();
  server.close();
});
