/** Where a subscription is in the log of its topic, and what waits while it catches up. */
import type { Id } from '@wamp/protocol';
import type { WampEvent } from './event.ts';

/** Where a subscriber is in a log: data that can be kept, and given to `subscribe` as `since`, even after a restart. */
export interface Position {
  /** Which log it is; a log that begins again has another. */
  readonly epoch: Id;
  /** Of the last event that has been handed over; 0 before the first. */
  readonly offset: number;
}

interface Held {
  readonly event: WampEvent<unknown[]>;
  readonly bytes: number;
}

/** More than so much does not wait: the log is asked for it again. */
const MOST_EVENTS = 1_000;
const MOST_BYTES = 1024 * 1024;

export class Cursor {
  epoch: Id | undefined;
  offset = 0;
  /** The publication that came last. */
  last: Id | undefined;
  /** Since when events may be missing (ms since 1970); undefined while none are. */
  away: number | undefined;
  #held: Held[] | undefined;
  #bytes = 0;
  #isOverfull = false;

  get position(): Position | undefined {
    return this.epoch === undefined ? undefined : { epoch: this.epoch, offset: this.offset };
  }

  /** @returns whether an event is to be handed over now; if not, it waits, or has been handed over before */
  admit(event: WampEvent<unknown[]>, bytes: number): boolean {
    if (this.#held === undefined) return this.pass(event);
    this.#bytes += bytes;
    if (this.#held.length >= MOST_EVENTS || this.#bytes > MOST_BYTES) this.#isOverfull = true;
    else this.#held.push({ event, bytes });
    return false;
  }

  /** It is handed over, unless it was before. */
  pass(event: WampEvent<unknown[]>): boolean {
    const { x_offset: offset } = event.details;
    if (typeof offset === 'number') {
      if (this.epoch !== undefined && offset <= this.offset) return false;
      this.offset = offset;
    }
    this.last = event.publication;
    return true;
  }

  /** From now on, what comes waits. */
  hold(): void {
    this.#held = [];
    this.#bytes = 0;
    this.#isOverfull = false;
  }

  /** Whether some of what came had no room to wait. */
  get isOverfull(): boolean {
    return this.#held !== undefined && this.#isOverfull;
  }

  /** Nothing waits any more. @returns what has, in its order */
  release(): readonly Held[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    return held;
  }

  /** Nothing is known of where it is, so that nothing that comes counts as known. */
  forget(): void {
    this.offset = 0;
  }
}
