/** Calls: processes each call from CALL to its final answer. */
import {
  ErrorUri,
  Payload,
  type Call,
  type CallOptions,
  type CancelMode,
  type ErrorMessage,
  type Id,
  type Message,
  type Uri,
  type Yield,
} from '@wamp/protocol';
import { canInterrupt, errorFor, errorOf, interrupt, resultOf, unserved } from './call-messages.ts';
import { known } from './call-options.ts';
import { passthru } from './disclosure.ts';
import { withUri } from './error-uri.ts';
import { Hook } from './hook.ts';
import { invocationOf, missingFeature, takesProgress, wantsProgress } from './invocation.ts';
import { chooseCallee } from './invocation-policy.ts';
import { KeptInputs } from './kept-inputs.ts';
import type { SessionAccounts } from './kept.ts';
import { Latency } from './latency.ts';
import { microsBetween } from './moment.ts';
import {
  assignTo,
  isServed,
  noteInput,
  noteKill,
  noteProgress,
  PendingCalls,
  withdraw,
  type OpenCall,
  type Pinned,
  type Side,
} from './pending-calls.ts';
import type { Quotas, QuotaTally } from './quotas.ts';
import type { RealmCalls } from './realm.ts';
import { hasRoom, type Callee, type Registration } from './registration.ts';
import type { Session, Undeliverable } from './session.ts';
import type { TrustLevel } from './trust.ts';
import { WaitingCalls } from './waiting-calls.ts';
import { costOf, type Turns } from './work.ts';

/** The maximum number of calls that may wait for a callee with room, per registration. */
const MOST_WAITING = 1000;

export interface CallsOptions {
  /** Returns random numbers, uniform in [0, 1), for the invocation policy `random`. */
  readonly random: () => number;
  /** Whether callees of this node of a cluster come first, by policies that promise no order; false by default. */
  readonly prefersLocal?: boolean | undefined;
  /** Determines `trustlevel` in INVOCATION.Details. */
  readonly trustLevel?: TrustLevel | undefined;
  readonly quotas: Quotas;
  /** Counts requests that were refused because they exceeded a quota. */
  readonly limited: QuotaTally;
  /** Accounts for the bytes of waiting calls, by caller. */
  readonly kept: SessionAccounts<Session>;
  /** Bounds the work of a turn. */
  readonly turns: Turns;
}

/**
 * A call is opened, waits or is assigned to a callee, and ends. In between, it may progress, be killed, or be declined and
 * assigned again. `#end` is the only method that ends a call.
 */
export class Calls implements Omit<RealmCalls, 'inFlight' | 'parties' | 'propagate'> {
  readonly pending: PendingCalls = new PendingCalls();
  readonly opened: Hook<[OpenCall]> = new Hook();
  readonly assigned: Hook<[OpenCall, Callee]> = new Hook();
  readonly declined: Hook<[OpenCall]> = new Hook();
  readonly progressed: Hook<[OpenCall]> = new Hook();
  readonly ended: Hook<[OpenCall, Uri | undefined]> = new Hook();
  readonly latency: Latency = new Latency();
  readonly #waiting = new WaitingCalls();
  readonly #random: () => number;
  readonly #prefersLocal: boolean;
  readonly #trustLevel: TrustLevel | undefined;
  readonly #quotas: Quotas;
  readonly #limited: QuotaTally;
  readonly #inputs: KeptInputs;
  readonly #turns: Turns;

  constructor({ random, prefersLocal = false, trustLevel, quotas, limited, kept, turns }: CallsOptions) {
    this.#inputs = new KeptInputs(kept, limited);
    this.#random = random;
    this.#prefersLocal = prefersLocal;
    this.#trustLevel = trustLevel;
    this.#quotas = quotas;
    this.#limited = limited;
    this.#turns = turns;
  }

