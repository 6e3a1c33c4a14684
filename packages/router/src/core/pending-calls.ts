/** Calls in flight, found from either end. */
import {
  ProtocolViolation,
  SessionScope,
  type Call,
  type CallOptions,
  type Id,
  type Payload,
  type Uri,
} from '@wamp/protocol';
import type { Moment } from './moment.ts';
import { Numbered } from './numbered.ts';
import { occupy, vacate, type Callee, type Registration } from './registration.ts';
import type { Session } from './session.ts';
import { traceIn, type TraceContext } from './trace-context.ts';

/** A call whose final answer is still due. */
export interface PendingCall {
  readonly caller: Session;
  /** CALL.Request. */
  readonly request: Id;
  readonly procedure: Uri;
  /** The options of the first CALL: later ones do not change them (PCI-7). */
  readonly options: CallOptions;
  readonly registration: Registration;
  /** The callee of the call; undefined while it waits for a callee with room. */
  readonly callee: Callee | undefined;
  /** What INVOCATION says about the trace: what CALL said, unless a feature has set another one with `calls.propagate`. */
  readonly trace: TraceContext | undefined;
}

/** What another node of the cluster has decided about a call that it passes to this one. */
export interface Pinned {
  /** The only callee to which the call may go. */
  readonly callee: Callee;
  /** What INVOCATION says of the caller. */
  readonly trustlevel: number | undefined;
}

/** A pending call with its state, which only the functions of this file change. */
export type OpenCall = Readonly<CallState>;

/** Created by an object literal: V8 keeps its shape, and the code compiled for it, even while no call is in flight. */
interface CallState extends PendingCall {
  /** The number of the call in its realm, in the order of arrival. */
  readonly serial: number;
  /** The caller's side. */
  readonly from: Side;
  /** The start of the turn in which the CALL arrived, as in {@link Moment}. */
  readonly era: number;
  readonly micros: number;
  callee: Callee | undefined;
  trace: TraceContext | undefined;
  /** The callee's side. */
  to: Side | undefined;
  /** INVOCATION.Request; 0 while the call waits. */
  invocation: Id;
  /** Whether the callee was asked for progressive results. */
  receiveProgress: boolean;
  /** Whether the caller may send more input: its last CALL said `progress: true`. */
  streaming: boolean;
  /** Whether the callee was interrupted, while its answer is still awaited (mode `kill`). */
  killed: boolean;
  /** Whether a progressive result was sent to the caller. */
  progressed: boolean;
  /** The input, kept only while another callee may still have to get it. */
  payload: Payload | undefined;
  /** The bytes that are reserved for it on its caller's account. */
  weight: number;
  /** The callees that have declined it. */
  tried: Set<Session> | undefined;
  /** Undefined for a call that began at this node. */
  readonly pinned: Pinned | undefined;
}

/** Assigns a call to a callee, whose side is `to`, under a number of that callee's own. */
export function assignTo(callee: Callee, to: Side, call: CallState, receiveProgress: boolean): void {
  call.callee = callee;
  call.to = to;
  call.invocation = to.scope.next();
  call.receiveProgress = receiveProgress;
  to.invocations.add(call.invocation, call);
  occupy(callee);
}

/** Removes a call from its callee, which has declined it. */
export function withdraw(call: CallState): void {
  const { callee, to } = call;
  if (callee === undefined) return;
  (call.tried ??= new Set()).add(callee.session);
  to?.invocations.delete(call.invocation);
  vacate(callee);
  call.callee = undefined;
  call.to = undefined;
}

/** Notes that further input for a call has arrived. @param isLast true when no more input follows */
export function noteInput(call: CallState, isLast: boolean): void {
  call.streaming = !isLast;
}

/** Notes that the callee was interrupted, and that its answer is still awaited. */
export function noteKill(call: CallState): void {
  call.killed = true;
}

/** Notes that a progressive result was sent to the caller. */
export function noteProgress(call: CallState): void {
  call.progressed = true;
}

/** Sets what INVOCATION says about the trace. */
export function setTrace(call: CallState, trace: TraceContext): void {
  call.trace = trace;
}

/** Sets the kept input of a call. @param weight the bytes reserved for it on the account of its caller */
export function setKept(call: CallState, payload: Payload | undefined, weight: number): void {
  call.payload = payload;
  call.weight = weight;
}

/** The trace of an ended call with which its callee is still busy, without a reference to the caller. */
interface Lingering {
  readonly callee: Callee;
  readonly registration: Registration;
}

/** The maximum number of overtaken calls of a session; beyond it, the oldest is forgotten. */
const MOST_OVERTAKEN = 1000;

