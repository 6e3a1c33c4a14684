/** Listens on an address or a path, and explains failures. */
import { once } from 'node:events';
import { lookup } from 'node:dns/promises';
import { unlink } from 'node:fs/promises';
import { connect, isIPv6, type Server } from 'node:net';
import { CannotStart } from './failure.ts';

/** The place to listen at. */
export interface ListenPlace {
  readonly address: string;
  readonly port: number;
  /** The path of a Unix domain socket, instead of an address and a port. */
  readonly unix?: string;
}

/** The resolved address of `host`, a name or an address. */
export async function resolveHost(host: string): Promise<string> {
  try {
    return (await lookup(host)).address;
  } catch {
    throw new CannotStart(`the host "${host}" is not known`);
  }
}

/**
 * Resolves once `server` listens, with the host part of its URL.
 * @throws CannotStart
 */
export async function listen(server: Server, place: ListenPlace): Promise<string> {
  const { address, port, unix } = place;
  try {
    await begin(server, unix === undefined ? { host: address, port } : { path: unix });
  } catch (error) {
    const failure = error as NodeJS.ErrnoException;
    if (unix === undefined || failure.code !== 'EADDRINUSE' || !(await isAbandoned(unix))) {
      throw new CannotStart(whyNotListening(failure, place));
    }
    await unlink(unix);
    await listen(server, place);
  }
  const bound = server.address();
  return typeof bound === 'string' ? bound : authority(bound?.address ?? address, bound?.port ?? port);
}

async function begin(
  server: Server,
  where: { host: string; port: number } | { path: string },
): Promise<void> {
  server.listen(where);
  await once(server, 'listening');
}

/** True for a stale socket file, on which no process listens. */
async function isAbandoned(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  } finally {
    socket.destroy();
  }
}

/** Explains a failed `listen` in one line. */
export function whyNotListening(error: NodeJS.ErrnoException, { address, port, unix }: ListenPlace): string {
  const place = unix ?? authority(address, port);
  switch (error.code) {
    case 'EADDRINUSE':
      return unix === undefined
        ? `port ${port} on ${address} is in use; choose another, or 0 for any free one`
        : `${unix} is in use`;
    case 'EACCES':
      return unix === undefined
        ? `not permitted to listen on port ${port}; ports below 1024 need privileges`
        : `not permitted to listen on ${unix}`;
    case 'EADDRNOTAVAIL':
      return `${address} is not an address of this machine`;
    default:
      return `cannot listen on ${place}: ${error.message}`;
  }
}

/** `address` and `port` in the spelling of URLs. */
function authority(address: string, port: number): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
