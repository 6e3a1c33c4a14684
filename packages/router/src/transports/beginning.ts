/** What connections begin with: until that is known, each is in one place, and may be silent only for so long. */
import type { Server, Socket } from 'node:net';
import { deadline } from '../connection/deadline.ts';
import type { Host } from '../host.ts';
import { nothing } from '../nothing.ts';
import { onConnection, tellListening } from './listening.ts';
import { OpenSet } from './open-set.ts';

/** What has been read of a connection. */
interface Beginning<T> {
  readonly value: T;
  /** So many bytes of it are used up; the others are put back. */
  readonly size: number;
}

/** Reads the octets so far. @returns undefined as long as there is no telling what they are */
export type ReadBeginning<T> = (octets: Buffer) => Beginning<T> | undefined;

/**
 * Cuts a client off that ends its side, or is silent for longer than it may take to HELLO.
 * @param closed called when the socket is closed, from either side
 * @returns a function that cancels that
 */
export function awaitWords(router: Host, socket: Socket, closed: () => void = nothing): () => void {
  const end = (): void => {
    socket.destroy();
  };
  const dismiss = deadline(router, 'hello_timeout', end);
  const gone = (): void => {
    dismiss();
    closed();
  };
  // With allowHalfOpen, the end of the client's side would go unnoticed.
  socket.once('end', end).once('close', gone);
  return () => {
    dismiss();
    socket.off('end', end).off('close', gone);
  };
}

/** Connections of a server that have not said yet what they are. */
export class Reception {
  readonly #router: Host;
  readonly #silent = new OpenSet<Socket>();
  readonly #stop: () => void;

  /** @param admit is given each connection that comes */
  constructor(router: Host, server: Server, admit: (socket: Socket) => void, behind?: Server) {
    this.#router = router;
    const stop = onConnection(router, server, admit);
    const untell = behind === undefined ? nothing : tellListening(server, behind);
    this.#stop = () => {
      stop();
      untell();
    };
  }

  /**
   * Waits for the first octets of a connection, and puts back those that do not belong to its beginning; the caller has
   * to resume the socket.
   * @param take is not called when the connection ends before
   */
  hear<T>(socket: Socket, read: ReadBeginning<T>, take: (value: T) => void): void {
    let octets: Buffer = NO_OCTETS;
    this.#silent.add(socket);
    const heard = awaitWords(this.#router, socket, () => {
      this.#silent.delete(socket);
    });
    const hear = (chunk: Buffer): void => {
      octets = octets.length === 0 ? chunk : Buffer.concat([octets, chunk]);
      const beginning = read(octets);
      if (beginning === undefined) return;
      heard();
      this.#silent.delete(socket);
      socket.off('data', hear).pause();
      if (octets.length > beginning.size) socket.unshift(octets.subarray(beginning.size));
      take(beginning.value);
    };
    // Without a listener, an error would end the process; and after one of TLS, Node leaves the socket open.
    socket.on('error', () => socket.destroy());
    socket.on('data', hear);
  }

  /** Takes no more connections, and ends those that have not said what they are; resolves when these are closed. */
  close(): Promise<void> {
    this.#stop();
    for (const socket of this.#silent) socket.destroy();
    return this.#silent.empty();
  }
}

const NO_OCTETS = Buffer.alloc(0);

/** The first octet of a connection, which stays where it is. */
export function firstOctet(octets: Buffer): Beginning<number> | undefined {
  const [value] = octets;
  return value === undefined ? undefined : { value, size: 0 };
}
