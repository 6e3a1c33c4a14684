/** Calls in flight, found from either end. */
import { SessionScope, type CallOptions, type Id, type Payload, type Uri } from '@wamp/protocol';
import { Numbered } from './numbered.ts';
import { occupy, vacate, type Callee, type Registration } from './registration.ts';
import type { Session } from './session.ts';

/** A call whose final answer is still due. */
export interface PendingCall {
  readonly caller: Session;
  /** The caller's side. */
  readonly from: Side;
  /** CALL.Request. */
  readonly request: Id;
  readonly procedure: Uri;
  /** The options of the first CALL: later ones do not change them (PCI-7). */
  readonly options: CallOptions;
  readonly registration: Registration;
  /** When the turn of its CALL began (ms, by a monotonic clock). */
  readonly began: number;
  /** Who has it; undefined while it waits for a callee with room. */
  callee: Callee | undefined;
  /** The callee's side. */
  to: Side | undefined;
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

/** How many overtaken calls a session may have before the oldest is forgotten. */
const MOST_OVERTAKEN = 1000;

/** What one session takes part in: as a caller, and as a callee. */
export class Side {
  /** The calls it waits for, by CALL.Request. */
  readonly calls: Numbered<PendingCall> = new Numbered();
  /** The calls it is to answer, by INVOCATION.Request. */
  readonly invocations: Numbered<PendingCall> = new Numbered();
  /** Calls that are over while this callee is still busy with them, and cannot be told. */
  readonly lingering: Map<Id, Lingering> = new Map();
  /** Counts INVOCATION.Request of this session (IDS-5). */
  readonly scope: SessionScope = new SessionScope();
  /** The highest CALL.Request so far; 0 before the first. */
  #highest: Id = 0;
  /** Calls that are over while their caller still streams into them: what follows is discarded (PCI-11). */
  readonly #overtaken = new Set<Id>();

  get highest(): Id {
    return this.#highest;
  }

  /** How many invocations the session is to answer, or is busy with although nobody waits any more. */
  get load(): number {
    return this.invocations.size + this.lingering.size;
  }

  /** Remembers that the session used this request number. */
  seen(request: Id): void {
    if (request > this.#highest) this.#highest = request;
  }

  /** True for a call that is over while its caller may send more input. */
  wasOvertaken(request: Id): boolean {
    return this.#overtaken.has(request);
  }

  /** Takes note of input to a call that is over; after the `last` no more will come. @returns false for any other call */
  discard(request: Id, last: boolean): boolean {
    if (this.#overtaken.size === 0 || !this.#overtaken.has(request)) return false;
    if (last) this.#overtaken.delete(request);
    return true;
  }

  /** Remembers a call that is over while its caller may send more input. */
  overtake(request: Id): void {
    this.#overtaken.add(request);
    const [oldest] = this.#overtaken;
    if (this.#overtaken.size > MOST_OVERTAKEN && oldest !== undefined) this.#overtaken.delete(oldest);
  }

  /** A late answer: the callee has room again. @returns where, if it had none */
  release(invocation: Id): Registration | undefined {
    const { callee, registration } = this.lingering.get(invocation) ?? {};
    if (callee === undefined) return undefined;
    this.lingering.delete(invocation);
    vacate(callee);
    return registration;
  }
}

export class PendingCalls {
  readonly #sides = new Map<Session, Side>();
  /** How many calls there have been. */
  #opened = 0;

  /** The side of a session that has called, or has been invoked. */
  known(session: Session): Side | undefined {
    return this.#sides.get(session);
  }

  /** The side of a session. */
  of(session: Session): Side {
    let side = this.#sides.get(session);
    if (side === undefined) this.#sides.set(session, (side = new Side()));
    return side;
  }

  /** True until the call has ended. */
  isOpen(call: PendingCall): boolean {
    return call.from.calls.get(call.request) === call;
  }

  open(call: PendingCall): void {
    call.serial = this.#opened += 1;
    call.from.calls.add(call.request, call);
  }

  /** Gives a call to a callee, whose side is `to`, under a number of that callee's own. */
  assign(call: PendingCall, callee: Callee, to: Side): void {
    call.callee = callee;
    call.to = to;
    call.invocation = to.scope.next();
    to.invocations.add(call.invocation, call);
    occupy(callee);
  }

  /** Takes a call from its callee, which has declined it. */
  withdraw(call: PendingCall): void {
    const { callee } = call;
    if (callee === undefined) return;
    call.to?.invocations.delete(call.invocation);
    vacate(callee);
    call.callee = undefined;
    call.to = undefined;
  }

  /**
   * Ends a call.
   * @param lingers true when the callee goes on with it unawares: its place stays taken until it answers
   * @returns false when it was over already: only the first end counts
   */
  close(call: PendingCall, lingers: boolean): boolean {
    if (!this.isOpen(call)) return false;
    const { from, to, callee } = call;
    from.calls.delete(call.request);
    if (call.streaming) from.overtake(call.request);
    if (callee === undefined) return true;
    to?.invocations.delete(call.invocation);
    if (lingers && callee.concurrency !== undefined) {
      to?.lingering.set(call.invocation, { callee, registration: call.registration });
    } else vacate(callee);
    return true;
  }

  /** The calls that `session` waits for, and those it is to answer, as they came. */
  both(session: Session): { readonly calls: PendingCall[]; readonly invocations: PendingCall[] } {
    const side = this.known(session);
    return {
      calls: side?.calls.values().sort((one, other) => one.serial - other.serial) ?? [],
      invocations: side?.invocations.values().sort((one, other) => one.invocation - other.invocation) ?? [],
    };
  }

  /** Forgets a session that has no calls left. */
  forget(session: Session): void {
    this.#sides.delete(session);
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
}

/** True while a callee is there that has not declined the call. */
export function isServed({ registration, tried }: PendingCall): boolean {
  return registration.callees.some((callee) => tried?.has(callee.session) !== true);
}
