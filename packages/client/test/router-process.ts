/** A router in a process of its own, for tests that kill or stop it: prints its port when it listens. Arguments: port, realm. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { acceptWebSockets, createRouter } from '../../router/src/index.ts';

const [, , port, realm = 'realm1'] = process.argv;
const router = createRouter({ realms: [realm] });
const server = createServer();
acceptWebSockets(router, { server });
process.once('SIGTERM', () => {
  server.close();
  void router.close();
});
server.listen(Number(port), '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
