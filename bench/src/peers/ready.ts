/** Connects the program of a peer with its parent: reports where it listens, and ends with the parent. */
import type { AddressInfo, Server } from 'node:net';

/** Where a peer listens. */
export interface Ready {
  /** `ws://…` */
  readonly url: string;
  /** `rs://…`, for RawSocket, of a peer that speaks it. */
  readonly rawUrl?: string;
}

/** Has a server listen on any port of this machine. @returns the address, such as `127.0.0.1:40000` */
export async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { address, port } = server.address() as AddressInfo;
  return `${address}:${port}`;
}

/** Tells the parent; from then on the process ends when the parent asks for it, or is gone. */
export function ready(message: Ready): void {
  process.send?.(message);
  // An orderly end, so that a CPU profile is written.
  const end = (): void => process.exit(0);
  process.on('disconnect', end);
  process.on('SIGTERM', end);
}
