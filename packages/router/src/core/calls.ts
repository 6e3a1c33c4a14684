/** The life of a call, from INVOCATION to the one final answer that every call gets. */
import {
  ErrorUri,
  MessageType,
  Payload,
  type Call,
  type CancelMode,
  type ErrorMessage,
  type Invocation,
  type Message,
  type Uri,
  type Yield,
} from '@wamp/protocol';
import { callerDetails, isPassthru, passthru } from './disclosure.ts';
import { Hook } from './hook.ts';
import { choose } from './invocation-policy.ts';
import { PendingCalls, type PendingCall } from './pending-calls.ts';
import type { Callee, Registration } from './registration.ts';
import { refuse } from './requests.ts';
import { isTrusted, type Session } from './session.ts';

export class Calls {
  readonly pending: PendingCalls = new PendingCalls();
  /** A callee was invoked for a new call. */
  readonly invoked: Hook<[PendingCall]> = new Hook();
  /** A progressive result went to the caller. */
  readonly progressed: Hook<[PendingCall]> = new Hook();
  /** A call is over, whichever way. */
  readonly ended: Hook<[PendingCall]> = new Hook();
  readonly #random: () => number;

  /** @param random uniform in [0, 1), for the invocation policy `random` */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** CALL-1: chooses a callee and invokes it. */
  place(caller: Session, message: Call, registration: Registration): void {
    const { request, options, procedure } = message;
    const callee = choose(registration, this.#random);
    if (callee === undefined) {
      refuse(caller, MessageType.CALL, request, ErrorUri.NO_SUCH_PROCEDURE);
      return;
    }
    const missing = missingFeature(callee, message);
    if (missing !== undefined) {
      refuse(
        caller,
        MessageType.CALL,
        request,
        ErrorUri.FEATURE_NOT_SUPPORTED,
        `the callee lacks ${missing}`,
      );
      return;
    }
    const call: PendingCall = {
      caller,
      request,
      procedure,
      options,
      registration,
      callee,
      invocation: this.pending.nextInvocation(callee.session),
      receiveProgress: options.receive_progress === true && takesProgress(callee),
      streaming: options.progress === true,
      killed: false,
      progressed: false,
      tried: undefined,
      payload: callee.session.features.has('callee', 'call_reroute') ? message.payload : undefined,
    };
    this.pending.open(call);
    this.invoked.emit(call);
    callee.session.send(invocationOf(call, message.payload));
  }

  /** PCI-4 … PCI-8: more input for the callee that has the call already. */
  continue(call: PendingCall, message: Call): void {
    call.streaming = message.options.progress === true;
    call.callee.session.send(invocationOf(call, message.payload));
  }

  /** PCR-3: passes a progressive result on; one that nobody asked for is dropped (T-11). */
  progress(call: PendingCall, message: Yield): void {
    if (!call.receiveProgress) return;
    call.progressed = true;
    this.progressed.emit(call);
    call.caller.send(resultOf(call, message));
  }

  /** CALL-2: the callee's final result. */
  succeed(call: PendingCall, message: Yield): void {
    this.#finish(call, resultOf(call, message));
  }

  /** CALL-2: the callee's error; RRT-2: unless it means that another callee should try. */
  fail(call: PendingCall, message: ErrorMessage): void {
    if (message.error === ErrorUri.UNAVAILABLE && this.#mayReroute(call)) {
      this.#reroute(call, message);
      return;
    }
    const { error, payload, details } = message;
    this.#finish(call, errorFor(call, error, payload, passthru(details)));
  }

  /** CAN-2 … CAN-6: the caller wants no answer any more, or at least no result. */
  cancel(call: PendingCall, mode: CancelMode): void {
    const canInterrupt = call.callee.session.features.has('callee', 'call_canceling');
    const effective = canInterrupt ? mode : 'skip';
    if (call.killed) {
      if (effective === 'killnowait') this.#finish(call, errorFor(call, ErrorUri.CANCELED));
      return;
    }
    if (effective === 'kill') {
      call.killed = true;
      interrupt(call, 'kill', ErrorUri.CANCELED);
      return;
    }
    const finished = this.#finish(call, errorFor(call, ErrorUri.CANCELED));
    if (finished && effective === 'killnowait') interrupt(call, 'killnowait', ErrorUri.CANCELED);
  }

  /** TMO-2, TMO-3: the answer is overdue. */
  expire(call: PendingCall): void {
    const finished = this.#finish(call, errorFor(call, ErrorUri.TIMEOUT));
    if (finished && !call.killed) interrupt(call, 'killnowait', ErrorUri.TIMEOUT);
  }

  /** Ends a call with an error of the router's own. */
  abandon(call: PendingCall, error: Uri, explanation: string): void {
    this.#finish(call, errorFor(call, error, Payload.of([explanation])));
  }

  /** LEAVE-1, LEAVE-2: a session is gone, with the calls it made and those it was to answer. */
  leave(session: Session): void {
    const { calls, invocations } = this.pending.of(session);
    for (const call of calls) {
      const finished = this.#finish(call, undefined);
      if (finished && !call.killed && call.callee.session !== session) {
        interrupt(call, 'killnowait', ErrorUri.CANCELED);
      }
    }
    for (const call of invocations) {
      this.abandon(call, ErrorUri.CANCELED, 'the callee left before it had answered');
    }
    this.pending.forget(session);
  }

  /** The one way in which a call ends: whoever comes second finds it gone. */
  #finish(call: PendingCall, answer: Message | undefined): boolean {
    if (!this.pending.close(call)) return false;
    this.ended.emit(call);
    if (answer !== undefined) call.caller.send(answer);
    return true;
  }

