/** Interface Framing: how messages travel on a connection. Two forms: WebSocket and RawSocket. */
import type { Serializer } from '@wamp/protocol';

/** The callbacks for frames of a stream. Bytes are only valid during the call. */
export interface FrameReceiver {
  /** Called for each whole message, which stands at `start` … `end`. */
  message(bytes: Buffer, start: number, end: number): void;
  ping(payload: Buffer): void;
  /** Called when the peer has closed the WebSocket. */
  closed(reason: string): void;
}

/** The handshake before the first message. */
export interface Greeting {
  readonly request: Buffer;
  /**
   * Reads the answer.
   * @returns how many bytes it takes; undefined while it is incomplete
   * @throws Error when the server refuses the connection
   */
  read(answer: Buffer): number | undefined;
}

export interface Framing {
  /** What every byte of an outgoing message is XORed with; 0 changes nothing. */
  readonly mask: number;
  greeting(url: URL, serializer: Serializer): Greeting;
  /** A whole frame with a message, masked. */
  frame(message: Uint8Array, serializer: Serializer): Buffer;
  pong(payload: Buffer): Buffer;
  scanner(receiver: FrameReceiver): StreamScanner;
}

const NOTHING = Buffer.alloc(0);

/** Finds frames in a stream of bytes, however it is split. Whole ones are not copied. */
export abstract class StreamScanner {
  /** The beginning of a frame whose end has not arrived. */
  #carry: Buffer = NOTHING;
  #carried = 0;

  /** @param length how many bytes of `chunk` there are; they are not kept */
  scan(chunk: Buffer, length: number): void {
    if (this.#carried === 0) {
      this.#keep(chunk, this.consume(chunk, length), length);
      return;
    }
    this.#keep(chunk, 0, length);
    const used = this.consume(this.#carry, this.#carried);
    if (used > 0) this.#carry.copyWithin(0, used, this.#carried);
    this.#carried -= used;
  }

  /** Delivers whole frames. @returns how many bytes they took */
  protected abstract consume(bytes: Buffer, length: number): number;

  /** Appends the unfinished rest of `chunk`. */
  #keep(chunk: Buffer, from: number, to: number): void {
    const size = this.#carried + to - from;
    if (size > this.#carry.length) {
      const larger = Buffer.allocUnsafe(Math.max(4096, 2 ** Math.ceil(Math.log2(size))));
      this.#carry.copy(larger, 0, 0, this.#carried);
      this.#carry = larger;
    }
    chunk.copy(this.#carry, this.#carried, from, to);
    this.#carried = size;
  }
}
