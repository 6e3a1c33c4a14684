/**
 * Plain sockets without the detour through their streams: all that rests on parts of Node that it does not document. Where one
 * of these is missing, or with `WAMP_SOCKET_SHORTCUTS=off` in the environment, everything goes through the streams as usual.
 */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * Chunks are of this size at most (bytes). Node's own are, too, but each in memory of its own: for a short message, that
 * costs as much as routing it.
 */
const CHUNK = 64 * 1024;

const shared = Buffer.allocUnsafeSlow(CHUNK);

/** Turns the shortcuts off, for the whole process. */
const OFF = 'WAMP_SOCKET_SHORTCUTS=off';
const isOff = process.env['WAMP_SOCKET_SHORTCUTS'] === 'off';

/** Where a socket keeps what option `onread` of `net.connect` gives it; undefined where Node has no such place. */
const [BUFFER, CALLBACK] = ['kBuffer', 'kBufferCb'].map((name) =>
  Object.getOwnPropertySymbols(new Socket()).find(({ description }) => description === name),
);
const PLACES = BUFFER && CALLBACK && { buffer: BUFFER, callback: CALLBACK };

/** The parts of a socket that are used here, and that Node does not document. */
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

/** Shortcuts that are not taken: why, and what each of them would have saved. */
export interface LostShortcuts {
  /** Whether the environment says so; otherwise Node lacks something. */
  readonly asked: boolean;
  readonly reason: string;
  readonly lost: readonly string[];
}

const READING = 'reading into shared memory: without it, a short message costs as much again as routing it';
const WRITING = 'writing past the stream: without it, a short write costs some 7 % more CPU';

/**
 * Which shortcuts are not taken for sockets like this one, a connection of the operating system's own.
 * @returns undefined for a socket that is closed, and tells nothing
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
 * True for a connection of the operating system's own, be it TCP or a Unix socket: it reads when nothing else is going on,
 * and copies what is written. TLS, and streams of other making, may do otherwise.
 */
export function isPlain(stream: Duplex): boolean {
  const kind = internalsOf(stream)._handle?.constructor.name;
  return !isOff && stream instanceof Socket && (kind === 'TCP' || kind === 'Pipe');
}

/** The socket that a TLS socket stands on, or the socket itself. Not a shortcut: without it, a TLS connection counts twice. */
export function beneath(socket: Socket): object {
  return internalsOf(socket)._parent ?? socket;
}

/** The descriptor of an open plain socket; undefined for any other stream, and where Node does not tell, as on Windows. */
export function descriptorOf(socket: Duplex): number | undefined {
  const fd = isPlain(socket) ? internalsOf(socket)._handle?.fd : undefined;
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

/**
 * Has `take` hear all that comes in on a socket from now on: the first `size` bytes of a chunk, which is `take`'s until it
 * returns, to write into, too. The next chunk lies in the same place.
 *
 * Who opens a socket can tell Node where to read to (`onread`); who accepts one cannot, so this sets what that option
 * sets. Where Node has no such thing, chunks come as they always do.
 *
 * @param rest is called behind a chunk when nothing else is going on: a plain socket is read by the event loop, while a
 *   stream of other making may bring something in the middle of what it is being written
 * @returns whether the memory is shared
 */
export function read(
  socket: Socket,
  take: (chunk: Uint8Array, size: number) => void,
  rest: () => void,
): boolean {
  // What has come already comes this way in any case.
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

/** Whether a socket can be told where to read to. */
function canShare(
  handle: Handle | null | undefined,
): handle is Handle & Required<Pick<Handle, 'useUserBuffer'>> {
  return typeof handle?.useUserBuffer === 'function';
}
