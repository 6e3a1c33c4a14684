/** A queue of outgoing messages, sent singly or in batches. */
import { joinBatch } from '@wamp/protocol';
import type { Subprotocol } from './subprotocol.ts';

/** A batch above this size (bytes) takes no further message, because routers limit its size. */
const MOST_TOGETHER = 64 * 1024;

/** Frames in order, combined as the subprotocol requires. */
export class Outgoing {
  readonly #subprotocol: Subprotocol;
  readonly #frames: Uint8Array<ArrayBuffer>[] = [];
  #bytes = 0;

  constructor(subprotocol: Subprotocol) {
    this.#subprotocol = subprotocol;
  }

  /** The number of bytes in the queue. */
  get bytes(): number {
    return this.#bytes;
  }

  push(frame: Uint8Array<ArrayBuffer>): void {
    this.#frames.push(frame);
    this.#bytes += frame.length;
  }

  /** The next message or batch; undefined if the queue is empty. */
  next(): Uint8Array<ArrayBuffer> | undefined {
    const { batched, serializer } = this.#subprotocol;
    const frames = this.#frames.splice(0, batched ? this.#together() : 1);
    for (const frame of frames) this.#bytes -= frame.length;
    return batched && frames.length > 0 ? joinBatch(frames, serializer) : frames[0];
  }

  /** @returns how many frames make a batch: one at least */
  #together(): number {
    let size = 0;
    const end = this.#frames.findIndex((frame, index) => {
      size += frame.length;
      return index > 0 && size > MOST_TOGETHER;
    });
    return end === -1 ? this.#frames.length : end;
  }

  clear(): void {
    this.#frames.length = 0;
    this.#bytes = 0;
  }
}
