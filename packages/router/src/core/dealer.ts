/** The dealer: REGISTER, UNREGISTER, CALL, CANCEL, YIELD and ERROR. */
import {
  ErrorUri,
  isReserved,
  isUri,
  MessageType,
  ProtocolViolation,
  type Call,
  type Dict,
  type Cancel,
  type ErrorMessage,
  type Id,
  type MatchPolicy,
  type Register,
  type Unregister,
  type Uri,
  type UriRules,
  type Yield,
} from '@wamp/protocol';
import { Calls } from './calls.ts';
import type { Clock } from './clock.ts';
import { disclosing, isPassthru } from './disclosure.ts';
import type { PendingHoldings } from './holdings.ts';
import type { Hook } from './hook.ts';
import type { SessionAccounts } from './kept.ts';
import type { PatternMap } from './pattern-map.ts';
import { noteInput, openInvocation, type OpenCall } from './pending-calls.ts';
import type { Quotas, QuotaTally } from './quotas.ts';
import type { RealmDealer } from './realm.ts';
import { Registrar, type ClaimOutcome, type Enrollment } from './registrar.ts';
import type { Registration } from './registration.ts';
import { malformedUri, refuse, refuseRequest, requirePassthru } from './requests.ts';
import type { RouterId } from './router-id.ts';
import { isTrusted, type Session, type Undeliverable } from './session.ts';
import type { TrustLevel } from './trust.ts';
import { costOf, type Turns } from './work.ts';

export interface DealerOptions {
  readonly clock: Clock;
  /** Draws registration ids (IDS-3). */
  readonly routerId: RouterId;
  /** Returns random numbers, uniform in [0, 1), for the invocation policy `random`. */
  readonly random: () => number;
  readonly uriRules: UriRules;
  readonly quotas: Quotas;
  /** Counts requests that were refused because they exceeded a quota. */
  readonly limited: QuotaTally;
  /** Accounts for the bytes of waiting calls, by caller. */
  readonly kept: SessionAccounts<Session>;
  /** Whether clients may use `disclose_me` and `disclose_caller`. */
  readonly disclosure: boolean;
  /** Determines `trustlevel` in INVOCATION.Details. */
  readonly trustLevel?: TrustLevel | undefined;
  /** Bounds the work of a turn. */
  readonly turns: Turns;
}

/** The details of a refusal by a router that shuts down: the call was not processed, and may be sent to another one. */
export const RESEND: Dict = { x_resend: true };

export class Dealer implements Omit<RealmDealer, 'calls'> {
  readonly registrations: PatternMap<Registration>;
  readonly calls: Calls;
  readonly created: Hook<[Session, Registration]>;
  readonly registered: Hook<[Session, Registration]>;
  readonly unregistered: Hook<[Session, Registration]>;
  readonly deleted: Hook<[Session, Registration]>;
  readonly #registrar: Registrar;
  readonly #options: DealerOptions;
  #draining = false;

