/** Finds a port to listen on. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems give to clients, so that no connection takes the port before its server listens. */
const [FIRST, LAST] = [10_000, 32_000];
const given = new Set<number>();

/** A port of 127.0.0.1 on which no process was listening, and which was not returned before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (given.has(port)) continue;
    given.add(port);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
