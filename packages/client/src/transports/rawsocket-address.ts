/** Parses RawSocket URLs. */
import { ErrorUri } from '@wamp/protocol';
import { ConnectError } from '../errors.ts';

/** The address to connect to, as `node:net` accepts it, and whether to use TLS. */
export interface RawSocketAddress {
  readonly place: { readonly path: string } | { readonly host: string; readonly port: number };
  readonly secure: boolean;
}

const SECURE: Readonly<Record<string, boolean>> = {
  'rs:': false,
  'tcp:': false,
  'unix:': false,
  'rss:': true,
  'tls:': true,
  'tcps:': true,
};

/** Parses the URLs described at {@link rawSocket}. @throws ConnectError for any other */
export function addressOf(url: URL): RawSocketAddress {
  const { protocol, hostname, port, pathname, search, hash } = url;
  const secure = SECURE[protocol];
  if (secure === undefined) {
    throw unusable(
      url,
      'RawSocket URLs begin with rs:, tcp:, rss:, tls:, tcps: or unix:; for ws: and wss:, leave option transport out',
    );
  }
  if (search !== '' || hash !== '') throw unusable(url, 'a RawSocket URL has no query and no fragment');
  if (protocol === 'unix:') {
    if (hostname !== '')
      throw unusable(url, 'a path begins after unix: or unix://, as in unix:///run/wamp.sock');
    return { place: { path: pathOf(url) }, secure };
  }
  if (hostname === 'unix' && pathname.length > 1) return { place: { path: pathOf(url) }, secure };
  if (hostname === '') throw unusable(url, 'it names no host');
  if (pathname.length > 1) throw unusable(url, 'a RawSocket URL has no path after the port');
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return { place: { host, port: port === '' ? (secure ? 443 : 80) : Number(port) }, secure };
}

function pathOf(url: URL): string {
  try {
    const path = decodeURIComponent(url.pathname);
    if (path !== '' && !path.includes('\0')) return path;
  } catch {
    // Below.
  }
  throw unusable(url, 'it names no file');
}

function unusable({ href }: URL, why: string): ConnectError {
  return new ConnectError(ErrorUri.INVALID_ARGUMENT, [`No RawSocket at ${href}: ${why}.`], true);
}
