/** The requests and handles of a session, which continue across its connections. */
import { ErrorUri, Payload, type Id, type Serializer } from '@wamp/protocol';
import { nowBy, type Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import type { Gate } from './core/gate.ts';
import { Intents } from './core/intents.ts';
import type { Callee } from './core/callee.ts';
import { Lane } from './core/lane.ts';
import { Outbox, type OutboxLimits } from './core/outbox.ts';
import { Restoration, type Restored } from './core/restoration.ts';
import type { Subscriber } from './core/subscriber.ts';
import type { Ending } from './ending.ts';
import { ConnectError, connectionLost } from './errors.ts';
import type { Office, Offline, Request } from './office.ts';

/** How many former ids a router accepts; it needs them to leave out what the session has published itself. */
const FORMER = 100;

/** What the workload needs of its session. */
export interface WorkloadPort {
  readonly clock: Clock;
  readonly maxHandlers: number;
  readonly limits: OutboxLimits;
  /** Serializes requests that wait. */
  readonly serializer: Serializer;
  /** Called when a request waits for a connection. */
  wanted(): void;
  readonly reconnects: boolean;
  restored(restored: Restored): void;
  report(error: Error): void;
}

export class Workload implements Office {
  readonly clock: Clock;
  readonly lane: Lane = new Lane();
  readonly subscriptions: Intents<Subscriber>;
  readonly registrations: Intents<Callee>;
  readonly #port: WorkloadPort;
  readonly #outbox: Outbox<Connection>;
  #connection: Connection | undefined;
  #gate: Gate | undefined;
  /** True while the new connection processes waiting requests; new ones queue behind them. */
  #isResuming = false;
  /** The latest former session ids. */
  #former: readonly Id[] = [];
  /** Requests in flight when the connection was lost, in their order. */
  #returned: Request[] = [];
  #ending: Ending | undefined;
  #stopWatching: (() => void) | undefined;
  /** Whether the full queue has been reported since the last connection. */
  #isFull = false;
  /** Set by each request; cleared by the check for idleness. */
  used = false;

  constructor(port: WorkloadPort) {
    const { clock } = port;
    const report = port.report.bind(port);
    this.#port = port;
    this.clock = clock;
    this.#outbox = new Outbox(port.limits);
    this.registrations = new Intents({
      clock,
      report,
      attached: (_handle, restoration) => {
        if (restoration !== undefined) restoration.registrations += 1;
      },
    });
    this.subscriptions = new Intents({
      clock,
      report,
      attached: (handle, restoration) => {
        if (restoration !== undefined) restoration.subscriptions += 1;
        restoration?.begin();
        const connection = this.#connection;
        connection?.handling.recover(handle, connection, { clock, former: this.#former, restoration });
      },
    });
  }

  /** The gate of all handlers; its class is loaded with the first of them. */
  readonly gate = (Class: typeof Gate): Gate =>
    (this.#gate ??= new Class(this.#port.maxHandlers, () => this.#connection?.handling.tellDropped()));

  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** How it ended, if it did. */
  get reconnects(): boolean {
    return this.#port.reconnects;
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** Whether the session has handles, or requests in flight. */
  get isBusy(): boolean {
    const { size: subscriptions } = this.subscriptions;
    return subscriptions + this.registrations.size > 0 || this.isUnderWay;
  }

  /** Whether requests wait for an answer, or invocations are being processed. */
  get isUnderWay(): boolean {
    const { requests, handling } = this.#connection ?? {};
    return this.#outbox.size + (requests?.size ?? 0) + (handling?.running ?? 0) > 0;
  }

  submit(request: Request, offline: Offline): void {
    this.used = true;
    const connection = this.#connection;
    if (connection?.isOpen === true && !this.#isResuming) request.sendOn(connection);
    else if (this.#ending !== undefined) request.failed(connectionLost(this.#ending, false));
    else if (offline === 'fail' && connection === undefined) request.failed(offlineNow());
    else if (offline === 'drop' && connection === undefined) request.dropped?.();
    else if (this.#outbox.add(request)) this.#port.wanted();
    else request.failed(this.#full());
  }

  submitAgain(request: Request): void {
    this.#returned.push(request);
  }

  withdraw(request: Request): void {
    this.#outbox.remove(request);
    const at = this.#returned.indexOf(request);
    if (at >= 0) this.#returned.splice(at, 1);
  }

  held(payload: Payload): readonly [Payload, number] {
    const { serializer } = this.#port;
    try {
      const bytes = payload.as(serializer);
      return [Payload.encoded(serializer, bytes, payload.count), bytes.length];
    } catch {
      // Left to the serializer of the next connection, which may be able to encode it.
      return [payload, 0];
    }
  }

  /** Called when there is a connection. @param isAnother whether there was one before */
  resume(connection: Connection, isAnother: boolean): void {
    this.#connection = connection;
    this.#isResuming = true;
    this.#isFull = false;
    this.#proceed(connection, this.#steps(connection, isAnother));
  }

  /** Called when the connection is lost. */
  suspend(): void {
    const { id } = this.#connection ?? {};
    if (id !== undefined) this.#former = [...this.#former, id].slice(-FORMER);
    for (const { state, cursor } of this.subscriptions.handles()) {
      if (state === 'restoring') cursor.away ??= nowBy(this.clock);
    }
    this.#connection = undefined;
    this.#isResuming = false;
    this.subscriptions.detach();
    this.registrations.detach();
    for (const refused of this.#outbox.addFirst(this.#returned.splice(0))) refused.failed(this.#full());
  }

  /** Calls `unused` after each period (ms) without requests and handles, until the session has ended. */
  watch(ms: number, unused: () => void): void {
    this.#stopWatching = this.clock.after(ms, () => {
      const { used } = this;
      this.used = false;
      if (!used && !this.isBusy) unused();
      if (this.#ending === undefined) this.watch(ms, unused);
    });
  }

  /** Called when the session has ended. */
  end(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.#stopWatching?.();
    this.#connection = undefined;
    this.subscriptions.end(ending);
    this.registrations.end(ending);
    const lost = (): Error => connectionLost(ending, false);
    for (const returned of this.#returned.splice(0)) returned.failed(lost());
    this.#outbox.failAll(lost);
    this.#gate?.clear();
  }

  /**
   * What a new connection processes, in order: registrations first, because a waiting call may be for one of them.
   */
  *#steps(connection: Connection, isAnother: boolean): Generator<undefined, void> {
    const restoration = isAnother ? this.#restoration() : undefined;
    yield* this.registrations.attach(connection.registrations, restoration);
    yield* this.subscriptions.attach(connection.subscriptions, restoration);
    restoration?.finish();
    // A listener of `restored` may end the connection.
    yield;
    for (let next = this.#outbox.take(); next !== undefined; next = this.#outbox.take()) {
      next.sendOn(connection);
      yield;
    }
    this.#isResuming = false;
  }

  /** Runs the steps while there is room for what they send. */
  #proceed(connection: Connection, steps: Iterator<undefined, void>): void {
    while (this.#connection === connection && connection.isOpen) {
      const room = connection.room();
      if (room !== undefined) {
        void room.then(() => this.#proceed(connection, steps));
        return;
      }
      if (steps.next().done === true) return;
    }
  }

  #restoration(): Restoration {
    const began = nowBy(this.clock);
    return new Restoration(({ registrations, subscriptions, recovered, failed, gaps }) => {
      const ms = nowBy(this.clock) - began;
      this.#port.restored({ registrations, subscriptions, recovered, failed, gaps, ms });
    });
  }

  /** Reports a full queue once, because publications without `acknowledge` do not report it. */
  #full(): ConnectError {
    const { max, maxBytes } = this.#port.limits;
    const text = `There is no connection, and ${max} requests or ${maxBytes} bytes wait for one (option offlineQueue).`;
    const error = new ConnectError(ErrorUri.LIMIT_EXCEEDED, [text], false);
    if (!this.#isFull) {
      this.#isFull = true;
      this.#port.report(error);
    }
    return error;
  }
}

function offlineNow(): Error {
  const reason = ErrorUri.NETWORK_FAILURE;
  return connectionLost({ reason, error: new Error('There is no connection at the moment.') }, false);
}
