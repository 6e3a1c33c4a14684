/** The beginning of connections: waits, with a deadline, for the first octets, which determine the protocol. */
import type { Server, Socket } from 'node:net';
import { deadline } from '../connection/deadline.ts';
import type { Host } from '../host.ts';
import { nothing } from '../nothing.ts';
import { onConnection, tellListening } from './listening.ts';
import { OpenSet } from './open-set.ts';

/** The result of reading the first octets of a connection. */
interface Beginning<T> {
  readonly value: T;
  /** The number of octets that were consumed; all further ones are put back. */
  readonly size: number;
}

/** Reads the octets received so far. @returns undefined while they do not determine the protocol yet */
export type ReadBeginning<T> = (octets: Buffer) => Beginning<T> | undefined;

/**
 * Destroys the socket when the client ends its side, or is silent for longer than `limits.helloTimeout`.
 * @param closed called when the socket is closed, from either side
 * @returns a function that cancels this
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

/** The connections of a server whose protocol is not known yet. */
export class Reception {
  readonly #router: Host;
  readonly #silent = new OpenSet<Socket>();
  readonly #stop: () => void;

  /** @param admit called with each new connection */
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
   * Reads the first octets of a connection, and puts back those that `read` did not consume; the caller has to resume the
   * socket.
   * @param take called with the result, unless the connection ends before
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

  /** Accepts no more connections, and ends those whose protocol is not known yet; resolves when these are closed. */
  close(): Promise<void> {
    this.#stop();
    for (const socket of this.#silent) socket.destroy();
    return this.#silent.empty();
  }
}

const NO_OCTETS = Buffer.alloc(0);

/** Reads the first octet of a connection without consuming it. */
export function firstOctet(octets: Buffer): Beginning<number> | undefined {
  const [value] = octets;
  return value === undefined ? undefined : { value, size: 0 };
}
