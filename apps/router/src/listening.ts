/** Listening on an address, and the words for every way that fails. */
import { lookup } from 'node:dns/promises';
import { isIPv6, type AddressInfo, type Server } from 'node:net';
import { isLoopback } from '@wamp/router';
import { CannotStart, USAGE } from './failure.ts';

/** The address that `host`, a name or an address, stands for. */
export async function resolveHost(host: string): Promise<string> {
  try {
    return (await lookup(host)).address;
  } catch {
    throw new CannotStart(`the host "${host}" is not known`);
  }
}

/** Refuses to offer everything to anyone beyond this machine, unless told to. */
export function refuseExposure(address: string, insecureDev: boolean): void {
  if (insecureDev || isLoopback(address)) return;
  throw new CannotStart(
    `refusing to listen on ${address}: anyone who reaches it could do everything; ` +
      'listen on 127.0.0.1, or add --insecure-dev if that is meant',
    USAGE,
  );
}

/** Resolves once `server` listens. */
export function listen(server: Server, address: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      reject(new CannotStart(whyNotListening(error, address, port)));
    };
    server.once('error', failed);
    server.listen({ host: address, port }, () => {
      server.off('error', failed);
      resolve(server.address() as AddressInfo);
    });
  });
}

/** One line about a failed `listen`. */
export function whyNotListening(error: NodeJS.ErrnoException, address: string, port: number): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `port ${port} on ${address} is in use; choose another with --port, or --port 0 for any free one`;
    case 'EACCES':
      return `not permitted to listen on port ${port}; ports below 1024 need privileges`;
    case 'EADDRNOTAVAIL':
      return `${address} is not an address of this machine`;
    default:
      return `cannot listen on ${authority(address, port)}: ${error.message}`;
  }
}

/** `address` and `port` as a URL has them. */
export function authority(address: string, port: number): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
