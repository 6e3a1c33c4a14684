/**
 * Recovers the events that a subscription missed while there was no connection (`x_event_recovery`, docs/history.md).
 */
import {
  ErrorUri,
  Code,
  Payload,
  type Id,
  type Kwargs,
  type Message,
  type PeerFeatures,
  type Result,
} from '@wamp/protocol';
import { nowBy, type Clock } from './clock.ts';
import type { Recovering, Seen } from './core/cursor.ts';
import { forget, hold, isOverfull, move, pass, release, see, shiftHeld } from './core/cursor-moves.ts';
import { recoveredEvent, type WampEvent } from './core/event.ts';
import type { Events } from './core/events.ts';
import type { Answer, Waiter } from './core/requests.ts';
import type { Restoration } from './core/restoration.ts';
import type { Subscriber } from './core/subscriber.ts';
import { ConnectionLostError, WampError } from './errors.ts';
import { RecoveryRight, type Applicant } from './recovery-right.ts';

/** The maximum number of events in an answer. */
const LIMIT = 500;

/** What a recovery needs of its connection. */
export interface RecoveryPort {
  readonly features: PeerFeatures;
  readonly mayMissEvents: boolean;
  request(waiter: Waiter, build: (request: Id) => Message): unknown;
}

/** What a recovery needs besides its subscription and connection. */
export interface RecoveryStart {
  readonly clock: Clock;
  /** Earlier ids of this session. */
  readonly former: readonly Id[];
  /** Already counts this recovery. */
  readonly restoration: Restoration | undefined;
}

/** An answer of the router: events that are passed on as fast as the subscription takes them, and what comes then. */
interface Page {
  readonly told: readonly unknown[];
  /** How many of the events have been passed on. */
  next: number;
  /** What each counts as. */
  readonly bytes: number;
  /** The position in the log after it. */
  readonly offset: number;
  /** What has been received from each node of a cluster at this position, until the subscription has taken it over. */
  seen: Seen | undefined;
  /** Another page follows, or the events that are held back, of the same log, of a new one, or of none. */
  readonly then: 'more' | 'held' | 'new log' | 'no log';
}

/**
 * Recovers the missed events of one subscription on one connection: when it starts, and whenever events are missing later.
 * It asks for no more events than the subscription has room for: the others stay in the log, live ones too.
 */
export class Recovery implements Waiter, Recovering, Applicant {
  readonly type: typeof Code.CALL = Code.CALL;
  readonly #handle: Subscriber;
  readonly #connection: RecoveryPort;
  readonly #right: RecoveryRight;
  readonly #events: Events;
  readonly #clock: Clock;
  readonly #former: readonly Id[];
  #restoration: Restoration | undefined;
  #recovered = 0;
  #isComplete = true;
  /** The latest answer; undefined while there is a request for one. */
  #page: Page | undefined;
  #isProceeding = false;

  constructor(
    handle: Subscriber,
    connection: RecoveryPort,
    events: Events,
    { clock, former, restoration }: RecoveryStart,
  ) {
    this.#handle = handle;
    this.#connection = connection;
    this.#right = RecoveryRight.of(connection);
    this.#events = events;
    this.#clock = clock;
    this.#former = former;
    this.#restoration = restoration;
  }

  /** Called when the router has confirmed the subscription. */
  start(): void {
    const { cursor, recovers, uri } = this.#handle;
    const { features, mayMissEvents } = this.#connection;
    const isPossible = recovers && features.has('broker', 'x_event_recovery') && !uri.startsWith('wamp.');
    cursor.onHole = isPossible ? () => this.#fill() : undefined;
    cursor.mayMiss = mayMissEvents;
    // One of an earlier connection, whose events the subscription has not taken.
    cursor.recovery?.lost();
    if (isPossible) {
      // That of `since` belongs to the application.
      if (cursor.got === undefined && cursor.seen !== undefined) see(cursor, cursor.seen);
      if (cursor.epoch === undefined) forget(cursor);
      else hold(cursor);
      this.#begin();
    } else this.#finish(cursor.away === undefined);
  }

