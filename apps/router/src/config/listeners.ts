/** Section `listeners` of the configuration. */
import { isIPv6 } from 'node:net';
import { resolve } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { plainAddress, type EntranceRules } from '@wamp/router';
import { z } from 'zod';
import { camelKeys } from './camel-keys.ts';
import { entranceRules, pathRules, type PathRules } from './entrances.ts';
import type { Files } from './files.ts';
import { isHost, unixPath } from './hosts.ts';
import {
  ALWAYS,
  bytes,
  NOT_WELL_FORMED,
  origin,
  port,
  proxy,
  text,
  together,
  urlPath,
  type Complain,
} from './kinds.ts';
import { httpBridges, type HttpBridgeRule } from './http-bridges.ts';
import { pages, type PagesConfiguration } from './pages.ts';
import { tls } from './tls.ts';

/** An address that the router listens on, and the transports offered there. */
export interface Listener {
  readonly address: string;
  /** 0 for any free port. */
  readonly port: number;
  /** The path of a Unix domain socket, instead of an address. */
  readonly unix?: string;
  readonly transports: readonly TransportName[];
  readonly websocketPaths: readonly string[];
  readonly longpollPath: string;
  readonly compression: boolean;
  /** Whether to send PINGs to RawSocket clients. */
  readonly rawsocketPings: boolean | 'auto';
  /** Origins of web pages that may connect, in addition to the router's own. */
  readonly origins: readonly string[];
  /** The web pages that it serves. */
  readonly pages: PagesConfiguration;
  /** Addresses and networks of trusted proxies, whose information about clients is used. */
  readonly trustedProxies: readonly string[];
  /** Whether these proxies begin each connection with a PROXY protocol header. */
  readonly proxyProtocol: boolean;
  /** The HTTP header in which these proxies name the client. */
  readonly forwardingHeader: 'none' | 'x-forwarded-for' | 'forwarded';
  /** Paths below which requests of HTTP are requests for a realm; none when absent. */
  readonly httpBridges?: readonly HttpBridgeRule[];
  readonly tls?: TlsOptions;
  /** Restricts the clients that are accepted there; by default all that a realm admits. */
  readonly auth?: EntranceRules;
  /** The longest message (bytes); that of the limits when absent. */
  readonly messageSize?: number;
  /** What holds at single paths of WebSockets instead. */
  readonly paths: Readonly<Record<string, PathRules>>;
}

type TransportName = 'websocket' | 'rawsocket' | 'longpoll';

const DEFAULT_ADDRESS = '127.0.0.1';
const DEFAULT_PORT = 8080;
const TRANSPORTS: readonly TransportName[] = ['websocket', 'rawsocket', 'longpoll'];

export function listeners(files: Files): z.ZodType<readonly Listener[]> {
  return z
    .array(listener(files))
    .min(1)
    .superRefine((all: readonly unknown[], context) => {
      const before: Partial<Listener>[] = [];
      all.forEach((item, index) => {
        const each = typeof item === 'object' && item !== null ? (item as Partial<Listener>) : {};
        const path = [index, each.unix === undefined ? 'port' : 'unix'];
        const message = 'is where another listener listens already';
        if (before.some((other) => collide(each, other))) context.addIssue({ code: 'custom', path, message });
        before.push(each);
      });
    }, ALWAYS)
    .meta({ title: 'a list of listeners' });
}

/** True if two listeners conflict, even if their addresses are spelled differently. */
function collide(a: Partial<Listener>, b: Partial<Listener>): boolean {
  if (a.unix !== undefined || b.unix !== undefined) {
    return a.unix !== undefined && b.unix !== undefined && resolve(a.unix) === resolve(b.unix);
  }
  const [one, other] = [spelledOut(a.address), spelledOut(b.address)];
  const everywhere = [one, other].some((address) => address === '0.0.0.0' || address === '::');
  return a.port === b.port && a.port !== 0 && a.port !== undefined && (everywhere || one === other);
}

/** The canonical spelling of an address: `0:0::1` is `::1`, and `::ffff:127.0.0.1` is `127.0.0.1`. */
function spelledOut(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  if (!isIPv6(address)) return address.toLowerCase();
  const plain = plainAddress(address);
  if (!isIPv6(plain)) return plain;
  const zone = address.includes('%') ? address.slice(address.indexOf('%')) : '';
  return new URL(`http://[${plain}]/`).hostname.slice(1, -1) + zone;
}

/** The address of a listener. */
const PLACE = {
  address: text('a host name or an address')
    .refine(isHost, { message: NOT_WELL_FORMED })
    .exactOptional()
    .describe('Host name or address to listen on; 0.0.0.0 and :: stand for every address.')
    .meta({ fallback: DEFAULT_ADDRESS }),
  port: port()
    .exactOptional()
    .describe('Port to listen on; 0 stands for any free one.')
    .meta({ fallback: DEFAULT_PORT }),
  unix: unixPath()
    .exactOptional()
    .describe('Path of a Unix domain socket to listen on, instead of an address and a port.'),
};