  /** T-12: only while the caller has seen nothing and streams nothing. */
  #mayReroute(call: PendingCall): boolean {
    return (
      call.callee.session.features.has('callee', 'call_reroute') &&
      !call.progressed &&
      !call.killed &&
      call.options.progress !== true
    );
  }

  /** RRT-3, RRT-4: the policy again, without those who have declined. */
  #reroute(call: PendingCall, declined: ErrorMessage): void {
    const tried = (call.tried ??= new Set());
    tried.add(call.callee.session);
    const callee = choose(call.registration, this.#random, tried);
    if (callee === undefined || call.payload === undefined) {
      this.#finish(call, errorFor(call, ErrorUri.NO_AVAILABLE_CALLEE, declined.payload));
      return;
    }
    this.pending.reroute(call, callee);
    call.receiveProgress = call.options.receive_progress === true && takesProgress(callee);
    callee.session.send(invocationOf(call, call.payload));
  }
}

/** What the call needs and the callee has not announced (PCI-3, PPT-3). */
function missingFeature({ session }: Callee, { options }: Call): string | undefined {
  const lacks = (feature: string): boolean => !session.features.has('callee', feature);
  if (options.progress === true) {
    if (lacks('progressive_call_invocations')) return 'progressive_call_invocations';
    if (lacks('call_canceling')) return 'call_canceling';
  }
  return isPassthru(options) && lacks('payload_passthru_mode') ? 'payload_passthru_mode' : undefined;
}

/** PCR-1: progress without canceling counts as no progress. */
function takesProgress({ session }: Callee): boolean {
  return (
    session.features.has('callee', 'progressive_call_results') &&
    session.features.has('callee', 'call_canceling')
  );
}

function invocationOf(call: PendingCall, payload: Payload): Invocation {
  const { callee, options, registration } = call;
  const disclosed =
    options.disclose_me === true || callee.options.disclose_caller === true || isTrusted(callee.session);
  return {
    type: MessageType.INVOCATION,
    request: call.invocation,
    registration: registration.id,
    details: {
      ...(registration.match === 'exact' ? NONE : { procedure: call.procedure }),
      ...(call.receiveProgress ? { receive_progress: true } : NONE),
      ...(call.streaming ? { progress: true } : NONE),
      ...(forwardsTimeout(call) ? { timeout: options.timeout } : NONE),
      ...callerDetails(disclosed, call.caller),
      ...passthru(options),
    },
    payload,
  };
}

const NONE = {} as const;

/** TMO-5: the callee asked to keep the time itself, and can. */
export function forwardsTimeout({ callee, options }: PendingCall): boolean {
  return (
    options.timeout !== undefined &&
    options.timeout > 0 &&
    callee.options.forward_timeout === true &&
    callee.session.features.has('callee', 'call_timeout')
  );
}

function resultOf(call: PendingCall, { options, payload }: Yield): Message {
  const details = options.progress === true ? { progress: true, ...passthru(options) } : passthru(options);
  return { type: MessageType.RESULT, request: call.request, details, payload };
}

function errorFor(
  call: PendingCall,
  error: Uri,
  payload: Payload = Payload.none,
  details = {},
): ErrorMessage {
  return {
    type: MessageType.ERROR,
    requestType: MessageType.CALL,
    request: call.request,
    details,
    error,
    payload,
  };
}

/** INTERRUPT, to a callee that understands it. */
function interrupt(call: PendingCall, mode: CancelMode, reason: Uri): void {
  const { session } = call.callee;
  if (!session.features.has('callee', 'call_canceling')) return;
  session.send({ type: MessageType.INTERRUPT, request: call.invocation, options: { mode, reason } });
}
