/** Messages that wait to be sent: each by itself, or together. */
import { joinBatch } from '@wamp/protocol';
import type { Subprotocol } from './subprotocol.ts';

/** A batch takes no further message beyond so many bytes: routers have limits for it as a whole. */
const MOST_TOGETHER = 64 * 1024;

/** Frames in order, given out as the subprotocol wants them. */
export class Outgoing {
  readonly #subprotocol: Subprotocol;
  readonly #frames: Uint8Array<ArrayBuffer>[] = [];
  #bytes = 0;

  constructor(subprotocol: Subprotocol) {
    this.#subprotocol = subprotocol;
  }

  /** How much waits. */
  get bytes(): number {
    return this.#bytes;
  }

  push(frame: Uint8Array<ArrayBuffer>): void {
    this.#frames.push(frame);
    this.#bytes += frame.length;
  }

  /** What goes out next, a message or a batch; undefined when nothing waits. */
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
