/** Reading sockets into memory that all of them share. */
import { Socket } from 'node:net';
import { isPlain } from './plain.ts';

/**
 * Chunks are of this size at most (bytes). Node's own are, too, but each in memory of its own: for a short message, that
 * costs as much as routing it.
 */
const CHUNK = 64 * 1024;

const shared = Buffer.allocUnsafeSlow(CHUNK);

/** Where a socket keeps what option `onread` of `net.connect` gives it; undefined where Node has no such place. */
const [BUFFER, CALLBACK] = ['kBuffer', 'kBufferCb'].map((name) =>
  Object.getOwnPropertySymbols(new Socket()).find(({ description }) => description === name),
);

/** The part of a socket that is used here, and that Node does not document. */
interface Internals {
  [field: symbol]: unknown;
  readonly _handle?: { readonly useUserBuffer?: (memory: Uint8Array) => void } | null;
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
  const internals = socket as unknown as Internals;
  const handle = internals._handle;
  if (!isPlain(socket) || BUFFER === undefined || CALLBACK === undefined) return false;
  if (typeof handle?.useUserBuffer !== 'function') return false;
  internals[BUFFER] = shared;
  internals[CALLBACK] = (size: number): true => {
    take(shared, size);
    rest();
    return true;
  };
  handle.useUserBuffer(shared);
  return true;
}
