/**
 * IP addresses: recognizes loopback addresses, normalizes notations, and maps addresses to the networks that count as
 * one client.
 */
import { isIPv6 } from 'node:net';

/** True for a name or an address of the loopback interface. */
export function isLoopback(host: string): boolean {
  const bare = plainAddress(host.replace(/^\[|\]$/g, ''));
  return bare === 'localhost' || isSixLoopback(bare) || /^127(?:\.\d{1,3}){3}$/.test(bare);
}

/** True for `::1` in any notation. */
function isSixLoopback(address: string): boolean {
  return isIPv6(address) && groupsOf(address).join(':') === '0:0:0:0:0:0:0:1';
}

/** The address without its zone; an IPv4 address that is mapped into IPv6 is returned as IPv4. */
export function plainAddress(address: string): string {
  if (!isIPv6(address)) return address;
  const groups = groupsOf(address);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (!isMapped) return address.split('%', 1)[0] ?? '';
  return groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.');
}

/**
 * The unit that counts as one address: for IPv6 the /64 network, because the owner of one of its addresses has all 2^64
 * of them.
 */
export function networkOf(address: string): string {
  const plain = plainAddress(address);
  return isIPv6(plain) ? groupsOf(plain).slice(0, 4).join(':') : plain;
}

/**
 * The network that identifies a peer; undefined when it has no address, or has a loopback address: all clients of a
 * proxy on this machine share that address, so it does not identify any of them.
 */
export function tellingNetwork(address: string | undefined): string | undefined {
  return address === undefined || isLoopback(address) ? undefined : networkOf(address);
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const [front = '', back] = (address.split('%', 1)[0] ?? '').split('::', 2);
  const [head, tail] = [groupsIn(front), groupsIn(back ?? '')];
  const zeros = Array<number>(Math.max(0, 8 - head.length - tail.length)).fill(0);
  return [...head, ...zeros, ...tail];
}

function groupsIn(text: string): readonly number[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    const [a, b = 0, c = 0, d = 0] = part.split('.').map(Number);
    return part.includes('.') ? [((a ?? 0) << 8) | b, (c << 8) | d] : [Number.parseInt(part, 16)];
  });
}
