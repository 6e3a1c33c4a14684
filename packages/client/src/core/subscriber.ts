/** The interface of a subscription towards the code that runs its handler. */
import type { Cursor } from './cursor.ts';
import type { WampEvent } from './event.ts';
import type { Handle } from './handle.ts';
import type { Lane } from './lane.ts';
import type { PassthruOption } from './passthru.ts';
import type { Gap } from './restoration.ts';

/** A subscription of the application. */
export interface Subscriber extends Handle {
  /**
   * Delivers an event; returns or promises what its handler returns.
   * @param bytes the length of its message
   */
  deliver(event: WampEvent<unknown[]>, bytes: number): unknown;
  /** Whether the buffer for iteration has room for an event that can wait; true with a handler. */
  hasRoom(bytes: number): boolean;
  /** False if events are buffered for iteration. */
  readonly hasHandler: boolean;
  readonly passthru: PassthruOption;
  /** Keeps events in order while earlier ones are unpacked. */
  readonly lane: Lane;
  /** Its position in the event log of its topic. */
  readonly cursor: Cursor;
  /** Whether to ask the router for missed events. */
  readonly recovers: boolean;
  /** Called when missed events cannot be recovered. */
  missed(gap: Gap): void;
}
