/** A router as a process of its own, for tests that kill it: prints its port when it listens. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { acceptWebSockets, createRouter } from '../../router/src/index.ts';

const server = createServer();
acceptWebSockets(createRouter({ realms: ['realm1'] }), { server });
server.listen(Number(process.argv[2]), '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
