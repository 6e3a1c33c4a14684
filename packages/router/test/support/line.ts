/** A stream in place of a socket: its chunks are just those that were pushed, and it keeps what is written. */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

export class Line extends Duplex {
  /** Each buffer as it was written. */
  readonly written: Buffer[] = [];
  /** How many times the system would have been called. */
  writes = 0;
  #blocked = false;
  /** What is to be done once the peer reads again. */
  #resume: (() => void) | undefined;

  constructor() {
    super({ allowHalfOpen: false });
  }

  /** All that was written. */
  get output(): Buffer {
    return Buffer.concat(this.written);
  }

  /** As far as transports go, it is one. */
  get asSocket(): Socket {
    return this as unknown as Socket;
  }

  /** From now on the peer does not read. */
  block(): void {
    this.#blocked = true;
  }

  /** The peer reads again. */
  unblock(): void {
    this.#blocked = false;
    this.#resume?.();
  }

  setTimeout(): void {
    return;
  }

  setNoDelay(): void {
    return;
  }

  setKeepAlive(): void {
    return;
  }

  override _read(): void {
    return;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#take([chunk], done);
  }

  override _writev(chunks: { readonly chunk: Buffer }[], done: () => void): void {
    this.#take(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  #take(chunks: readonly Buffer[], done: () => void): void {
    const take = (): void => {
      this.#resume = undefined;
      this.writes += 1;
      this.written.push(...chunks);
      done();
    };
    if (this.#blocked) this.#resume = take;
    else take();
  }
}
