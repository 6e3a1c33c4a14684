/** The position of a subscription in the event log of its topic, and the live events held back during recovery. */
import type { Id } from '@wamp/protocol';
import type { WampEvent } from './event.ts';

/**
 * A position in an event log: plain data that can be stored, and passed to `subscribe` as `since`, even after a
 * restart.
 */
export interface Position {
  /** Identifies the log; a log that starts over has another epoch. */
  readonly epoch: Id;
  /** The offset of the last event that a handler or a loop has taken; 0 before the first. */
  readonly offset: number;
}

/** A live event that is held back. */
interface Held {
  readonly event: WampEvent<unknown[]>;
  readonly bytes: number;
}

/** Limits of the events held back. Beyond them, events are discarded, and recovered from the log again. */
const MOST_EVENTS = 1_000;
const MOST_BYTES = 1024 * 1024;

/** The recovery that is under way. */
export interface Recovering {
  /** The application has taken an event, so that there may be room for another. */
  proceed(): void;
  /** Its connection is lost. */
  lost(): void;
}

export class Cursor {
  epoch: Id | undefined;
  /** The offset up to which everything has been received, whether or not the application has taken it. */
  offset = 0;
  /** The offset of the last event passed on, and that of the last event that the application has taken. */
  #passed = 0;
  #taken = 0;
  /** Called when events are missing and the router may have dropped them; live events are held back from then on. */
  onHole: (() => void) | undefined;
  /** The latest publication id. */
  last: Id | undefined;
  /** Since when events may be missing (ms since 1970); undefined if none are. */
  away: number | undefined;
  /** The recovery of missed events that is under way; it passes on the events that are held back, too. */
  recovery: Recovering | undefined;
  /** How many events of recoveries have been offered, and have not come to the handler or the buffer. */
  offered = 0;
  #held: Held[] | undefined;
  #bytes = 0;
  #isOverfull = false;

  get position(): Position | undefined {
    const { epoch } = this;
    if (epoch === undefined) return undefined;
    return { epoch, offset: this.#taken < this.#passed ? this.#taken : this.offset };
  }

  /** @returns whether to deliver the event now; if not, it is held back, or was delivered before */
  admit(event: WampEvent<unknown[]>, bytes: number): boolean {
    const isHole = this.#held === undefined && this.onHole !== undefined && this.#misses(event);
    if (isHole) this.hold();
    if (this.#held === undefined) return this.pass(event);
    this.#isOverfull ||= this.#held.length >= MOST_EVENTS || this.#bytes + bytes > MOST_BYTES;
    // Once one is discarded, so are all after it: the log has them in their order.
    if (!this.#isOverfull) {
      this.#bytes += bytes;
      this.#held.push({ event, bytes });
    }
    if (isHole) this.onHole?.();
    return false;
  }

  /** Whether the event does not follow the one before it. */
  #misses({ details: { x_offset: offset } }: WampEvent<unknown[]>): boolean {
    return this.epoch !== undefined && typeof offset === 'number' && offset > this.offset + 1;
  }

  /** Records the event as passed on. @returns false if it was passed on before */
  pass(event: WampEvent<unknown[]>): boolean {
    const { x_offset: offset } = event.details;
    if (typeof offset === 'number') {
      if (this.epoch !== undefined && offset <= this.offset) return false;
      // All earlier events have been taken; missing offsets were for other subscribers.
      if (this.#taken >= this.#passed) this.#taken = this.epoch === undefined ? offset - 1 : this.offset;
      this.#passed = offset;
      this.offset = offset;
    }
    this.last = event.publication;
    return true;
  }

  /** Records that the application has taken the event. */
  take({ details: { x_offset: offset } }: WampEvent<unknown[]>): void {
    if (typeof offset === 'number') this.#taken = offset;
    this.recovery?.proceed();
  }

  /** Holds back live events from now on. */
  hold(): void {
    this.#held = [];
    this.#bytes = 0;
    this.#isOverfull = false;
  }

  /** Whether events were discarded because a limit was reached. */
  get isOverfull(): boolean {
    return this.#held !== undefined && this.#isOverfull;
  }

  /** The first of the events that are held back. */
  get firstHeld(): Held | undefined {
    return this.#held?.[0];
  }

  /** Removes the first of the events that are held back, to pass it on. */
  shiftHeld(): void {
    this.#bytes -= this.#held?.shift()?.bytes ?? 0;
  }

  /** Stops holding back; events that are still held back are discarded. */
  release(): void {
    this.#held = undefined;
  }

  /** Forgets the position, so that no further event counts as delivered before. */
  forget(): void {
    this.offset = 0;
    this.#passed = 0;
    this.#taken = 0;
  }
}
