/** Reads the client's address from the headers of HTTP proxies: X-Forwarded-For, or Forwarded (RFC 7239). */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { plainAddress } from '../addresses.ts';
import { peerAddressOf, type PeerAddress } from './peer-address.ts';
import { TrustedProxies } from './trusted-proxies.ts';

/** Which proxies are trusted, and which header they set. */
export interface ForwardingRules {
  /** Addresses or networks of the proxies: `10.1.2.3`, `10.0.0.0/8`, `2001:db8::/32`; `unix` for Unix sockets. */
  readonly trusted: readonly string[];
  /** The header that they set; others are ignored. */
  readonly header: 'x-forwarded-for' | 'forwarded';
}

/** One entry: an address, or that its sender does not disclose it; undefined when it is malformed. */
type Hop = PeerAddress | 'undisclosed' | undefined;

export class Forwarding {
  /** The trusted proxies. */
  readonly proxies: TrustedProxies;
  readonly #header: ForwardingRules['header'];

  /** Without rules, no proxy is trusted. */
  constructor({ trusted, header }: ForwardingRules = { trusted: [], header: 'forwarded' }) {
    this.proxies = new TrustedProxies(trusted);
    this.#header = header;
  }

  /**
   * The address of the client of a request. Each proxy appends an entry for its own peer, so entries are read from the
   * last one on, as long as they were added by trusted proxies; entries before that could be forged.
   * @returns undefined when a trusted proxy has sent a header that is malformed
   */
  clientOf({ socket, headers }: IncomingMessage): PeerAddress | undefined {
    let client = peerAddressOf(socket);
    const value = headers[this.#header]?.toString() ?? '';
    if (value === '' || !this.proxies.has(client.address)) return client;
    const hops = this.#header === 'forwarded' ? forwardedHops(value) : value.split(',').map(hopIn);
    for (const hop of hops.reverse()) {
      if (hop === undefined) return undefined;
      if (hop === 'undisclosed') return client;
      client = hop;
      if (!this.proxies.has(client.address)) return client;
    }
    return client;
  }
}

/** `192.0.2.1`, `192.0.2.1:50000`, `2001:db8::1`, `[2001:db8::1]:50000`, `unknown`. */
function hopIn(text: string): Hop {
  const node = text.trim();
  if (isIP(node) !== 0 && !node.includes('%')) return { address: plainAddress(node), port: 0 };
  return nodeIn(node);
}

/** A node of RFC 7239 §6, with IPv6 addresses in brackets. */
function nodeIn(node: string): Hop {
  const { name = '', port } = NODE.exec(node)?.groups ?? {};
  if (/^(?:unknown|_[\w.-]+)$/i.test(name)) return 'undisclosed';
  const [address, version] = name.startsWith('[') ? [name.slice(1, -1), 6] : [name, 4];
  if (isIP(address) !== version || address.includes('%')) return undefined;
  const digits = port !== undefined && /^\d/.test(port) ? Number(port) : 0;
  return digits < 2 ** 16 ? { address: plainAddress(address), port: digits } : undefined;
}

const NODE = /^(?<name>\[[^\]]*\]|[^:]*)(?::(?<port>\d{1,5}|_[\w.-]+))?$/;
/** A pair, or nothing, and the delimiter after it. */
const PAIR =
  /[\t ]*(?:(?<name>[!#$%&'*+\-.^`|~\w]+)=(?:(?<token>[!#$%&'*+\-.^`|~\w]+)|"(?<quoted>(?:[^"\\]|\\.)*)")[\t ]*)?(?<behind>[,;]|$)/y;

/** The hops of a header Forwarded. One malformed part invalidates all, because quotes determine where elements begin. */
function forwardedHops(value: string): Hop[] {
  const hops: Hop[] = [];
  let node: string | undefined;
  let isElement = false;
  PAIR.lastIndex = 0;
  for (;;) {
    const { name, token, quoted, behind } = PAIR.exec(value)?.groups ?? {};
    if (behind === undefined) return [undefined];
    if (name !== undefined) isElement = true;
    if (name?.toLowerCase() === 'for') {
      if (node !== undefined) return [undefined];
      node = token ?? quoted?.replaceAll(/\\(.)/g, '$1') ?? '';
    }
    if (behind === ';') continue;
    // An element without `for` does not disclose the client.
    if (isElement) hops.push(node === undefined ? 'undisclosed' : nodeIn(node));
    if (behind === '') return hops;
    node = undefined;
    isElement = false;
  }
}
