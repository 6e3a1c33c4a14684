/** What a subscription has missed while there was no connection, as the router can tell it (`x_event_recovery`, docs/history.md). */
import { ErrorUri, MessageType, Payload, type Id, type Kwargs, type Result } from '@wamp/protocol';
import type { Connection } from './connection.ts';
import type { WampEvent } from './core/event.ts';
import type { Subscriber } from './core/events.ts';
import type { Answer, Waiter } from './core/requests.ts';
import type { Restoration } from './core/restoration.ts';
import { ConnectionLostError, WampError } from './errors.ts';

/** How many events an answer may have. */
const LIMIT = 500;

/** Catches one subscription up on one connection. */
export class Recovery implements Waiter {
  readonly type: typeof MessageType.CALL = MessageType.CALL;
  readonly #handle: Subscriber;
  readonly #connection: Connection;
  /** Ids that the session had before. */
  readonly #former: readonly Id[];
  readonly #restoration: Restoration | undefined;
  #recovered = 0;
  #isComplete = true;

  constructor(
    handle: Subscriber,
    connection: Connection,
    former: readonly Id[],
    restoration: Restoration | undefined,
  ) {
    this.#handle = handle;
    this.#connection = connection;
    this.#former = former;
    this.#restoration = restoration;
  }

  /** The router has agreed to the subscription. */
  start(): void {
    const { cursor, recovers, uri } = this.#handle;
    this.#restoration?.begin();
    const isPossible = this.#connection.features.has('broker', 'x_event_recovery');
    if (recovers && isPossible && !uri.startsWith('wamp.')) {
      if (cursor.epoch !== undefined) cursor.hold();
      this.#ask();
    } else this.#finish(cursor.away === undefined);
  }

  answered(answer: Answer): void {
    const { args, kwargs } = (answer as Result).payload;
    const { epoch, offset, complete, more } = kwargs;
    const { cursor } = this.#handle;
    if (typeof epoch !== 'number' || typeof offset !== 'number') {
      this.#giveUp();
      return;
    }
    if (cursor.epoch !== epoch) {
      // A log that we know nothing of: whatever has come live since we have subscribed is new.
      cursor.forget();
      this.#finish(cursor.away === undefined);
      cursor.epoch = epoch;
      cursor.offset = Math.max(cursor.offset, offset);
      return;
    }
    for (const told of args) this.#recover(told);
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
      // An event that fits into no message to us is missed; the log goes on behind it.
      cursor.offset = offset;
      this.#isComplete = false;
      this.#ask();
    } else this.#giveUp();
  }

  /** The connection is gone: the next one goes on from where this one came to. */
  lost(): void {
    this.#handle.cursor.release();
  }

  /** There is no log, or none for us. */
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
      type: MessageType.CALL,
      request,
      options: {},
      procedure: 'wamp.subscription.recover',
      payload: Payload.of([givenId], where),
    }));
  }

  /** Hands over an event of the answer. */
  #recover(told: unknown): void {
    const { uri, cursor } = this.#handle;
    const { publication, args, kwargs, details, topic } = (told ?? {}) as Kwargs;
    const from = (details ?? {}) as Kwargs;
    const event: WampEvent<unknown[]> = {
      args: (args ?? []) as unknown[],
      kwargs: (kwargs ?? {}) as Kwargs,
      topic: (from['topic'] ?? topic ?? uri) as string,
      publication: publication as Id,
      retained: false,
      recovered: true,
      publisher: undefined,
      details: from,
    };
    if (!cursor.pass(event)) return;
    this.#recovered += 1;
    this.#connection.events.offer(this.#handle, event, 0);
  }

  /** All that the router can tell has been told: what has come meanwhile follows. */
  #finish(isComplete: boolean): void {
    const { cursor } = this.#handle;
    if (isComplete && cursor.isOverfull) {
      cursor.hold();
      this.#ask();
      return;
    }
    const held = cursor.release();
    for (const { event, bytes } of held) {
      if (cursor.pass(event)) this.#connection.events.offer(this.#handle, event, bytes);
    }
    const { away } = cursor;
    cursor.away = undefined;
    if (away !== undefined && !isComplete) this.#tell(away);
    if (this.#restoration !== undefined) this.#restoration.recovered += this.#recovered;
    this.#restoration?.finish();
  }

  #tell(away: number): void {
    const { cursor, uri: topic } = this.#handle;
    const gap = { since: new Date(away), lastPublication: cursor.last, recovered: this.#recovered };
    this.#restoration?.gaps.push({ ...gap, topic });
    this.#handle.missed(gap);
  }
}