  /**
   * CALL-1: opens a call and finds a callee for it.
   * @param from the caller's side
   * @param options the options of the call, which may disclose more than the message requests
   * @param pinned what another node of the cluster has decided, when the call began there
   */
  place(
    caller: Session,
    from: Side,
    message: Call,
    registration: Registration,
    options: CallOptions,
    pinned?: Pinned,
  ): void {
    const now = this.#turns.began();
    const call = this.pending.open(caller, from, message, known(options), registration, now, pinned);
    this.opened.emit(call);
    if (this.#inputs.admit(call)) this.#find(call, message.payload);
    else this.abandon(call, ErrorUri.LIMIT_EXCEEDED, TOO_MUCH);
  }

  /** PCI-4 … PCI-8: forwards further input to the callee of the call. */
  continue(call: OpenCall, message: Call): void {
    noteInput(call, message.options.progress !== true);
    const fault = this.#invoke(call, message.payload);
    if (fault !== undefined) this.breakOff(call, fault);
  }

  /** PCR-3: forwards a progressive result, or drops it if the caller has not requested progressive results (T-11). */
  progress(call: OpenCall, message: Yield): void {
    if (!call.receiveProgress) return;
    noteProgress(call);
    this.progressed.emit(call);
    const fault = call.caller.send(resultOf(call, message));
    if (fault !== undefined) this.breakOff(call, fault);
  }

  /** CALL-2: ends the call with the callee's final result. */
  succeed(call: OpenCall, message: Yield): void {
    this.#finish(call, resultOf(call, message));
  }

  /** CALL-2: ends the call with the callee's error; RRT-2: if the callee has declined it, tries another callee. */
  fail(call: OpenCall, message: ErrorMessage): void {
    if (message.error === ErrorUri.UNAVAILABLE && mayReroute(call) && announcedReroute(call)) {
      this.decline(call);
    } else {
      const { error, payload, details } = withUri(message);
      if (error !== message.error) this.#limited.add('error_uris');
      this.#finish(call, errorFor(call, error, payload, passthru(details)));
    }
  }

  /** The callee has returned the call undone: assigns it to another callee, if there is one. */
  decline(call: OpenCall): void {
    this.declined.emit(call);
    if (this.pending.isOpen(call)) this.#reroute(call);
  }

  /** Whether another callee can get a call that its callee has returned undone. */
  goesElsewhere(call: OpenCall): boolean {
    const { registration, tried, callee } = call;
    if (!mayReroute(call)) return false;
    return registration.callees.some((other) => other !== callee && tried?.has(other.session) !== true);
  }

  /**
   * CAN-2 … CAN-6: cancels the call in the given mode.
   * @param reason the reason in INTERRUPT
   */
  cancel(call: OpenCall, mode: CancelMode, reason: Uri = ErrorUri.CANCELED): void {
    const effective = canInterrupt(call) ? mode : 'skip';
    if (effective !== 'kill') {
      // An earlier `kill` has already interrupted the callee, and `skip` does not undo that.
      if (call.killed && effective === 'skip') return;
      const interrupts = effective === 'killnowait' && !call.killed;
      this.#giveUp(call, errorFor(call, ErrorUri.CANCELED), reason, interrupts);
      this.reconsider(call.registration);
    } else if (!call.killed) {
      noteKill(call);
      interrupt(call, 'kill', reason);
    }
  }

  expire(call: OpenCall): void {
    this.#giveUp(call, errorFor(call, ErrorUri.TIMEOUT), ErrorUri.TIMEOUT, !call.killed);
    this.reconsider(call.registration);
  }

  abandon(call: OpenCall, error: Uri, explanation: string): void {
    this.#finish(call, errorFor(call, error, Payload.of([explanation])));
  }

  /** T-53: ends a call because a part of its input or result cannot be delivered, which makes the rest useless. */
  breakOff(call: OpenCall, { error, why }: Undeliverable): void {
    this.#giveUp(call, errorFor(call, error, Payload.of([why])), error, !call.killed);
    this.reconsider(call.registration);
  }

  /** Processes a final answer to an invocation that has ended: the callee may have room for another call now. */
  late(callee: Side | undefined, invocation: Id): void {
    const registration = callee?.release(invocation);
    if (registration !== undefined) this.reconsider(registration);
  }

  /**
   * Called when the callees of a registration have changed: assigns waiting calls that can be served now, and ends those that
   * no callee can serve any more. A call that some callees have declined requires a check of all callees, which counts as
   * work of this turn.
   * @param someoneLeft true when a callee has left; otherwise, no waiting call can have become impossible to serve
   */
  reconsider(registration: Registration, someoneLeft = false): void {
    const waiting = this.#waiting.of(registration);
    let full = registration.withRoom === 0; // calls that were declined may still have become impossible to serve
    let index = 0;
    while (waiting !== undefined && index < waiting.length) {
      if (registration.withRoom === 0 && !someoneLeft) return;
      const call = waiting[index];
      if (call === undefined) return;
      const { tried } = call;
      if (tried !== undefined) this.#turns.work.spent += costOf(registration.callees.length);
      const isShared = tried === undefined && call.pinned === undefined;
      const callee = full && isShared ? undefined : this.#choose(call);
      if (callee !== undefined && call.payload !== undefined) {
        this.#waiting.delete(call);
        this.#assign(call, callee, call.payload);
      } else if (!isServed(call)) this.#finish(call, unserved(call));
      else {
        full ||= isShared;
        index += 1;
      }
    }
  }

  /** LEAVE-1, LEAVE-2: ends the calls of a session that has left, as caller and as callee, one call in each step. */
  *leaving(session: Session): Generator<void, void> {
    const { calls, invocations } = this.pending.both(session);
    for (const call of calls) {
      const interrupts = !call.killed && call.callee?.session !== session;
      this.#giveUp(call, undefined, ErrorUri.CANCELED, interrupts);
      yield;
    }
    const explanation = Payload.of(['the callee left before it had answered']);
    for (const call of invocations) {
      this.#end(call, errorFor(call, ErrorUri.CANCELED, explanation));
      yield;
    }
    this.pending.forget(session);
    // Its own calls end first, so that none of those that wait is assigned to a callee meanwhile.
    for (const call of [...calls, ...invocations]) {
      this.reconsider(call.registration);
      yield;
    }
  }

  /**
   * Ends a call. Every call ends here, once; further attempts find it closed.
   * @param told the reason in INTERRUPT for the callee; undefined when it has answered, or cannot be interrupted
   * @param lingers true when the callee continues to work, because it cannot be interrupted
   */
  #end(call: OpenCall, answer: Message | undefined, told?: Uri, lingers = false): void {
    if (!this.pending.close(call, lingers)) return;
    if (call.callee === undefined) this.#waiting.delete(call);
    this.#inputs.release(call);
    this.latency.ended(answer, microsBetween(call, this.#turns.began()));
    this.ended.emit(call, answer === undefined ? ErrorUri.CANCELED : errorOf(answer));
    if (told !== undefined) interrupt(call, 'killnowait', told);
    if (answer !== undefined) call.caller.send(answer);
  }

  /** Ends a call that its callee has answered. The callee has room for another call now. */
  #finish(call: OpenCall, answer: Message): void {
    this.#end(call, answer);
    this.reconsider(call.registration);
  }

  /** Ends a call whose callee may still be working, and interrupts the callee if it supports that. */
  #giveUp(call: OpenCall, answer: Message | undefined, reason: Uri, interrupts: boolean): void {
    const told = interrupts && canInterrupt(call) ? reason : undefined;
    this.#end(call, answer, told, told === undefined && !call.killed);
    if (told === undefined)
      call.callee?.session.remote?.drop(call.invocation, call.killed ? 'killnowait' : 'skip', reason);
  }

