/** Runs procedures for INVOCATIONs, and answers with what they return. */
import {
  ApplicationError,
  ErrorUri,
  Code,
  Payload,
  ProtocolViolation,
  type Id,
  type Interrupt,
  type Invocation as InvocationMessage,
  type Kwargs,
  type PassthruAttributes,
} from '@wamp/protocol';
import { CallTimeoutError, CanceledError, named, toError, WampError } from '../errors.ts';
import { requirePayload } from '../options.ts';
import type { Attachments, Attachment } from './attachments.ts';
import type { Callee } from './callee.ts';
import { busy, explain, failureOf } from './failures.ts';
import type { Gate } from './gate.ts';
import type { Ending } from '../ending.ts';
import { RunningInvocation } from './invocation.ts';
import { IdTable } from './id-table.ts';
import { isGenerator, type Generator } from './generator.ts';
import { packed, unpacked, unpackerIn } from './packing.ts';
import { isPassthru, type Plain } from './passthru.ts';
import { quietly } from './quietly.ts';
import { Recent } from './recent.ts';
import { resultPayload } from './result.ts';
import { isThenable } from './thenable.ts';

import type { HandlerPort } from './handler-port.ts';

const DONE = Promise.resolve();

/** The invocations of one WAMP session. */
export class Invocations {
  readonly #registrations: Attachments<Callee>;
  readonly #gate: Gate;
  readonly #port: HandlerPort;
  readonly #running = new IdTable<RunningInvocation>();
  /** Invocation ids increase, possibly with gaps (T-6): a higher one was never received. */
  #highest: Id = 0;
  /** Invocations that ended while their caller still sent input (PCI-12). */
  readonly #overtaken = new Recent();

  constructor(registrations: Attachments<Callee>, gate: Gate, port: HandlerPort) {
    this.#registrations = registrations;
    this.#gate = gate;
    this.#port = port;
  }

  /** The number of invocations that are not answered yet. */
  get running(): number {
    return this.#running.size;
  }

  /**
   * @param bytes the length of the message
   * @throws ProtocolViolation for an unknown registration, or for an invocation that is running and takes no input
   */
  receive(message: InvocationMessage, bytes: number): void {
    const { request, registration } = message;
    const running = this.#running.get(request);
    if (running !== undefined) {
      this.#continue(running, message, bytes);
      return;
    }
    if (this.#overtaken.has(request)) return;
    const entry = this.#registrations.find(registration);
    this.#highest = Math.max(this.#highest, request);
    if (entry === undefined) {
      if (message.details.progress === true) this.#overtaken.add(request);
      this.#answerError(request, new ApplicationError(ErrorUri.NO_SUCH_PROCEDURE));
      return;
    }
    const invocation = new RunningInvocation(message, entry.uri, this.#progress);
    this.#running.add(request, invocation);
    this.#arm(invocation);
    this.#serve(invocation, entry, bytes);
  }

  /** @throws ProtocolViolation for an unknown invocation */
  interrupt({ request, options: { mode } }: Interrupt): void {
    if (request > this.#highest) throw new ProtocolViolation(`invocation ${request} never came`);
    const invocation = this.#running.get(request);
    if (invocation === undefined) return;
    if (invocation.leaveLine !== undefined) {
      this.#giveUp(invocation, new CanceledError(ErrorUri.CANCELED));
      return;
    }
    // Only a caller with mode `kill` waits for the callee's answer (CAN-3, T-10).
    if (mode !== 'kill') this.#over(invocation);
    invocation.abort(new CanceledError(ErrorUri.CANCELED));
  }

  /** The WAMP session has ended: aborts the invocations that run. */
  end({ error }: Ending): void {
    for (const invocation of this.#running.values()) {
      this.#over(invocation);
      invocation.abort(error ?? new CanceledError(ErrorUri.CANCELED));
    }
  }

  /** Runs the procedure, once its arguments are unpacked. */
  #serve(invocation: RunningInvocation, { serving }: Attachment<Callee>, bytes: number): void {
    const run = (): void => this.#enter(invocation, serving, bytes);
    const { details, procedure } = invocation;
    if (!isPassthru(details)) {
      run();
      return;
    }
    this.#inTurn(invocation, bytes, async (leave) => {
      const passthru = unpackerIn(serving.passthru, details);
      invocation.open(await unpacked(passthru, invocation, details, procedure));
      invocation.passthru = passthru;
      leave();
      if (this.#isRunning(invocation)) run();
    });
  }

  /**
   * Runs a step that unpacks a message, or follows one that does. Until the step calls `leave`, the message counts as one
   * that waits for handlers.
   */
  #inTurn(invocation: RunningInvocation, bytes: number, step: (leave: () => void) => Promise<void>): void {
    const leave = this.#gate.reserve(bytes);
    if (leave === undefined) {
      this.#giveUp(invocation, busy('8 MiB wait to be unpacked.'));
      return;
    }
    void invocation.incoming.pass(
      () => step(leave),
      (thrown) => {
        leave();
        this.#unreadable(invocation, thrown);
      },
    );
  }

