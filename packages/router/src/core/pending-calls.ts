/** Calls in flight, found from either end. */
import { SessionScope, type CallOptions, type Id, type Payload, type Uri } from '@wamp/protocol';
import { Numbered } from './numbered.ts';
import { occupy, vacate, type Callee, type Registration } from './registration.ts';
import type { Session } from './session.ts';

/** A call whose final answer is still due. */
export interface PendingCall {
  readonly caller: Session;
  /** CALL.Request. */
  readonly request: Id;
  readonly procedure: Uri;
  /** The options of the first CALL: later ones do not change them (PCI-7). */
  readonly options: CallOptions;
  readonly registration: Registration;
  /** Who has it; undefined while it waits for a callee with room. */
  callee: Callee | undefined;
  /** The calls of a realm are numbered as they come. */
  serial: number;
  /** INVOCATION.Request; 0 while it waits. */
  invocation: Id;
  /** Whether the callee was told that progress is welcome. */
  receiveProgress: boolean;
  /** True while the caller may send more input: its last CALL said `progress: true`. */
  streaming: boolean;
  /** True once the callee was told to stop, and is awaited all the same (mode `kill`). */
  killed: boolean;
  /** True once a progressive result went to the caller. */
  progressed: boolean;
  /** The input, kept only while another callee may still have to get it. */
  payload: Payload | undefined;
  /** What is kept of it on its caller's account, in bytes. */
  weight: number;
  /** Callees that have declined it. */
  tried: Set<Session> | undefined;
}

/** What a call that is over leaves behind: not the call, which would hold on to its caller. */
interface Lingering {
  readonly callee: Callee;
  readonly registration: Registration;
}

/** What a session takes part in. */
interface Side {
  readonly session: Session;
  readonly calls: Numbered<PendingCall>;
  readonly invocations: Numbered<PendingCall>;
  /** Calls that are over while this callee is still busy with them, and cannot be told. */
  readonly lingering: Map<Id, Lingering>;
  /** Counts INVOCATION.Request of this session (IDS-5). */
  readonly scope: SessionScope;
  /** The highest CALL.Request seen. */
  highest: Id;
  /** Calls that are over while their caller still streams into them: what follows is discarded (PCI-11). */
  readonly overtaken: Set<Id>;
}

/** How many overtaken calls a session may have before the oldest is forgotten. */
const MOST_OVERTAKEN = 1000;

export class PendingCalls {
  readonly #sides = new Map<Session, Side>();
  /** The one asked for last, of whom more is asked mostly. */
  #last: Side | undefined;
  /** How many calls there have been. */
  #opened = 0;

  /** The call that `caller` knows as `request`. */
  byCall(caller: Session, request: Id): PendingCall | undefined {
    return this.#known(caller)?.calls.get(request);
  }

  /** The call that `callee` knows as `invocation`; another session's number finds nothing. */
  byInvocation(callee: Session, invocation: Id): PendingCall | undefined {
    return this.#known(callee)?.invocations.get(invocation);
  }

  /** True when `callee` was sent an invocation of that number, whatever became of it (T-6). */
  wasInvoked(callee: Session, invocation: Id): boolean {
    return this.#known(callee)?.scope.issued(invocation) ?? false;
  }

  /** The highest request number of `caller`'s calls so far; 0 before the first. */
  highest(caller: Session): Id {
    return this.#known(caller)?.highest ?? 0;
  }

  /** Remembers that `caller` used this request number. */
  seen(caller: Session, request: Id): void {
    const side = this.#side(caller);
    if (request > side.highest) side.highest = request;
  }

  /** True for a call that is over while its caller may send more input. */
  wasOvertaken(caller: Session, request: Id): boolean {
    return this.#known(caller)?.overtaken.has(request) === true;
  }

  /** Takes note of input to a call that is over; after the `last` no more will come. @returns false for any other call */
  discard(caller: Session, request: Id, last: boolean): boolean {
    if (!this.wasOvertaken(caller, request)) return false;
    if (last) this.#side(caller).overtaken.delete(request);
    return true;
  }

  /** Remembers a call that is over while its caller may send more input. */
  overtake(caller: Session, request: Id): void {
    const { overtaken } = this.#side(caller);
    overtaken.add(request);
    const [oldest] = overtaken;
    if (overtaken.size > MOST_OVERTAKEN && oldest !== undefined) overtaken.delete(oldest);
  }

