/** Passes events and invocations to the code that runs handlers, which is loaded when it is first needed. */
import { ErrorUri, Code, Payload, type Event, type Interrupt, type Invocation } from '@wamp/protocol';
import type { Attachments } from './core/attachments.ts';
import type { Callee } from './core/callee.ts';
import type { Events } from './core/events.ts';
import type { Handle } from './core/handle.ts';
import type { HandlerPort } from './core/handler-port.ts';
import type { Invocations } from './core/invocations.ts';
import { ignore } from './core/quietly.ts';
import type { Subscriber } from './core/subscriber.ts';
import type { Ending } from './ending.ts';
import { toError, WampError } from './errors.ts';
import type { RecoveryPort, RecoveryStart } from './recovery.ts';

/** The code that is loaded. */
export type LateCode = typeof import('./late-code.ts');
/** The most that waits for the code, in bytes: 8 MiB of messages, and what each takes besides. */
const WAITING_BYTES = 8 * 1024 * 1024;
const OVERHEAD = 256;

/** A message that handlers process. */
type Handled = Event | Invocation | Interrupt;

type Waiting = readonly [start: (code: LateCode) => void, message: Handled | undefined];

let loaded: LateCode | undefined;
let loading: Promise<void> | undefined;

/** Loads the code that runs handlers; undefined if it is loaded. @throws as `import()` does; the next call tries again */
export function loadLateCode(): Promise<void> | undefined {
  if (loaded !== undefined) return undefined;
  loading ??= import('./late-code.ts').then(
    (code) => {
      loaded = code;
    },
    (error: unknown) => {
      loading = undefined;
      throw error;
    },
  );
  return loading;
}

/** The code, when it is loaded. @throws as `import()` does */
export async function lateCode(): Promise<LateCode> {
  await loadLateCode();
  return loaded ?? (await import('./late-code.ts'));
}

/** Resolves with the handle when the code that runs its handler is loaded, too; ends the handle if that fails. */
export async function handled<H extends Handle>(attached: Promise<H>, loading: Promise<void>): Promise<H> {
  const handle = await attached;
  try {
    await loading;
  } catch (cause) {
    const error = toError(cause);
    handle.leave({ reason: ErrorUri.UNAVAILABLE, error }).catch(ignore);
    throw error;
  }
  return handle;
}

/** The events and invocations of one WAMP session. Those that arrive before the code is loaded wait for it, in order. */
export class Handling {
  readonly #subscriptions: Attachments<Subscriber>;
  readonly #registrations: Attachments<Callee>;
  readonly #port: HandlerPort;
  #events: Events | undefined;
  #invocations: Invocations | undefined;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;

  constructor(subscriptions: Attachments<Subscriber>, registrations: Attachments<Callee>, port: HandlerPort) {
    this.#subscriptions = subscriptions;
    this.#registrations = registrations;
    this.#port = port;
  }

  /** The number of invocations without an answer, and of messages that wait for the code. */
  get running(): number {
    return this.#waiting.length + (this.#invocations?.running ?? 0);
  }

  /** @param bytes the length of the message @throws ProtocolViolation for a message that may not arrive now */
  receive(message: Handled, bytes: number): void {
    if (loaded !== undefined) {
      this.#pass(loaded, message, bytes);
      return;
    }
    if (this.#isFull(bytes + OVERHEAD)) {
      this.#refuse(message);
      return;
    }
    // The bytes are lent for the duration of this call only.
    if ('payload' in message) message.payload.keep();
    this.#wait((code) => this.#pass(code, message, bytes), message);
  }

  /** Called when the router has confirmed a subscription: asks it for missed events. */
  recover(handle: Subscriber, connection: RecoveryPort, start: RecoveryStart): void {
    const begin = (code: LateCode): void =>
      new code.Recovery(handle, connection, this.#eventsBy(code), start).start();
    if (loaded === undefined) this.#wait(begin);
    else begin(loaded);
  }

  /** Called when the queue of handlers is empty. */
  tellDropped(): void {
    this.#events?.tellDropped();
  }

  /** Called when the WAMP session has ended. */
  end(ending: Ending): void {
    this.#waiting = [];
    this.#invocations?.end(ending);
  }

  /** Counts what waits. Reports once that there is no room for more. */
  #isFull(weight: number): boolean {
    const before = this.#waitingBytes;
    this.#waitingBytes += weight;
    const isFull = this.#waitingBytes > WAITING_BYTES;
    if (isFull && before <= WAITING_BYTES)
      this.#port.report(
        new WampError(ErrorUri.UNAVAILABLE, [
          'Events are dropped and calls refused: 8 MiB wait for the code that runs handlers.',
        ]),
      );
    return isFull;
  }

  #pass(code: LateCode, message: Handled, bytes: number): void {
    if (message.type === Code.EVENT) {
      (this.#events ?? this.#eventsBy(code)).receive(message, bytes);
      return;
    }
    this.#invocations ??= new code.Invocations(this.#registrations, this.#port.gate(code.Gate), this.#port);
    if (message.type === Code.INVOCATION) this.#invocations.receive(message, bytes);
    else this.#invocations.interrupt(message);
  }

  #eventsBy(code: LateCode): Events {
    return (this.#events ??= new code.Events(this.#subscriptions, this.#port.gate(code.Gate), this.#port));
  }

  #takeWaiting(): Waiting[] {
    this.#waitingBytes = 0;
    return this.#waiting.splice(0);
  }

  #wait(start: (code: LateCode) => void, message?: Handled): void {
    this.#waiting.push([start, message]);
    if (this.#waiting.length > 1) return;
    void Promise.resolve(loadLateCode())
      .then(() => {
        for (const [begin] of this.#takeWaiting()) if (loaded !== undefined) begin(loaded);
      })
      .catch((thrown: unknown) => {
        if (loaded === undefined) this.#unable(toError(thrown));
        else this.#port.violated(toError(thrown));
      });
  }

  /** The code could not be loaded: callers receive an error, and events are lost. */
  #unable(error: Error): void {
    this.#port.report(error);
    for (const [, message] of this.#takeWaiting()) this.#refuse(message);
  }

  /** The caller receives an error; an event is lost, and so is an INTERRUPT: the call that it cancels goes on. */
  #refuse(message: Handled | undefined): void {
    if (message?.type !== Code.INVOCATION) return;
    const { type: requestType, request } = message;
    const [error, payload] = [ErrorUri.UNAVAILABLE, Payload.none];
    this.#port.send({ type: Code.ERROR, requestType, request, details: {}, error, payload });
  }
}
