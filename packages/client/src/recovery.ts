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
import type { WampEvent } from './core/event.ts';
import type { Events } from './core/events.ts';
import { peerOf } from './core/peer.ts';
import type { Answer, Waiter } from './core/requests.ts';
import type { Restoration } from './core/restoration.ts';
import type { Subscriber } from './core/subscriber.ts';
import { ConnectionLostError, WampError } from './errors.ts';

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

/** Recovers the missed events of one subscription on one connection: when it starts, and whenever events are missing later. */
export class Recovery implements Waiter {
  readonly type: typeof Code.CALL = Code.CALL;
  readonly #handle: Subscriber;
  readonly #connection: RecoveryPort;
  readonly #events: Events;
  readonly #clock: Clock;
  readonly #former: readonly Id[];
  #restoration: Restoration | undefined;
  #recovered = 0;
  #isComplete = true;

  constructor(
    handle: Subscriber,
    connection: RecoveryPort,
    events: Events,
    { clock, former, restoration }: RecoveryStart,
  ) {
    this.#handle = handle;
    this.#connection = connection;
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
    cursor.onHole = isPossible && mayMissEvents ? () => this.#fill() : undefined;
    if (isPossible) {
      if (cursor.epoch !== undefined) cursor.hold();
      this.#ask();
    } else this.#finish(cursor.away === undefined);
  }

  answered(answer: Answer, bytes: number): void {
    const { args, kwargs } = (answer as Result).payload;
    const { epoch, offset, complete, more } = kwargs;
    const { cursor } = this.#handle;
    if (typeof epoch !== 'number' || typeof offset !== 'number') {
      this.#giveUp();
      return;
    }
    if (cursor.epoch !== epoch) {
      // An unknown log: every event since this SUBSCRIBE is new.
      cursor.forget();
      this.#finish(cursor.away === undefined);
      cursor.epoch = epoch;
      cursor.offset = Math.max(cursor.offset, offset);
      return;
    }
    for (const told of args) this.#recover(told, bytes / args.length);
    cursor.offset = Math.max(cursor.offset, offset);
    this.#isComplete &&= complete === true;
    if (more === true) this.#ask();
    else this.#finish(this.#isComplete);
  }

  failed(error: Error): void {
    const { cursor } = this.#handle;
    const { epoch, offset } = WampError.is(error, ErrorUri.PAYLOAD_SIZE_EXCEEDED) ? error.kwargs : {};
    if (error instanceof ConnectionLostError) this.lost();
    else if (epoch === cursor.epoch && typeof offset === 'number' && offset > cursor.offset) {
      // An event that exceeds the size limit for our messages is skipped, and counts as missed.
      cursor.offset = offset;
      this.#isComplete = false;
      this.#ask();
    } else this.#giveUp();
  }

  /** The connection is lost: recovery continues from the current position on the next one. */
  lost(): void {
    this.#handle.cursor.release();
  }

  /** Requests the events between the last one and a live event that does not follow it. */
  #fill(): void {
    this.#handle.cursor.away ??= nowBy(this.#clock);
    this.#recovered = 0;
    this.#isComplete = true;
    this.#ask();
  }

  /** The router keeps no log of this topic, or does not let us read it. */
  #giveUp(): void {
    const { cursor } = this.#handle;
    if (this.#recovered === 0) cursor.forget();
    this.#finish(cursor.away === undefined);
    cursor.epoch = undefined;
  }

  #ask(): void {
    const { cursor, givenId } = this.#handle;
    const { epoch, offset } = cursor;
    const where = epoch === undefined ? {} : { epoch, offset, limit: LIMIT, sessions: this.#former };
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
    const { publication, args, kwargs, details, topic, timestamp } = (told ?? {}) as Kwargs;
    const from = (details ?? {}) as Kwargs;
    const event: WampEvent<unknown[]> = {
      args: (args ?? []) as unknown[],
      kwargs: (kwargs ?? {}) as Kwargs,
      topic: (from['topic'] ?? topic ?? uri) as string,
      publication: publication as Id,
      retained: false,
      recovered: true,
      ...(typeof timestamp === 'string' && { timestamp: new Date(timestamp) }),
      publisher: peerOf(from['publisher'], from['publisher_authid'], from['publisher_authrole']),
      details: from,
    };
    if (!cursor.pass(event)) return;
    this.#recovered += 1;
    this.#events.offer(this.#handle, event, bytes);
  }

  /** The router has sent all that it can recover: the events that were held back meanwhile follow. */
  #finish(isComplete: boolean): void {
    const { cursor } = this.#handle;
    if (isComplete && cursor.isOverfull) {
      cursor.hold();
      this.#ask();
      return;
    }
    const held = cursor.release();
    for (const { event, bytes } of held) {
      if (cursor.pass(event)) this.#events.offer(this.#handle, event, bytes);
    }
    const { away } = cursor;
    cursor.away = undefined;
    if (away !== undefined && !isComplete) this.#tell(away);
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
