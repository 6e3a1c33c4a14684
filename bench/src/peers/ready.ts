/** Connects the program of a peer with its parent: reports where it listens, and ends with the parent. */
import type { AddressInfo, Server } from 'node:net';

/** Where a peer listens. */
export interface Ready {
  /** `ws://…` */
  readonly url: string;
  /** `rs://…`, for RawSocket, if the peer supports it. */
  readonly rawUrl?: string;
}

/** Makes a server listen on any free port of 127.0.0.1. @returns the address, such as `127.0.0.1:40000` */
export async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { address, port } = server.address() as AddressInfo;
  return `${address}:${port}`;
}

/** Reports the addresses to the parent; from then on the process ends when the parent asks for it, or has ended. */
export function ready(message: Ready): void {
  process.send?.(message);
  // An orderly end, so that a CPU profile is written.
  const end = (): void => process.exit(0);
  process.on('disconnect', end);
  process.on('SIGTERM', end);
}
