/** Which web pages may connect: the Origin policy of WebSocket upgrades (RFC 6455 §10.2). */
import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../addresses.ts';

/**
 * True for a request that may go on. Programs send no Origin and may; a page may when it comes from
 * this very host, from a loopback host while the server is bound to loopback, or from an origin in the list.
 * What is bound to loopback goes by loopback names only: a foreign name that resolves to it, and the page that
 * came from there, may be anybody's (DNS rebinding).
 * @param headers of the request
 * @param bound the address that the server listens on
 * @param allowed origins such as `https://example.org`, compared as a whole
 */
export function originAllowed(
  headers: IncomingHttpHeaders,
  bound: string,
  allowed: readonly string[],
): boolean {
  const { origin } = headers;
  if (origin === undefined || allowed.includes(origin)) return true;
  const host = hostOf(origin);
  if (host === undefined) return false;
  if (isLoopback(bound)) return isLoopback(host.hostname);
  return host.host === headers.host;
}

function hostOf(origin: string): { readonly host: string; readonly hostname: string } | undefined {
  if (!URL.canParse(origin)) return undefined;
  const url = new URL(origin);
  const isPage = url.protocol === 'http:' || url.protocol === 'https:';
  // An origin is a scheme and a host; anything longer only resembles one.
  return isPage && url.origin === origin ? url : undefined;
}
