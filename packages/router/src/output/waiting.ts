/** Frames that wait before a transport, the oldest of which may have to give way. */
import { MessageType } from '@wamp/protocol';

/** A frame that can be sent later. */
export interface Kept {
  /** In bytes. */
  readonly length: number;
  send(): void;
  /** It will not be sent: its memory may be used again. */
  drop(): void;
}

/** A frame, and the type of the message that it is. */
export interface Place {
  readonly frame: Kept;
  readonly type: MessageType;
}

/** Below so many places, no room is worth clearing. */
const FEW = 64;

/** First in, first out, but that EVENTs may be dropped from the midst. Each step costs the same, however many wait. */
export class Waiting {
  /** Those that were dropped leave a gap. */
  #places: (Place | undefined)[] = [];
  /** Where the frame stands that is to be sent next, or before it. */
  #next = 0;
  /** No EVENT stands before this place. */
  #oldest = 0;
  #bytes = 0;
  #size = 0;

  /** The bytes of all frames that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many frames wait. */
  get size(): number {
    return this.#size;
  }

  push(frame: Kept, type: MessageType): void {
    if (this.#places.length > FEW && this.#places.length > 2 * this.#size) this.#closeGaps();
    this.#places.push({ frame, type });
    this.#bytes += frame.length;
    this.#size += 1;
  }

  /** Takes out the frame that is to be sent next. */
  shift(): Place | undefined {
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