  answered(answer: Answer, bytes: number): void {
    const { args, kwargs } = (answer as Result).payload;
    const { epoch, offset, complete, more, moved } = kwargs;
    const seen = kwargs['seen'] as Seen | undefined;
    const { cursor } = this.#handle;
    cursor.isRefused = this.#right.answered();
    if (typeof epoch !== 'number' || typeof offset !== 'number') {
      this.#giveUp();
      return;
    }
    if (cursor.epoch !== epoch && moved !== true) {
      // An unknown log: every event since this SUBSCRIBE is new.
      const first = cursor.held?.[0]?.event.details['x_offset'];
      if (cursor.epoch !== undefined) forget(cursor);
      cursor.epoch = epoch;
      cursor.offset = typeof first === 'number' ? first - 1 : Math.max(cursor.offset, offset);
      this.#end(offset, 'new log', seen);
      return;
    }
    if (cursor.epoch !== epoch) move(cursor, epoch);
    this.#isComplete &&= complete === true;
    const then = more === true ? 'more' : 'held';
    this.#page = { told: args, next: 0, bytes: bytes / args.length, offset, seen, then };
    this.proceed();
  }

  failed(error: Error): void {
    const { cursor } = this.#handle;
    const { epoch, offset } = WampError.is(error, ErrorUri.PAYLOAD_SIZE_EXCEEDED) ? error.kwargs : {};
    if (error instanceof ConnectionLostError) {
      this.#right.lost();
      this.lost();
      return;
    }
    cursor.isRefused = this.#right.answered(error);
    if (epoch === cursor.epoch && typeof offset === 'number' && offset > cursor.offset) {
      // An event that exceeds the size limit for our messages is skipped, and counts as missed.
      cursor.offset = offset;
      this.#isComplete = false;
      this.ask();
    } else this.#giveUp();
  }

  refused(): void {
    this.#handle.cursor.isRefused = true;
    this.#giveUp();
  }

  /** The connection is lost: recovery continues from the current position on the next one. */
  lost(): void {
    const { cursor, state } = this.#handle;
    release(cursor);
    if (cursor.recovery === this) cursor.recovery = undefined;
    this.#page = undefined;
    // The next recovery begins after what this one has missed.
    if (!this.#isComplete && cursor.away !== undefined && state !== 'ended') this.#tell(cursor.away);
  }

  /** Passes on events while the subscription has room for them; called again when it has taken one. */
  proceed(): void {
    if (this.#isProceeding || this.#handle.cursor.recovery !== this) return;
    this.#isProceeding = true;
    let mayGoOn = true;
    while (mayGoOn && this.#page !== undefined) mayGoOn = this.#step(this.#page);
    this.#isProceeding = false;
  }

  /** Requests the events between the last one and a live event that does not follow it. */
  #fill(): void {
    this.#handle.cursor.away ??= nowBy(this.#clock);
    this.#recovered = 0;
    this.#isComplete = true;
    this.#begin();
  }

  #begin(): void {
    const { cursor } = this.#handle;
    cursor.recovery = this;
    this.#right.use(this, cursor.isRefused);
  }

  /** The router keeps no log of this topic, or does not let us read it. */
  #giveUp(): void {
    const { cursor } = this.#handle;
    if (this.#recovered === 0) {
      forget(cursor);
      cursor.epoch = undefined;
    }
    this.#end(cursor.offset, 'no log');
  }