  /** True until the call has ended. */
  isOpen(call: PendingCall): boolean {
    return this.byCall(call.caller, call.request) === call;
  }

  open(call: PendingCall): void {
    call.serial = this.#opened += 1;
    this.#side(call.caller).calls.add(call.request, call);
  }

  /** Gives a call to a callee, under a number of that callee's own. */
  assign(call: PendingCall, callee: Callee): void {
    const side = this.#side(callee.session);
    call.callee = callee;
    call.invocation = side.scope.next();
    side.invocations.add(call.invocation, call);
    occupy(callee);
  }

  /** Takes a call from its callee, which has declined it. */
  withdraw(call: PendingCall): void {
    const { callee } = call;
    if (callee === undefined) return;
    this.#known(callee.session)?.invocations.delete(call.invocation);
    vacate(callee);
    call.callee = undefined;
  }

  /**
   * Ends a call.
   * @param lingers true when the callee goes on with it unawares: its place stays taken until it answers
   * @returns false when it was over already: only the first end counts
   */
  close(call: PendingCall, lingers: boolean): boolean {
    const caller = this.#known(call.caller);
    if (caller?.calls.get(call.request) !== call) return false;
    caller.calls.delete(call.request);
    if (call.streaming) this.overtake(call.caller, call.request);
    const { callee } = call;
    if (callee === undefined) return true;
    const side = this.#known(callee.session);
    side?.invocations.delete(call.invocation);
    if (lingers && callee.concurrency > 0) {
      side?.lingering.set(call.invocation, { callee, registration: call.registration });
    } else vacate(callee);
    return true;
  }

  /** A late answer: the callee has room again. @returns where, if it had none */
  release(session: Session, invocation: Id): Registration | undefined {
    const lingering = this.#known(session)?.lingering;
    const { callee, registration } = lingering?.get(invocation) ?? {};
    if (callee === undefined) return undefined;
    lingering?.delete(invocation);
    vacate(callee);
    return registration;
  }

  /** The calls that `session` waits for, and those it is to answer, as they came. */
  of(session: Session): { readonly calls: PendingCall[]; readonly invocations: PendingCall[] } {
    const side = this.#known(session);
    return side === undefined
      ? { calls: [], invocations: [] }
      : {
          calls: side.calls.values().sort((one, other) => one.serial - other.serial),
          invocations: side.invocations.values().sort((one, other) => one.invocation - other.invocation),
        };
  }

  /** How many calls `session` waits for. */
  callsOf(session: Session): number {
    return this.#known(session)?.calls.size ?? 0;
  }

  /** How many invocations `session` is to answer, or is busy with although nobody waits any more. */
  invocationsOf(session: Session): number {
    const side = this.#known(session);
    return side === undefined ? 0 : side.invocations.size + side.lingering.size;
  }

  /** Forgets a session that has no calls left. */
  forget(session: Session): void {
    this.#sides.delete(session);
    this.#last = undefined;
  }

  /** How many calls wait for their final answer; counted on request. */
  get inFlight(): number {
    let count = 0;
    for (const { calls } of this.#sides.values()) count += calls.size;
    return count;
  }

  /** How many sessions are remembered, for leak checks. */
  get size(): number {
    return this.#sides.size;
  }

  #known(session: Session): Side | undefined {
    if (this.#last?.session === session) return this.#last;
    const side = this.#sides.get(session);
    if (side !== undefined) this.#last = side;
    return side;
  }

  #side(session: Session): Side {
    let side = this.#known(session);
    if (side === undefined) {
      side = {
        session,
        calls: new Numbered(),
        invocations: new Numbered(),
        lingering: new Map(),
        scope: new SessionScope(),
        highest: 0,
        overtaken: new Set(),
      };
      this.#sides.set(session, side);
    }
    return side;
  }
}

/** True while a callee is there that has not declined the call. */
export function isServed({ registration, tried }: PendingCall): boolean {
  return registration.callees.some((callee) => tried?.has(callee.session) !== true);
}

/** Takes a call out of those that wait. */
export function dropFrom(waiting: PendingCall[] | undefined, call: PendingCall): void {
  const index = waiting?.indexOf(call) ?? -1;
  if (index !== -1) waiting?.splice(index, 1);
}
