/**
 * Reads and writes sockets without their streams: all code that uses undocumented parts of Node.js. If one of these is
 * missing, or the environment contains `WAMP_SOCKET_SHORTCUTS=off`, the streams are used instead.
 */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * The maximum size of a chunk (bytes). Node.js uses the same size, but allocates memory for each chunk: for a short
 * message, that costs as much as routing it.
 */
const CHUNK = 64 * 1024;

const shared = Buffer.allocUnsafeSlow(CHUNK);

/** The setting that turns the shortcuts off, for the whole process. */
const OFF = 'WAMP_SOCKET_SHORTCUTS=off';
const isOff = process.env['WAMP_SOCKET_SHORTCUTS'] === 'off';

/** The symbols under which a socket stores option `onread` of `net.connect`; undefined if this Node.js has none. */
const [BUFFER, CALLBACK] = ['kBuffer', 'kBufferCb'].map((name) =>
  Object.getOwnPropertySymbols(new Socket()).find(({ description }) => description === name),
);
const PLACES = BUFFER && CALLBACK && { buffer: BUFFER, callback: CALLBACK };

/** The undocumented parts of a socket that are used here. */
interface Internals {
  [field: symbol]: unknown;
  readonly _handle?: Handle | null;
  readonly _parent?: object | null;
}

interface Handle {
  readonly fd?: unknown;
  readonly useUserBuffer?: (memory: Uint8Array) => void;
}

function internalsOf(stream: Duplex): Internals {
  return stream as unknown as Internals;
}

/** Shortcuts that are not used: why, and what each of them would save. */
export interface LostShortcuts {
  /** True when the environment turned them off; false when this Node.js does not support them. */
  readonly asked: boolean;
  readonly reason: string;
  readonly lost: readonly string[];
}

const READING = 'reading into shared memory: without it, a short message costs as much again as routing it';
const WRITING = 'writing past the stream: without it, a short write costs some 7 % more CPU';

/**
 * Determines which shortcuts are unavailable for plain sockets, from one of them.
 * @returns undefined for a closed socket, from which this cannot be determined
 */
export function lostShortcuts(socket: Socket): LostShortcuts | undefined {
  const { _handle: handle } = internalsOf(socket);
  if (handle === undefined || handle === null) return undefined;
  if (isOff) return { asked: true, reason: OFF, lost: [READING, WRITING] };
  const plain = isPlain(socket);
  const lost = [
    ...(plain && PLACES !== undefined && canShare(handle) ? [] : [READING]),
    ...(plain && typeof handle.fd === 'number' && handle.fd >= 0 ? [] : [WRITING]),
  ];
  return { asked: false, reason: `Node ${process.version} does not offer them on ${process.platform}`, lost };
}

/**
 * True for a plain TCP or Unix socket of the operating system: it delivers data only from the event loop, and copies the
 * bytes that are written. TLS sockets and other streams may not do so.
 */
export function isPlain(stream: Duplex): boolean {
  const kind = internalsOf(stream)._handle?.constructor.name;
  return !isOff && stream instanceof Socket && (kind === 'TCP' || kind === 'Pipe');
}

/** The socket below a TLS socket, or the socket itself. Not a shortcut: without it, a TLS connection is counted twice. */
export function beneath(socket: Socket): object {
  return internalsOf(socket)._parent ?? socket;
}

/** The descriptor of an open plain socket; undefined for other streams, and where Node.js has none, as on Windows. */
export function descriptorOf(socket: Duplex): number | undefined {
  const fd = isPlain(socket) ? internalsOf(socket)._handle?.fd : undefined;
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}

/**
 * Writes the bytes from `start` up to `end`, as far as the operating system accepts them at once. The caller passes the
 * rest to the stream, which costs some 7 % more CPU for a short write.
 * @param descriptor the descriptor of a socket that is still `writable`, and whose stream has nothing to write
 * @returns the number of bytes that were written
 */
export function writeNow(descriptor: number, bytes: Uint8Array, start: number, end: number): number {
  try {
    return writeSync(descriptor, bytes, start, end - start);
  } catch {
    // The socket accepts nothing now, or has failed: the stream will find out which, and wait or report the error.
    return 0;
  }
}

/**
 * Passes all data that a socket receives from now on to `take`, as the first `size` bytes of a chunk. `take` may read and
 * overwrite the chunk until it returns; the next chunk uses the same memory.
 *
 * Node.js lets code that opens a socket specify the memory to read into (`onread`), but not code that accepts one, so this
 * function sets the same fields as that option. If this Node.js does not have them, chunks are allocated as usual.
 *
 * @param rest called after a chunk, if the socket is a plain one, which only the event loop reads; another stream may
 *   deliver data while it is being written to
 * @returns true when the memory is shared
 */
export function read(
  socket: Socket,
  take: (chunk: Uint8Array, size: number) => void,
  rest: () => void,
): boolean {
  // Data that has arrived already is delivered as an event in any case.
  socket.on('data', (chunk: Buffer) => {
    take(chunk, chunk.length);
  });
  const internals = internalsOf(socket);
  const handle = internals._handle;
  if (!isPlain(socket) || PLACES === undefined || !canShare(handle)) return false;
  internals[PLACES.buffer] = shared;
  internals[PLACES.callback] = (size: number): true => {
    take(shared, size);
    rest();
    return true;
  };
  handle.useUserBuffer(shared);
  return true;
}

/** True when the memory to read into can be set for a socket. */
function canShare(
  handle: Handle | null | undefined,
): handle is Handle & Required<Pick<Handle, 'useUserBuffer'>> {
  return typeof handle?.useUserBuffer === 'function';
}