  constructor(options: DealerOptions) {
    this.#options = options;
    this.calls = new Calls(options);
    this.#registrar = new Registrar(options, (registration, someoneLeft) => {
      this.calls.reconsider(registration, someoneLeft);
    });
    const { registrations, created, registered, unregistered, deleted } = this.#registrar;
    this.registrations = registrations;
    this.created = created;
    this.registered = registered;
    this.unregistered = unregistered;
    this.deleted = deleted;
  }

  byId(id: Id): Registration | undefined {
    return this.#registrar.byId(id);
  }

  heldBy(session: Session): ReadonlySet<Registration> {
    return this.#registrar.heldBy(session);
  }

  /** Whether a REGISTER would be refused. @param pending what the session has asked for before it, and what is not decided */
  objectsTo(session: Session, message: Register, pending: PendingHoldings): boolean {
    return this.#registrar.objectsTo(session, message, pending);
  }

  /** REG-1, SHR-1, SHR-2. @param claim the decision of the cluster; absent without a cluster */
  register(session: Session, message: Register, claim?: ClaimOutcome): void {
    this.#registrar.register(session, message, claim);
  }

  /** Adds a session of another node to the callees. */
  enroll(session: Session, enrollment: Enrollment): void {
    this.#registrar.enroll(session, enrollment);
  }

  /** Removes a session of another node from the callees. Calls in flight continue. */
  withdraw(session: Session, match: MatchPolicy, procedure: Uri): void {
    this.#registrar.withdraw(session, match, procedure);
  }

  /** REG-2; for a registration of another session, the error is `no_such_registration` (T-43). Calls in flight continue. */
  unregister(session: Session, message: Unregister): void {
    this.#registrar.unregister(session, message);
  }

  /**
   * Removes a session from the callees at once, without an answer to it. Calls in flight continue.
   * @returns a function that emits the hooks, to be called once it is answered; undefined when it is no callee
   */
  retire(session: Session, registration: Registration): (() => void) | undefined {
    return this.#registrar.retire(session, registration);
  }

  revoke(registration: Registration, session: Session, reason?: string): boolean {
    return this.#registrar.revoke(registration, session, reason);
  }

  /**
   * CALL-1, CALL-3: opens a call. A CALL with the request id of a call in flight is further input for that call.
   * @param disclosed true to disclose the caller in any case
   */
  call(caller: Session, message: Call, disclosed = false): void {
    const { request, options, procedure } = message;
    this.#checkCaller(caller, message);
    const side = this.calls.pending.of(caller);
    const pending = side.calls.get(request);
    if (pending !== undefined) {
      this.#continue(pending, message);
      return;
    }
    if (side.discard(request, options.progress !== true)) return;
    side.seen(request);
    const { visits } = this.registrations;
    const registration = this.serving(procedure);
    this.#options.turns.work.spent += costOf(this.registrations.visits - visits);
    // If a callee has registered exactly this procedure, its URI has been checked already.
    if (registration?.match !== 'exact' && !isUri(procedure, this.#options.uriRules)) {
      this.deny(caller, message, ErrorUri.INVALID_URI, malformedUri(procedure, this.#options.uriRules));
    } else if (this.#draining && !isTrusted(caller)) {
      this.deny(caller, message, ErrorUri.UNAVAILABLE, 'the router is shutting down', RESEND);
    } else if (options.disclose_me === true && !this.#options.disclosure && !disclosed) {
      this.deny(caller, message, ErrorUri.OPTION_DISALLOWED_DISCLOSE_ME);
    } else if (side.calls.size >= this.#options.quotas.calls && !isTrusted(caller)) {
      this.#options.limited.add('calls');
      this.deny(caller, message, ErrorUri.LIMIT_EXCEEDED, 'too many calls in flight');
    } else if (registration === undefined) this.deny(caller, message, ErrorUri.NO_SUCH_PROCEDURE);
    else this.calls.place(caller, side, message, registration, disclosed ? disclosing(options) : options);
  }

  /** True for further input to a call, which was permitted or refused when the call began. */
  continues(caller: Session, { request }: Call): boolean {
    const side = this.calls.pending.known(caller);
    return side !== undefined && (side.calls.get(request) !== undefined || side.wasOvertaken(request));
  }

  /** CALL-3: refuses a call without a callee; further input for it will be discarded. */
  deny(caller: Session, message: Call, error: Uri, explanation?: string, details?: Dict): void {
    const side = this.calls.pending.of(caller);
    side.seen(message.request);
    if (message.options.progress === true) side.overtake(message.request);
    refuseRequest(caller, message, error, explanation, details);
  }

  /** CAN-2 … CAN-6. CANCEL of a call that has ended is ignored; CANCEL of a call that never existed is a violation (T-6). */
  cancel(caller: Session, message: Cancel): void {
    const side = this.calls.pending.known(caller);
    const call = side?.calls.get(message.request);
    if (call !== undefined) this.calls.cancel(call, message.options.mode ?? 'killnowait');
    else if (message.request > (side?.highest ?? 0)) {
      throw new ProtocolViolation(`CANCEL.CALL.Request: there was no call ${message.request}`);
    }
  }

  /** CALL-2. A late answer is discarded; an answer to an invocation that never existed is a violation (T-6). */
  yield(callee: Session, message: Yield): void {
    requirePassthru(callee, 'callee', message.options);
    const side = this.calls.pending.known(callee);
    const call = openInvocation(side, message.request, 'YIELD');
    if (call === undefined) {
      if (message.options.progress !== true) this.calls.late(side, message.request);
    } else if (isPassthru(message.options) && !call.caller.features.has('caller', 'payload_passthru_mode')) {
      this.#refusePassthru(callee, call, message);
    } else if (message.options.progress === true) this.calls.progress(call, message);
    else this.calls.succeed(call, message);
  }

  /** CALL-2: the callee's ERROR. A client may send ERROR only as the answer to an INVOCATION (VIO-4). */
  error(callee: Session, message: ErrorMessage): void {
    if (message.requestType !== MessageType.INVOCATION) {
      throw new ProtocolViolation('ERROR.REQUEST.Type: a client may answer INVOCATION only');
    }
    const side = this.calls.pending.known(callee);
    const call = openInvocation(side, message.request, 'ERROR');
    if (call === undefined) this.calls.late(side, message.request);
    else this.calls.fail(call, message);
  }

  /** Refuses a CALL that is too long to be read; if it is further input for a call in flight, ends that call. */
  refuseLong(caller: Session, message: Call, fault: Undeliverable): void {
    const side = this.calls.pending.of(caller);
    const call = side.calls.get(message.request);
    if (call === undefined) {
      if (side.discard(message.request, message.options.progress !== true)) return;
      this.deny(caller, message, fault.error, fault.why);
    } else {
      this.#requireStreaming(call);
      noteInput(call, message.options.progress !== true);
      this.calls.breakOff(call, fault);
    }
  }

  /** Ends a call with an error because its YIELD or ERROR is too long to be read; the callee is not notified. */
  failLong(callee: Session, message: Yield | ErrorMessage, fault: Undeliverable): void {
    const isYield = message.type === MessageType.YIELD;
    const side = this.calls.pending.known(callee);
    const call = openInvocation(side, message.request, isYield ? 'YIELD' : 'ERROR');
    const progress = isYield && message.options.progress === true;
    if (call === undefined) {
      if (!progress) this.calls.late(side, message.request);
    } else if (!progress) this.calls.abandon(call, fault.error, fault.why);
    else if (call.receiveProgress) this.calls.breakOff(call, fault);
  }

  /**
   * Ends all registrations of a session that has left, and then its calls in both directions, with a bounded amount of work
   * in each step. Calls that are routed to it meanwhile are answered as if the callee had left.
   */
  *leaving(session: Session): Generator<void, void> {
    const registrations = this.#registrar.heldBy(session);
    yield* this.#registrar.leaving(session);
    yield* this.calls.leaving(session);
    for (const registration of registrations) {
      this.calls.reconsider(registration, true);
      yield;
    }
  }

  /**
   * Refuses new calls of clients from now on. `idle` is called once, when no call is in flight any more: synchronously, when
   * the last call ends, before its answer is sent.
   */
  drain(idle: () => void): void {
    const { pending, opened, ended } = this.calls;
    this.#draining = true;
    let left = pending.inFlight;
    if (left === 0) {
      idle();
      return;
    }
    // Calls of the router itself also count: calls in flight may require one, for example to an authorizer.
    const unhook = opened.on(() => (left += 1));
    const stop = ended.on(() => {
      left -= 1;
      if (left > 0) return;
      unhook();
      stop();
      idle();
    });
  }

  /** Whether every call that a session has made is answered. */
  hasAnswered(caller: Session): boolean {
    return (this.calls.pending.known(caller)?.calls.size ?? 0) === 0;
  }

  /** Whether new calls of clients are refused. */
  get isDraining(): boolean {
    return this.#draining;
  }

  serving(procedure: Uri): Registration | undefined {
    return isReserved(procedure)
      ? this.registrations.get('exact', procedure)
      : this.registrations.best(procedure);
  }

  /** PCI-2, PPT-2: checks that the caller has announced the features that its call uses. */
  #checkCaller(caller: Session, { options }: Call): void {
    requirePassthru(caller, 'caller', options);
    if (options.progress === true && !caller.features.has('caller', 'progressive_call_invocations')) {
      throw new ProtocolViolation(
        'CALL.Options.progress: caller has not announced progressive_call_invocations',
      );
    }
  }

  /** PCI-16: further input is accepted only for a call whose last CALL said `progress`, and with the same procedure. */
  #continue(call: OpenCall, message: Call): void {
    this.#requireStreaming(call);
    if (call.procedure !== message.procedure) {
      throw new ProtocolViolation(`CALL.Procedure: call ${call.request} is a call of another procedure`);
    }
    this.calls.continue(call, message);
  }

  #requireStreaming({ streaming, request }: OpenCall): void {
    if (streaming) return;
    throw new ProtocolViolation(`CALL.Request: ${request} is in flight and accepts no further input`);
  }

  /** PPT-4: notifies the callee, and ends the call with an error, so that the caller does not wait in vain (T-30). */
  #refusePassthru(callee: Session, call: OpenCall, message: Yield): void {
    const explanation = 'the caller lacks payload_passthru_mode';
    refuse(callee, MessageType.YIELD, message.request, ErrorUri.FEATURE_NOT_SUPPORTED, explanation);
    this.calls.abandon(call, ErrorUri.FEATURE_NOT_SUPPORTED, explanation);
  }
}
