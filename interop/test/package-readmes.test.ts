/** The READMEs of the packages for routers: every sample compiles, runs, and prints what its page says. */
import * as http from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as bridge from '@wamp/http-bridge';
import * as protocol from '@wamp/protocol';
import * as msgpack from '@wamp/protocol/msgpack';
import * as router from '@wamp/router';
import * as sqlite from '@wamp/store-sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { faultsOf, guidesIn, isSaid, runGuide, type Guide } from './support/guide.ts';

const guides = ['protocol', 'router', 'store-sqlite', 'http-bridge'].flatMap((name) =>
  guidesIn(`packages/${name}/README.md`),
);

let folder = '';
const routers: router.Router[] = [];
const servers: http.Server[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wamp-readme-'));
});
afterEach(async () => {
  await Promise.all(routers.splice(0).map((each) => each.close()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true });
});

test('every sample compiles', () => {
  expect(guides).toHaveLength(4);
  expect(faultsOf(guides)).toEqual([]);
});

/** The packages, of which all routers and servers are kept, to be closed. */
const modules = {
  'node:http': {
    createServer: () => {
      const server = http.createServer();
      servers.push(server);
      return server;
    },
  },
  '@wamp/http-bridge': bridge,
  '@wamp/protocol': protocol,
  '@wamp/protocol/msgpack': msgpack,
  '@wamp/router': {
    ...router,
    createRouter: (options: router.RouterOptions) => {
      const created = router.createRouter(options);
      routers.push(created);
      return created;
    },
  },
  '@wamp/store-sqlite': sqlite,
};

test.each(guides.map((guide): [string, Guide] => [guide.name, guide]))('%s', async (_name, guide) => {
  const printed: string[] = [];
  const world = { modules, print: (line: string) => void printed.push(line) };
  await runGuide(guide, world, { 'listen(8080,': 'listen(0,', '/var/lib/wamp': folder });
  expect(printed).toHaveLength(guide.prints.length);
  for (const [at, says] of guide.prints.entries()) expect(isSaid(says, printed[at] ?? ''), says).toBe(true);
});
