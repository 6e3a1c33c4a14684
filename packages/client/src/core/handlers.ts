/** EVENT and INVOCATION to the functions of the application, and what those give back. */
import {
  ApplicationError,
  ErrorUri,
  MessageType,
  Payload,
  ProtocolViolation,
  type Event,
  type Id,
  type Interrupt,
  type Invocation as InvocationMessage,
  type Message,
} from '@wamp/protocol';
import { CanceledError, toError } from '../errors.ts';
import type { Attachments } from './attachments.ts';
import { eventOf, type WampEvent } from './event.ts';
import type { Ending, Handle } from './handle.ts';
import { RunningInvocation, type Invocation } from './invocation.ts';
import { WholeResult } from './result.ts';

/** A subscription of the application. */
export interface Subscriber extends Handle {
  /** Hands over an event; returns, or promises, whatever its function does. */
  deliver(event: WampEvent<unknown[]>): unknown;
}

/** A registration of the application. */
export interface Callee extends Handle {
  /** Returns, or promises, the result. */
  readonly handler: (args: unknown[], invocation: Invocation<unknown[]>) => unknown;
}

/** What handlers need of their session. */
export interface HandlerPort {
  /** @throws SerializationFailure or SerializationError when it cannot be written; nothing has been sent then */
  send(message: Message): void;
  /** An exception that nobody else gets to see. */
  report(error: Error): void;
  /** Whether the caller may read the message of an exception. */
  readonly exposeErrors: boolean;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** The handlers of one WAMP session. */
export class Handlers {
  readonly #subscriptions: Attachments<Subscriber>;
  readonly #registrations: Attachments<Callee>;
  readonly #port: HandlerPort;
  readonly #running = new Map<Id, RunningInvocation>();
  /** Invocations count up, be it with gaps (T-6): above is what never came. */
  #highest: Id = 0;

  constructor(subscriptions: Attachments<Subscriber>, registrations: Attachments<Callee>, port: HandlerPort) {
    this.#subscriptions = subscriptions;
    this.#registrations = registrations;
    this.#port = port;
  }

  /** How many invocations are not answered yet. */
  get running(): number {
    return this.#running.size;
  }

  /** @throws ProtocolViolation for a subscription that never was */
  event(message: Event): void {
    const entry = this.#subscriptions.find(message.subscription);
    if (entry === undefined || entry.handles.size === 0) return;
    const event = eventOf(message, entry.uri);
    for (const handle of entry.handles) {
      // One handler's failure is no other's.
      try {
        const outcome = handle.deliver(event);
        if (isThenable(outcome)) Promise.resolve(outcome).catch((thrown: unknown) => this.#report(thrown));
      } catch (thrown) {
        this.#report(thrown);
      }
    }
  }

  /** @throws ProtocolViolation for a registration that never was, or an invocation that runs already */
  invocation(message: InvocationMessage): void {
    const { request, registration } = message;
    if (this.#running.has(request)) throw new ProtocolViolation(`invocation ${request} is running already`);
    const entry = this.#registrations.find(registration);
    this.#highest = Math.max(this.#highest, request);
    if (entry === undefined) {
      this.#answerError(request, new ApplicationError(ErrorUri.NO_SUCH_PROCEDURE));
      return;
    }
    const invocation = new RunningInvocation(message, entry.uri);
    this.#running.set(request, invocation);
    try {
      const outcome = entry.serving.handler(invocation.args, invocation);
      if (isThenable(outcome)) {
        Promise.resolve(outcome).then(
          (value) => this.#returned(invocation, value),
          (thrown: unknown) => this.#threw(invocation, thrown),
        );
      } else {
        this.#returned(invocation, outcome);
      }
    } catch (thrown) {
      this.#threw(invocation, thrown);
    }
  }

  /** @throws ProtocolViolation for an invocation that never came */
  interrupt({ request, options: { mode } }: Interrupt): void {
    if (request > this.#highest) throw new ProtocolViolation(`invocation ${request} never came`);
    const invocation = this.#running.get(request);
    if (invocation === undefined) return;
    // Only `kill` waits for what the callee makes of it (CAN-3); for the others nobody does (T-10).
    if (mode !== 'kill') this.#running.delete(request);
    invocation.abort(new CanceledError(ErrorUri.CANCELED));
  }

  /** The WAMP session is over; nobody waits for the invocations that run. */
  end({ error }: Ending): void {
    const running = [...this.#running.values()];
    this.#running.clear();
    for (const invocation of running) invocation.abort(error ?? new CanceledError(ErrorUri.CANCELED));
  }

  #returned(invocation: RunningInvocation, value: unknown): void {
    if (this.#running.get(invocation.request) !== invocation) return;
    try {
      const { request } = invocation;
      this.#port.send({ type: MessageType.YIELD, request, options: {}, payload: resultPayload(value) });
      this.#running.delete(request);
    } catch (thrown) {
      this.#threw(invocation, thrown);
    }
  }

  #threw(invocation: RunningInvocation, thrown: unknown): void {
    const { request, aborted } = invocation;
    if (this.#running.get(request) !== invocation) return;
    this.#running.delete(request);
    if (thrown instanceof ApplicationError) {
      this.#answerError(request, thrown);
    } else if (aborted) {
      this.#answerError(request, new ApplicationError(ErrorUri.CANCELED));
    } else {
      this.#report(thrown);
      const said = this.#port.exposeErrors ? [toError(thrown).message] : [];
      this.#answerError(request, new ApplicationError(ErrorUri.RUNTIME_ERROR, said));
    }
  }

  #answerError(request: Id, { uri, args, kwargs }: ApplicationError): void {
    const error = (error: string, payload: Payload): void =>
      this.#port.send({
        type: MessageType.ERROR,
        requestType: MessageType.INVOCATION,
        request,
        details: {},
        error,
        payload,
      });
    try {
      error(uri, Payload.of(args, kwargs));
    } catch (thrown) {
      this.#report(thrown);
      error(ErrorUri.RUNTIME_ERROR, Payload.none);
    }
  }

  #report(thrown: unknown): void {
    this.#port.report(toError(thrown));
  }
}

function resultPayload(value: unknown): Payload {
  if (value instanceof WholeResult) return Payload.of(value.args, value.kwargs);
  return value === undefined ? Payload.none : Payload.of([value]);
}
