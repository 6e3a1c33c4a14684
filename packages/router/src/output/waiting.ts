/** A queue of frames that wait for a transport, of which the oldest EVENTs can be dropped. */
import { MessageType } from '@wamp/protocol';

/** A frame that can be sent later. */
export interface Kept {
  /** The length of the frame (bytes). */
  readonly length: number;
  send(): void;
  /** Discards the frame: its memory may be reused. */
  drop(): void;
}

/** A frame with the type of its message. */
export interface WaitingFrame {
  readonly frame: Kept;
  readonly type: MessageType;
}

/** With fewer places than this, compaction is not worthwhile. */
const FEW = 64;

/** First in, first out, except that EVENTs can be dropped from the middle. Each step has constant cost. */
export class WaitingFrames {
  /** Dropped frames leave a gap. */
  #places: (WaitingFrame | undefined)[] = [];
  /** The index of the next frame to send, or one before it. */
  #next = 0;
  /** There is no EVENT before this index. */
  #oldest = 0;
  #bytes = 0;
  #size = 0;

  /** The bytes of all waiting frames. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The number of waiting frames. */
  get size(): number {
    return this.#size;
  }

  push(frame: Kept, type: MessageType): void {
    if (this.#places.length > FEW && this.#places.length > 2 * this.#size) this.#closeGaps();
    this.#places.push({ frame, type });
    this.#bytes += frame.length;
    this.#size += 1;
  }

  /** Removes and returns the next frame to send. */
  shift(): WaitingFrame | undefined {
    while (this.#next < this.#places.length) {
      const place = this.#places[this.#next];
      this.#remove(this.#next);
      this.#next += 1;
      if (place !== undefined) return place;
    }
    return undefined;
  }

  /** Drops the EVENT that has waited the longest. @returns false when there is none */
  dropOldest(): boolean {
    for (; this.#oldest < this.#places.length; this.#oldest += 1) {
      const place = this.#places[this.#oldest];
      if (place?.type !== MessageType.EVENT) continue;
      this.#remove(this.#oldest);
      place.frame.drop();
      return true;
    }
    return false;
  }

  #remove(index: number): void {
    const place = this.#places[index];
    if (place === undefined) return;
    this.#places[index] = undefined;
    this.#bytes -= place.frame.length;
    this.#size -= 1;
  }

  #closeGaps(): void {
    this.#places = this.#places.filter((place) => place !== undefined);
    this.#next = 0;
    this.#oldest = 0;
  }
}