/** The calls of one session, as a caller and as a callee. */
export class Side {
  /** The calls that the session has made, by CALL.Request. */
  readonly calls: Numbered<OpenCall> = new Numbered();
  /** The calls that the session has to answer, by INVOCATION.Request. */
  readonly invocations: Numbered<OpenCall> = new Numbered();
  /** Ended calls with which this callee is still busy, because it cannot be interrupted. */
  readonly lingering: Map<Id, Lingering> = new Map();
  /** Counts INVOCATION.Request of this session (IDS-5). */
  readonly scope: SessionScope;
  /** The highest CALL.Request so far; 0 before the first. */
  #highest: Id = 0;
  /** Calls that ended before their caller had sent all input; further input is discarded (PCI-11). */
  readonly #overtaken = new Set<Id>();

  constructor(scope: SessionScope = new SessionScope()) {
    this.scope = scope;
  }

  get highest(): Id {
    return this.#highest;
  }

  /** The number of invocations that the session has to answer, or is busy with after their calls have ended. */
  get load(): number {
    return this.invocations.size + this.lingering.size;
  }

  /** Remembers that the session used this request number. */
  seen(request: Id): void {
    if (request > this.#highest) this.#highest = request;
  }

  /** True for a call that ended while its caller may still send input. */
  wasOvertaken(request: Id): boolean {
    return this.#overtaken.has(request);
  }

  /** Discards input for a call that has ended; `last` is true for its final input. @returns false for any other call */
  discard(request: Id, last: boolean): boolean {
    if (this.#overtaken.size === 0 || !this.#overtaken.has(request)) return false;
    if (last) this.#overtaken.delete(request);
    return true;
  }

  /** Remembers a call that ended while its caller may still send input. */
  overtake(request: Id): void {
    this.#overtaken.add(request);
    const [oldest] = this.#overtaken;
    if (this.#overtaken.size > MOST_OVERTAKEN && oldest !== undefined) this.#overtaken.delete(oldest);
  }

  /** Processes a late answer. @returns the registration in which the callee has room again, if it had none before */
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
  /** The number of calls that were ever opened. */
  #opened = 0;

  /** The side of a session that has called, or has been invoked. */
  known(session: Session): Side | undefined {
    return this.#sides.get(session);
  }

  /** The side of a session. */
  of(session: Session): Side {
    let side = this.#sides.get(session);
    if (side === undefined) this.#sides.set(session, (side = new Side(session.remote?.scope)));
    return side;
  }

  /** The call with its state; undefined when it has ended. */
  find(call: PendingCall): OpenCall | undefined {
    const found = this.known(call.caller)?.calls.get(call.request);
    return found === call ? found : undefined;
  }

  /** True until the call has ended. */
  isOpen(call: OpenCall): boolean {
    return call.from.calls.get(call.request) === call;
  }

  /** @param from the caller's side */
  open(
    caller: Session,
    from: Side,
    message: Call,
    options: CallOptions,
    registration: Registration,
    now: Moment,
    pinned: Pinned | undefined,
  ): OpenCall {
    const call: CallState = {
      serial: (this.#opened += 1),
      caller,
      from,
      request: message.request,
      procedure: message.procedure,
      options,
      registration,
      trace: traceIn(message.options),
      era: now.era,
      micros: now.micros,
      callee: undefined,
      to: undefined,
      invocation: 0,
      receiveProgress: false,
      streaming: options.progress === true,
      killed: false,
      progressed: false,
      payload: undefined,
      weight: 0,
      tried: undefined,
      pinned,
    };
    from.calls.add(call.request, call);
    return call;
  }

  /**
   * Ends a call.
   * @param lingers true when the callee continues to work: it counts as busy until it answers
   * @returns false when the call had already ended
   */
  close(call: OpenCall, lingers: boolean): boolean {
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

  /** The calls that `session` has made, and those that it has to answer, in order of arrival. */
  both(session: Session): { readonly calls: OpenCall[]; readonly invocations: OpenCall[] } {
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

  /** The number of calls without a final answer; counted on request. */
  get inFlight(): number {
    let count = 0;
    for (const { calls } of this.#sides.values()) count += calls.size;
    return count;
  }

  /** The number of sessions that have a side, for leak checks. */
  get size(): number {
    return this.#sides.size;
  }
}

/** True while the registration has a callee that has not declined the call. */
export function isServed({ registration, tried, pinned }: OpenCall): boolean {
  if (pinned !== undefined) return pinned.callee.registration !== undefined && tried === undefined;
  return registration.callees.some((callee) => tried?.has(callee.session) !== true);
}

/** The call that a callee answers; undefined when it has ended. @throws ProtocolViolation when it never existed (T-6) */
export function openInvocation(side: Side | undefined, request: Id, type: string): OpenCall | undefined {
  const call = side?.invocations.get(request);
  if (call === undefined && side?.scope.issued(request) !== true) {
    throw new ProtocolViolation(`${type}.INVOCATION.Request: there was no invocation ${request}`);
  }
  return call;
}
