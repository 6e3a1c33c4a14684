/** Plain sockets: connections of the operating system's own. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** The part of a socket that is used here, and that Node does not document. */
interface Internals {
  readonly _handle?: object | null;
}

/**
 * True for a connection of the operating system's own, be it TCP or a Unix socket: it reads when nothing else is going on,
 * and copies what is written. TLS, and streams of other making, may do otherwise.
 */
export function isPlain(stream: Duplex): boolean {
  const kind = (stream as unknown as Internals)._handle?.constructor.name;
  return stream instanceof Socket && (kind === 'TCP' || kind === 'Pipe');
}
