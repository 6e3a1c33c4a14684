/** Delivers events to handlers, in order, or to the loops that iterate a subscription. */
import { ErrorUri, type Event } from '@wamp/protocol';
import { about, WampError } from '../errors.ts';
import type { Attachments } from './attachments.ts';
import { admit } from './cursor-moves.ts';
import { eventOf, type WampEvent } from './event.ts';
import type { Gate } from './gate.ts';
import { unpacked, unpackerIn } from './packing.ts';
import { isPassthru } from './passthru.ts';
import { ignore } from './quietly.ts';
import type { Subscriber } from './subscriber.ts';
import { isThenable } from './thenable.ts';

import type { HandlerPort } from './handler-port.ts';

/** The events of one WAMP session. */
export class Events {
  readonly #subscriptions: Attachments<Subscriber>;
  readonly #gate: Gate;
  readonly #port: HandlerPort;
  /** The number of events dropped since the queue was last empty. */
  #dropped = 0;

  constructor(subscriptions: Attachments<Subscriber>, gate: Gate, port: HandlerPort) {
    this.#subscriptions = subscriptions;
    this.#gate = gate;
    this.#port = port;
  }

  /**
   * @param bytes the length of the message
   * @throws ProtocolViolation for an unknown subscription
   */
  receive(message: Event, bytes: number): void {
    const entry = this.#subscriptions.find(message.subscription);
    if (entry === undefined || entry.handles.size === 0) return;
    const event = eventOf(message, entry.uri);
    let left = entry.handles.size;
    if (left === 1) {
      const { serving } = entry;
      if (admit(serving.cursor, event, bytes)) this.offer(serving, event, bytes);
      return;
    }
    for (const handle of entry.handles) {
      // Each handler gets its own payload, copied before any handler can modify it; the last gets the original.
      left -= 1;
      const mine = left === 0 ? event : structuredClone(event);
      if (admit(handle.cursor, mine, bytes)) this.offer(handle, mine, bytes);
    }
  }

  /** Whether another event that can wait may be offered before the last one is taken. */
  hasRoom(handle: Subscriber, bytes: number): boolean {
    return handle.lane.isFree && handle.hasRoom(bytes) && (!handle.hasHandler || this.#gate.hasRoom(bytes));
  }

  /**
   * Delivers an event, after those before it.
   * @param taken called when it has been passed to the handler or the buffer, or has failed; an event with it is not dropped
   * however much waits for handlers: the caller limits how many it offers
   */
  offer(handle: Subscriber, event: WampEvent<unknown[]>, bytes: number, taken?: () => void): void {
    if (handle.lane.isFree && !isPassthru(event.details)) {
      this.#hand(handle, event, bytes, taken);
      return;
    }
    const leave = taken === undefined ? this.#gate.reserve(bytes) : ignore;
    if (leave === undefined) {
      this.#drop(event);
      return;
    }
    const ready = (plain: WampEvent<unknown[]>): void => {
      leave();
      this.#hand(handle, plain, bytes, taken);
    };
    const failed = (thrown: unknown): void => {
      leave();
      this.#port.report(thrown);
      taken?.();
    };
    try {
      void handle.lane.pass(() => this.#unpack(handle, event, ready), failed);
    } catch (thrown) {
      failed(thrown);
    }
  }

  #unpack(
    { passthru }: Subscriber,
    event: WampEvent<unknown[]>,
    ready: (plain: WampEvent<unknown[]>) => void,
  ): Promise<void> | undefined {
    const { details, topic } = event;
    if (isPassthru(details)) {
      return unpacked(unpackerIn(passthru, details), event, details, topic).then((plain) =>
        ready({ ...event, ...plain, args: plain.args as unknown[] }),
      );
    }
    ready(event);
    return undefined;
  }

  #hand(handle: Subscriber, event: WampEvent<unknown[]>, bytes: number, taken?: () => void): void {
    if (!handle.hasHandler || this.#gate.enter()) {
      this.#start(handle, event, bytes, taken);
      return;
    }
    const start = (): void => this.#start(handle, event, bytes, taken);
    if (this.#gate.wait(bytes, start, taken !== undefined) === undefined) this.#drop(event);
  }

  #start(handle: Subscriber, event: WampEvent<unknown[]>, bytes: number, taken?: () => void): void {
    this.#handle(handle, event, bytes);
    taken?.();
  }

  /** Never throws. */
  #handle(handle: Subscriber, event: WampEvent<unknown[]>, bytes: number): void {
    try {
      const outcome = handle.state === 'ended' ? undefined : handle.deliver(event, bytes);
      if (isThenable(outcome)) {
        void Promise.resolve(outcome)
          .catch((thrown: unknown) => this.#port.report(thrown))
          .then(() => this.#handled(handle));
        return;
      }
    } catch (thrown) {
      this.#port.report(thrown);
    }
    this.#handled(handle);
  }

  #handled({ hasHandler }: Subscriber): void {
    if (hasHandler) this.#gate.leave();
  }

  /** Reports the first dropped event at once; the number of the others follows when the queue is empty. */
  #drop({ topic }: WampEvent<unknown[]>): void {
    this.#dropped += 1;
    if (this.#dropped === 1) this.#port.report(about(this.#busy('An event was dropped'), { topic }));
  }

  /** Called when the queue of handlers is empty. */
  tellDropped(): void {
    const more = this.#dropped - 1;
    this.#dropped = 0;
    if (more > 0) this.#port.report(this.#busy(`${more} more events were dropped`));
  }

  #busy(what: string): WampError {
    const { maxHandlers } = this.#port;
    return new WampError(ErrorUri.UNAVAILABLE, [
      `${what}: 8 MiB wait for handlers, of which ${maxHandlers} may run (option maxHandlers), or to be unpacked.`,
    ]);
  }
}
