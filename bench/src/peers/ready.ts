/** What a peer's program owes to the one that started it: to say where it listens, and to end with it. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Ready {
  readonly url: string;
}

/** Tells the parent where `server` listens; ends the process when the parent asks for it or is gone. */
export function ready(server: Server, path: string): void {
  const { port } = server.address() as AddressInfo;
  const message: Ready = { url: `ws://127.0.0.1:${port}${path}` };
  process.send?.(message);
  // An orderly end, so that a CPU profile is written.
  const end = (): void => process.exit(0);
  process.on('disconnect', end);
  process.on('SIGTERM', end);
}