  /** Assigns the call to a callee, queues it, or ends it with an error. */
  #find(call: OpenCall, payload: Payload): void {
    const { registration } = call;
    const callee = this.#choose(call);
    if (callee !== undefined) this.#assign(call, callee, payload);
    else if (!isServed(call)) this.#finish(call, unserved(call));
    else if (call.streaming || (this.#waiting.of(registration)?.length ?? 0) >= MOST_WAITING) {
      this.abandon(call, ErrorUri.NO_AVAILABLE_CALLEE, 'all callees are busy');
    } else if (this.#inputs.keep(call, payload)) this.#waiting.add(call);
    else this.abandon(call, ErrorUri.LIMIT_EXCEEDED, TOO_MUCH);
  }

  /** The callee for a call; undefined when none has room. */
  #choose({ registration, tried, pinned }: OpenCall): Callee | undefined {
    if (pinned === undefined) return chooseCallee(registration, this.#random, tried, this.#prefersLocal);
    const { callee } = pinned;
    const takes = callee.registration !== undefined && tried === undefined && hasRoom(callee);
    return takes ? callee : undefined;
  }

  #assign(call: OpenCall, callee: Callee, payload: Payload): void {
    const missing = missingFeature(callee, call.options);
    if (missing !== undefined) {
      this.abandon(call, ErrorUri.FEATURE_NOT_SUPPORTED, `the callee lacks ${missing}`);
      return;
    }
    const side = this.pending.of(callee.session);
    if (side.load >= this.#quotas.invocations) {
      this.#limited.add('invocations');
      this.abandon(call, ErrorUri.LIMIT_EXCEEDED, 'the callee has too many calls in flight');
      return;
    }
    // Only a callee that may decline the call requires its input to be kept. If there is no room, it cannot be rerouted.
    if (!callee.mayDecline) this.#inputs.drop(call);
    else this.#inputs.keep(call, payload);
    assignTo(callee, side, call, wantsProgress(call) && takesProgress(callee));
    this.assigned.emit(call, callee);
    const fault = this.#invoke(call, call.payload?.lend() ?? payload);
    if (fault === undefined) return;
    if (fault.elsewhere === true && this.goesElsewhere(call)) this.decline(call);
    else this.abandon(call, fault.error, fault.why);
  }

  #invoke(call: OpenCall, payload: Payload): Undeliverable | undefined {
    const { callee, pinned, caller, procedure } = call;
    if (callee === undefined) return undefined;
    const trustlevel = pinned ? pinned.trustlevel : this.#trustLevel?.(caller, 'call', procedure);
    return callee.session.send(invocationOf(call, callee, payload, trustlevel));
  }

  /** RRT-3, RRT-4: applies the invocation policy again, without the callees that have declined. */
  #reroute(call: OpenCall): void {
    const { callee, payload } = call;
    if (callee === undefined || payload === undefined) return;
    withdraw(call);
    this.#find(call, payload);
    this.reconsider(call.registration);
  }
}

const TOO_MUCH = 'calls of this session that wait for a callee take too many bytes';

/** RRT-1: an error asks for rerouting only if its callee has announced the feature. */
function announcedReroute({ callee, pinned }: OpenCall): boolean {
  return pinned === undefined && callee?.session.features.has('callee', 'call_reroute') === true;
}

/** T-12: a call can be rerouted only while the caller has received no progressive result and sends no further input. */
function mayReroute({ payload, progressed, killed, options }: OpenCall): boolean {
  return payload !== undefined && !progressed && !killed && options.progress !== true;
}
