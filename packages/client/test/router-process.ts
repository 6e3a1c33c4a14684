/** A router in a process of its own, for tests that kill or stop it: prints its port when it listens. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { acceptWebSockets, createRouter } from '../../router/src/index.ts';

const router = createRouter({ realms: ['realm1'] });
const server = createServer();
acceptWebSockets(router, { server });
process.once('SIGTERM', () => {
  server.close();
  void router.close();
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
