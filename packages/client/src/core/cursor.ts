/** The position of a subscription in the event log of its topic, and the live events held back during recovery. */
import type { Id } from '@wamp/protocol';
import type { WampEvent } from './event.ts';

/** The number of the last event of each node of a cluster. */
export type Seen = Readonly<Record<string, number>>;

/**
 * A position in an event log: plain data that can be stored, and passed to `subscribe` as `since`, even after a
 * restart.
 */
export interface Position {
  /** Identifies the log; a log that starts over has another epoch. */
  readonly epoch: Id;
  /** The offset of the last event that a handler or a loop has taken; 0 before the first. */
  readonly offset: number;
  /**
   * What has been taken from each node of a cluster, in a realm that several routers share: with it, another router knows which events
   * are missing.
   */
  readonly seen?: Seen | undefined;
}

/** A live event that is held back. */
interface Held {
  readonly event: WampEvent<unknown[]>;
  readonly bytes: number;
}

/** The recovery that is under way. */
export interface Recovering {
  /** The application has taken an event, so that there may be room for another. */
  proceed(): void;
  /** Its connection is lost. */
  lost(): void;
}

/** Only data: what moves it is in `cursor-moves.ts`, which is loaded with the first subscription. */
export class Cursor {
  epoch: Id | undefined;
  /** The offset up to which everything has been received, whether or not the application has taken it. */
  offset = 0;
  /** The offset of the last event passed on, and that of the last event that the application has taken. */
  passed = 0;
  taken = 0;
  /** What has been received from each node of a cluster, and what the application has taken; undefined with one router. */
  seen: Record<string, number> | undefined;
  got: Record<string, number> | undefined;
  /** An earlier log, while the application has not taken all of its events, and the offset of the last one. */
  old: { readonly epoch: Id; readonly end: number } | undefined;
  /** Called when events are missing and the router may have dropped them; live events are held back from then on. */
  onHole: (() => void) | undefined;
  /** Whether the router has refused to recover its events. */
  isRefused = false;
  /** Whether a missing offset may be that of an event that was dropped on the way here. */
  mayMiss = false;
  /** The latest publication id. */
  last: Id | undefined;
  /** Since when events may be missing (ms since 1970); undefined if none are. */
  away: number | undefined;
  /** The recovery of missed events that is under way; it passes on the events that are held back, too. */
  recovery: Recovering | undefined;
  /** How many events of recoveries have been offered, and have not come to the handler or the buffer. */
  offered = 0;
  held: Held[] | undefined;
  heldBytes = 0;
  isTooMuch = false;

  get position(): Position | undefined {
    const { epoch, old, seen, taken } = this;
    if (epoch === undefined) return undefined;
    const isBehind = old !== undefined || taken < this.passed;
    const position = { epoch: old?.epoch ?? epoch, offset: isBehind ? taken : this.offset };
    return seen ? { ...position, seen: { ...(isBehind ? this.got : seen) } } : position;
  }

  /** Records that the application has taken the event. */
  take({ details: { x_offset: offset, x_origin: origin } }: WampEvent<unknown[]>): void {
    if (typeof offset === 'number') {
      this.taken = offset;
      if (this.got && Array.isArray(origin)) this.got[origin[0] as string] = origin[1] as number;
      if (this.old?.end === offset) {
        this.old = undefined;
        this.taken = 0;
      }
    }
    this.recovery?.proceed();
  }
}
