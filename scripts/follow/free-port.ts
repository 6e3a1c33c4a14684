/** A port of loopback that a page may use. */
import { createServer } from 'node:net';

/** @param wanted a port; 0 for any @returns a port that is free @throws Error when the wanted port is in use */
export function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