/** The transports of a listener, and their settings. */
const SPOKEN = {
  transports: z
    .array(z.enum(TRANSPORTS))
    .min(1)
    .default([...TRANSPORTS])
    .describe('The transports of this listener, which share the port.'),
  websocket_paths: z
    .array(urlPath())
    .default(['/ws', '/'])
    .describe('Paths at which WebSocket clients connect.'),
  longpoll_path: urlPath().default('/lp').describe('Path below which HTTP long-poll clients connect.'),
  compression: z
    .boolean()
    .default(false)
    .describe('Whether WebSocket clients may use compression (permessage-deflate).'),
  rawsocket_pings: z
    .union([z.boolean(), z.literal('auto')])
    .default('auto')
    .describe(
      'Whether RawSocket clients are sent PINGs; `auto` excludes clients of autobahn-python, which cannot read them.',
    )
    .meta({ title: 'true, false or auto' }),
  trusted_proxies: z
    .array(proxy())
    .default([])
    .describe('Proxies that are trusted to name the address of the client.'),
  proxy_protocol: z
    .boolean()
    .default(false)
    .describe('Whether trusted proxies begin each connection with a header of the PROXY protocol (1 or 2).'),
  forwarding_header: z
    .enum(['none', 'x-forwarded-for', 'forwarded'])
    .default('none')
    .describe('The HTTP header in which trusted proxies name the address of the client.'),
  origins: z
    .array(origin())
    .default([])
    .describe(
      'Origins whose pages may connect, besides pages of the same host; a star stands for one label of the host. ' +
        'Apps have schemes of their own, such as capacitor://localhost or chrome-extension://ID.',
    ),
};

function listener(files: Files): z.ZodType<Listener> {
  const written = z.strictObject({
    ...PLACE,
    tls: tls(files).exactOptional().describe('Encrypts all connections of this listener.'),
    ...SPOKEN,
    auth: entranceRules()
      .exactOptional()
      .describe('Restricts the clients of this listener; by default, all that the realms admit.'),
    message_size: bytes()
      .exactOptional()
      .describe(
        'The maximum size of a message at this listener, instead of `limits.message_size`. RawSocket uses the greatest power of two that is not above it.',
      ),
    paths: pathRules()
      .default({})
      .describe(
        'Further paths at which WebSocket clients connect, with their own rules instead of `auth` and `message_size` of the listener.',
      ),
    http_bridges: httpBridges()
      .exactOptional()
      .describe('Paths below which programs publish, call and subscribe over HTTP, without WAMP.'),
    pages: pages(files)
      .default(true)
      .describe(
        'Web pages: true for the start page, the chat and the dashboard; or folders of your own by path, such as `/: ./dist`.',
      ),
  });
  return together(written, (given, complain) => {
    checkProxies(given, complain);
    checkPaths(given, complain);
    checkBridges(given, complain);
    if (given.unix === undefined) return;
    for (const key of ['address', 'port'] as const) {
      if (given[key] !== undefined) complain([key], 'does not go with unix, expected one of them');
    }
  })
    .transform((given) => ({ address: DEFAULT_ADDRESS, port: DEFAULT_PORT, ...camelKeys(given) }))
    .meta({ title: 'a mapping for a listener' });
}

/** A listener either trusts some proxies or ignores their headers. */
function checkProxies(given: Written, complain: Complain): void {
  const { trusted_proxies: proxies, proxy_protocol: protocol, forwarding_header: header } = given;
  if (proxies.length > 0) {
    if (protocol || header !== 'none') return;
    complain(['trusted_proxies'], 'has no effect, expected proxy_protocol or forwarding_header beside it');
    return;
  }
  if (protocol) complain(['proxy_protocol'], 'has no effect, expected trusted_proxies beside it');
  if (header !== 'none') complain(['forwarding_header'], 'has no effect, expected trusted_proxies beside it');
}

/** Paths are those of WebSocket clients. */
function checkPaths({ paths, transports }: Written, complain: Complain): void {
  if (Object.keys(paths).length > 0 && !transports.includes('websocket'))
    complain(['paths'], 'has no effect, expected websocket among the transports');
}

/** Long-poll clients and HTTP bridges cannot share a path: what is below it belongs to one of them. */
function checkBridges(given: Written, complain: Complain): void {
  const { transports, longpoll_path: longPoll, http_bridges: bridges = [] } = given;
  if (!transports.includes('longpoll')) return;
  for (const { path } of bridges) {
    if (!isBelow(path, longPoll) && !isBelow(longPoll, path)) continue;
    complain(
      ['http_bridges', path],
      `is the path of long-poll clients, expected one apart from longpoll_path ${longPoll}`,
    );
  }
}

/** Whether a path is another one or below it. */
function isBelow(path: string, other: string): boolean {
  return path === other || path.startsWith(other.endsWith('/') ? other : `${other}/`);
}

interface Written {
  readonly transports: readonly string[];
  readonly paths: object;
  readonly longpoll_path: string;
  readonly http_bridges?: readonly { readonly path: string }[] | undefined;
  readonly trusted_proxies: readonly string[];
  readonly proxy_protocol: boolean;
  readonly forwarding_header: Listener['forwardingHeader'];
}