  /** Runs the procedure, now or when other handlers have finished. */
  #enter(invocation: RunningInvocation, { handler }: Callee, bytes: number): void {
    const start = (): void => {
      invocation.leaveLine = undefined;
      this.#follow(invocation, () => handler(invocation.args, invocation));
    };
    if (this.#gate.enter()) {
      start();
      return;
    }
    invocation.leaveLine = this.#gate.wait(bytes, start);
    if (invocation.leaveLine !== undefined) return;
    this.#giveUp(invocation, busy('8 MiB wait for other calls to end.'));
  }

  /** PCI-4: further input for an invocation that runs. */
  #continue(
    invocation: RunningInvocation,
    { details, payload: { args, kwargs, count } }: InvocationMessage,
    bytes: number,
  ): void {
    const { request, streaming, details: first, procedure } = invocation;
    if (!streaming) throw new ProtocolViolation(`invocation ${request} is running already`);
    invocation.streaming = details.progress === true;
    const last = !invocation.streaming;
    const take = (input: Plain): void => {
      // A final message without payload only marks the end of the input.
      if (!(last && count === 0) && !invocation.take(input, bytes))
        this.#giveUp(invocation, invocation.overfull());
      if (last) invocation.endInput();
    };
    const isPacked = isPassthru(first) && !(last && count === 0);
    if (!isPacked && invocation.incoming.isFree) {
      take({ args, kwargs });
      return;
    }
    this.#inTurn(invocation, bytes, async (leave) => {
      const plain =
        isPacked && this.#isRunning(invocation)
          ? await unpacked(unpackerIn(invocation.passthru, first), { args, kwargs }, first, procedure)
          : { args, kwargs };
      leave();
      if (this.#isRunning(invocation)) take(plain);
    });
  }

  /** Handles what a procedure returns: a value, a promise of one, or a generator of progressive results. */
  #follow(invocation: RunningInvocation, run: () => unknown): void {
    try {
      const outcome = run();
      if (isThenable(outcome)) {
        void Promise.resolve(outcome)
          .then(
            (value) => this.#returned(invocation, value),
            (thrown: unknown) => this.#threw(invocation, thrown),
          )
          .then(this.#left);
        return;
      }
      if (isGenerator(outcome)) {
        void this.#drive(invocation, outcome).then(this.#left);
        return;
      }
      this.#returned(invocation, outcome);
    } catch (thrown) {
      this.#threw(invocation, thrown);
    }
    this.#left();
  }

  readonly #left = (): void => this.#gate.leave();

  /** Sends what a generator yields as progress and what it returns as the result, until the invocation has ended. */
  async #drive(invocation: RunningInvocation, generator: Generator): Promise<void> {
    try {
      let next = await generator.next();
      while (next.done !== true && this.#isRunning(invocation)) {
        await this.#progress(invocation, next.value);
        next = this.#isRunning(invocation) ? await generator.next() : next;
      }
      if (next.done === true) this.#returned(invocation, next.value);
    } catch (thrown) {
      this.#threw(invocation, thrown);
    }
    // Runs the generator's `finally` block if it has not run; its exceptions are ignored.
    await quietly(() => generator.return?.(undefined));
  }

  readonly #progress = (invocation: RunningInvocation, value: unknown, kwargs?: Kwargs): Promise<void> => {
    if (kwargs !== undefined) requirePayload('progress', [], kwargs);
    if (!invocation.wantsProgress || !this.#isRunning(invocation)) return Promise.resolve();
    this.#arm(invocation);
    const sent = this.#yield(invocation, resultPayload(value, kwargs), true);
    return sent === undefined ? (this.#port.room() ?? DONE) : sent.then(() => this.#port.room());
  };

  #returned(invocation: RunningInvocation, value: unknown): void {
    if (!this.#isRunning(invocation)) return;
    try {
      void this.#yield(invocation, resultPayload(value), false);
    } catch (thrown) {
      this.#threw(invocation, thrown);
    }
  }

  /** Sends YIELD at once, or after packing, in order. @throws as encoding does, if it is sent at once */
  #yield(invocation: RunningInvocation, payload: Payload, progress: boolean): Promise<void> | undefined {
    const { request, passthru, procedure } = invocation;
    const options = progress ? { progress } : {};
    const send = (options: PassthruAttributes, payload: Payload): void => {
      if (!this.#isRunning(invocation)) return;
      this.#port.send({ type: Code.YIELD, request, options, payload });
      if (progress) return;
      this.#over(invocation);
      invocation.endInput();
    };
    const step = (): Promise<void> | undefined => {
      if (passthru !== undefined) {
        return packed(passthru, options, payload, procedure).then((ready) =>
          send(ready.options, ready.payload),
        );
      }
      send(options, payload);
      return undefined;
    };
    return invocation.outgoing.pass(step, (thrown) => this.#threw(invocation, thrown));
  }

  #threw(invocation: RunningInvocation, thrown: unknown): void {
    const { request, aborted, passthru, procedure } = invocation;
    if (!this.#isRunning(invocation)) return;
    this.#over(invocation);
    if (thrown instanceof ApplicationError) {
      const { args } = thrown;
      const { uri, kwargs } = named(thrown.uri, thrown.kwargs);
      if (passthru === undefined || (args.length === 0 && Object.keys(kwargs).length === 0)) {
        this.#answerError(request, { uri, args, kwargs });
        return;
      }
      // An error's payload is packed like a result, because it may be as confidential.
      const answer = (): Promise<void> =>
        packed(passthru, {}, { args, kwargs }, procedure).then(({ options, payload }) =>
          this.#sendError(request, uri, payload, options),
        );
      const failed = (failure: unknown): void => {
        this.#port.report(failure);
        this.#answerError(request, new ApplicationError(uri));
      };
      void invocation.outgoing.pass(answer, failed);
    } else if (aborted) {
      this.#answerError(request, new ApplicationError(ErrorUri.CANCELED));
    } else {
      this.#port.report(thrown);
      const why = explain(procedure, toError(thrown), this.#port.exposeErrors);
      this.#answerError(request, new ApplicationError(ErrorUri.RUNTIME_ERROR, [why]));
    }
  }

  /** The payload cannot be unpacked: reports the error, and answers the caller with the URI only. */
  #unreadable(invocation: RunningInvocation, thrown: unknown): void {
    const error = toError(thrown);
    this.#port.report(error);
    this.#giveUp(invocation, WampError.is(error) ? error : new WampError(ErrorUri.RUNTIME_ERROR));
  }

  /** Ends an invocation whose procedure may still run. */
  #giveUp(invocation: RunningInvocation, error: WampError): void {
    if (!this.#isRunning(invocation)) return;
    this.#over(invocation);
    this.#answerError(invocation.request, error);
    invocation.abort(error);
  }

  /** TMO-4, PCR-8: the timeout applies to the first result, and to the time between results. */
  #arm(invocation: RunningInvocation): void {
    const { timeout = 0 } = invocation.details;
    if (timeout <= 0) return;
    invocation.stopTimer?.();
    invocation.stopTimer = this.#port.clock.after(timeout, () =>
      this.#giveUp(invocation, new CallTimeoutError(ErrorUri.TIMEOUT, [`No answer within ${timeout} ms.`])),
    );
  }

  #isRunning(invocation: RunningInvocation): boolean {
    return this.#running.get(invocation.request) === invocation;
  }

  /** The only place where an invocation ends. */
  #over(invocation: RunningInvocation): void {
    this.#running.delete(invocation.request);
    if (invocation.streaming) this.#overtaken.add(invocation.request);
    invocation.stopTimer?.();
    invocation.leaveLine?.();
  }

  #answerError(request: Id, { uri, args, kwargs }: Pick<ApplicationError, 'uri' | 'args' | 'kwargs'>): void {
    try {
      this.#sendError(request, uri, Payload.of(args, kwargs));
    } catch (thrown) {
      this.#port.report(thrown);
      const tooLong = WampError.is(thrown, ErrorUri.PAYLOAD_SIZE_EXCEEDED);
      this.#sendError(request, tooLong ? thrown.uri : ErrorUri.RUNTIME_ERROR, Payload.none);
    }
  }

  #sendError(request: Id, error: string, payload: Payload, details: PassthruAttributes = {}): void {
    this.#port.send(failureOf(request, error, payload, details));
  }
}
