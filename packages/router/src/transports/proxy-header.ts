/** Parses the header of the PROXY protocol, versions 1 and 2, in which a proxy names its client. */
import { isIPv4, isIPv6 } from 'node:net';
import { plainAddress } from '../addresses.ts';
import type { PeerAddress } from './peer-address.ts';

/** A header at the beginning of a stream. */
export interface ProxyHeader {
  /** In bytes. */
  readonly size: number;
  /** The client; undefined when the proxy connects for itself, or the address is not an IP address. */
  readonly client: PeerAddress | undefined;
}

/** The longest line of version 1, including CR LF. */
const LONGEST_LINE = 107;
/** The longest rest of a version 2 header: addresses and extensions. */
const LONGEST_REST = 4096;
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** Octets of the signature, version and command, family, length. */
const FIXED = 16;
/** Octets of an address, for each TCP family. */
const WIDTHS: ReadonlyMap<number, number> = new Map([
  [0x11, 4],
  [0x21, 16],
]);

/** Parses a header. @returns undefined while it is incomplete */
export function readProxyHeader(octets: Buffer): ProxyHeader | 'malformed' | undefined {
  const isSecond = octets.subarray(0, SIGNATURE.length).equals(SIGNATURE.subarray(0, octets.length));
  return isSecond ? readSecond(octets) : readFirst(octets);
}

/** Version 1: a line such as `PROXY TCP4 192.0.2.1 192.0.2.9 50000 443`. */
function readFirst(octets: Buffer): ProxyHeader | 'malformed' | undefined {
  const text = octets.toString('latin1', 0, LONGEST_LINE);
  const end = text.indexOf('\r\n');
  if (end < 0)
    return 'PROXY '.startsWith(text.slice(0, 6)) && text.length < LONGEST_LINE ? undefined : 'malformed';
  const size = end + 2;
  const [word, family, client = '', router = '', port = '', ownPort = '', ...rest] = text
    .slice(0, end)
    .split(' ');
  if (word !== 'PROXY') return 'malformed';
  if (family === 'UNKNOWN') return { size, client: undefined };
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : never;
  const isWhole =
    isAddress(client) && isAddress(router) && isPort(port) && isPort(ownPort) && rest.length === 0;
  return isWhole ? { size, client: { address: plainAddress(client), port: Number(port) } } : 'malformed';
}

/** Version 2: binary. */
function readSecond(octets: Buffer): ProxyHeader | 'malformed' | undefined {
  if (octets.length < FIXED) return undefined;
  const [command, family, rest] = [octets.readUInt8(12), octets.readUInt8(13), octets.readUInt16BE(14)];
  if (command >> 4 !== 2 || (command & 0x0f) > 1 || rest > LONGEST_REST) return 'malformed';
  const size = FIXED + rest;
  if (octets.length < size) return undefined;
  const width = WIDTHS.get(family);
  if ((command & 0x0f) === 0 || width === undefined) return { size, client: undefined };
  if (rest < 2 * width + 4) return 'malformed';
  const address = octets.subarray(FIXED, FIXED + width);
  return { size, client: { address: written(address), port: octets.readUInt16BE(FIXED + 2 * width) } };
}

function written(address: Buffer): string {
  if (address.length === 4) return address.join('.');
  const groups = Array.from({ length: 8 }, (_item, index) => address.readUInt16BE(2 * index).toString(16));
  const { hostname } = new URL(`http://[${groups.join(':')}]`);
  return plainAddress(hostname.slice(1, -1));
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) < 2 ** 16;
}

function never(): boolean {
  return false;
}
