/** Follows docs/getting-started.md: a router, a service and a client, which print what the page promises. */
import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as client from '@wamp/client';
import * as router from '@wamp/router';
import { expect, test } from 'vitest';
import { faultsOf, guidesIn, isSaid, runGuide } from './support/guide.ts';

const PAGE = 'docs/getting-started.md';

test('getting started: a service and a client meet at the router of the page', async () => {
  const guides = guidesIn(PAGE);
  expect(faultsOf(guides)).toEqual([]);
  const [starting, serving, calling] = guides;
  if (starting === undefined || serving === undefined || calling === undefined) throw new Error(PAGE);

  const printed: string[] = [];
  const sessions: client.Session[] = [];
  const running: { router: router.Router; server: http.Server }[] = [];
  const connect: typeof client.connect = async (url, options) => {
    const session = await client.connect(url, options);
    sessions.push(session as unknown as client.Session);
    return session;
  };
  const world = {
    modules: { 'node:http': http, '@wamp/router': router, '@wamp/client': { ...client, connect } },
    globals: {
      tell: (one: router.Router, server: http.Server) => void running.push({ router: one, server }),
    },
    print: (line: string) => void printed.push(line),
  };
  await runGuide(starting, world, { 'server.listen(8080,': 'tell(router, server); server.listen(0,' });
  const [started] = running;
  if (started === undefined) throw new Error('the router of the page did not start');
  if (!started.server.listening) await once(started.server, 'listening');

  const { port } = started.server.address() as AddressInfo;
  const here = { '127.0.0.1:8080': `127.0.0.1:${port}` };
  await runGuide(serving, world, here);
  await runGuide(calling, world, here);
  await expect.poll(() => printed.length).toBe(4);
  const said = guides.flatMap(({ prints }) => prints);
  expect(said.filter((says) => !printed.some((line) => isSaid(says, line)))).toEqual([]);

  await Promise.all(sessions.map((session) => session.close()));
  await started.router.close();
  started.server.closeAllConnections();
  started.server.close();
});