  /** The router can recover nothing: the events that were held back meanwhile follow. */
  #end(offset: number, then: Page['then'], seen?: Seen): void {
    const { cursor } = this.#handle;
    this.#isComplete &&= cursor.away === undefined;
    this.#page = { told: [], next: 0, bytes: 0, offset, seen, then };
    this.proceed();
  }

  /** @returns false if it has to wait, or is done */
  #step(page: Page): boolean {
    const { state } = this.#handle;
    if (state !== 'active') {
      this.lost();
      if (state === 'ended') this.#restored();
      return false;
    }
    const { told, next, bytes } = page;
    if (next < told.length) {
      if (!this.#hasRoom(bytes)) return false;
      page.next += 1;
      this.#recover(told[next], bytes);
      return true;
    }
    return this.#stepBeyond(page);
  }

  /** The same, when all events of the page have been passed on. */
  #stepBeyond(page: Page): boolean {
    const { cursor } = this.#handle;
    const { offset, then } = page;
    const firstHeld = cursor.held?.[0];
    if (then === 'more' || then === 'held') cursor.offset = Math.max(cursor.offset, offset);
    this.#see(page, firstHeld?.event);
    if (then !== 'more' && firstHeld !== undefined) {
      if (!this.#hasRoom(firstHeld.bytes)) return false;
      shiftHeld(cursor);
      if (pass(cursor, firstHeld.event)) this.#offer(firstHeld.event, firstHeld.bytes);
      return true;
    }
    if (then === 'more' || (then !== 'no log' && isOverfull(cursor))) {
      if (then !== 'more') hold(cursor);
      this.ask();
    } else {
      cursor.offset = Math.max(cursor.offset, offset);
      if (then === 'no log') cursor.epoch = undefined;
      this.#finish(this.#isComplete);
    }
    return false;
  }

  /** Takes over `seen` of a page, once all events up to its position have been passed on. @param next the next event held back */
  #see(page: Page, next: WampEvent<unknown[]> | undefined): void {
    const { cursor } = this.#handle;
    if (page.seen === undefined) return;
    if (next === undefined ? page.then === 'new log' && isOverfull(cursor) : isUpTo(page.offset, next))
      return;
    see(cursor, page.then === 'new log' ? latestOf(cursor.seen, page.seen) : page.seen);
    page.seen = undefined;
  }

  ask(): void {
    const { cursor, givenId } = this.#handle;
    cursor.recovery = this;
    this.#page = undefined;
    const { epoch, offset, seen } = cursor;
    const where =
      epoch === undefined
        ? {}
        : { epoch, offset, limit: LIMIT, sessions: this.#former, ...(seen && { seen }) };
    this.#connection.request(this, (request) => ({
      type: Code.CALL,
      request,
      options: {},
      procedure: 'wamp.subscription.recover',
      payload: Payload.of([givenId], where),
    }));
  }

  /** Delivers one event of the answer; it counts as so many bytes. */
  #recover(told: unknown, bytes: number): void {
    const { uri, cursor } = this.#handle;
    const event = recoveredEvent((told ?? {}) as Kwargs, uri);
    if (!pass(cursor, event)) return;
    this.#recovered += 1;
    this.#offer(event, bytes);
  }

  #offer(event: WampEvent<unknown[]>, bytes: number): void {
    const { cursor } = this.#handle;
    cursor.offered += 1;
    this.#events.offer(this.#handle, event, bytes, () => {
      cursor.offered -= 1;
      cursor.recovery?.proceed();
    });
  }

  /** Without room, the session does not wait for the subscription to be restored. */
  #hasRoom(bytes: number): boolean {
    const handle = this.#handle;
    const { offered } = handle.cursor;
    const hasRoom = offered === 0 ? handle.hasRoom(bytes) : this.#events.hasRoom(handle, bytes);
    if (!hasRoom) this.#restored();
    return hasRoom;
  }

  /** All missed events have been passed on, and live ones follow. */
  #finish(isComplete: boolean): void {
    const { cursor } = this.#handle;
    release(cursor);
    cursor.recovery = undefined;
    this.#page = undefined;
    const { away } = cursor;
    cursor.away = undefined;
    if (away !== undefined && !isComplete) this.#tell(away);
    this.#restored();
  }

  #restored(): void {
    const restoration = this.#restoration;
    this.#restoration = undefined;
    if (restoration === undefined) return;
    restoration.recovered += this.#recovered;
    restoration.finish();
  }

  #tell(away: number): void {
    const { cursor, uri: topic } = this.#handle;
    const gap = { since: new Date(away), lastPublication: cursor.last, recovered: this.#recovered };
    this.#restoration?.gaps.push({ ...gap, topic });
    this.#handle.missed(gap);
  }
}

function isUpTo(offset: number, { details: { x_offset: own } }: WampEvent<unknown[]>): boolean {
  return typeof own === 'number' && own <= offset;
}

/** The later number of each node. */
function latestOf(one: Seen = {}, other: Seen): Seen {
  const all: Record<string, number> = { ...other };
  for (const [run, number] of Object.entries(one)) all[run] = Math.max(number, all[run] ?? 0);
  return all;
}
