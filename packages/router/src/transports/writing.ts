/** Writing to plain sockets without the detour through their streams. */
import { writeSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { isPlain } from './plain.ts';

/** The part of a socket that is used here, and that Node does not document. */
interface Internals {
  readonly _handle?: { readonly fd?: unknown } | null;
}

/** The descriptor of an open plain socket; undefined for any other stream, and where Node does not tell, as on Windows. */
export function descriptorOf(socket: Duplex): number | undefined {
  const fd = isPlain(socket) ? (socket as unknown as Internals)._handle?.fd : undefined;
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}

/**
 * Writes as many of those bytes, from `start` up to `end`, as the operating system takes at once; the rest is for the
 * stream, whose machinery adds some 7 % to the CPU of a short write.
 * @param descriptor of a socket that is still `writable`, and whose stream has nothing to write
 * @returns how many bytes it took
 */
export function writeNow(descriptor: number, bytes: Uint8Array, start: number, end: number): number {
  try {
    return writeSync(descriptor, bytes, start, end - start);
  } catch {
    // It takes nothing now, or never will: the stream finds the same, waits or fails, and tells whom it concerns.
    return 0;
  }
}
