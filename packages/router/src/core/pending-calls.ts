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
  /** The callee that has it; undefined while it waits for a callee with room. */
  readonly callee: Callee | undefined;
  /** What INVOCATION says about the trace: what CALL said, unless a feature has set another one with `calls.propagate`. */
  readonly trace: TraceContext | undefined;
}

/** A pending call with its state, which only the functions of this file change. */
export type OpenCall = Readonly<CallState>;

/** An object literal makes it: V8 keeps the shape of a literal while no call is in flight, and with it the code compiled for it. */
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
  /** The bytes that are kept of it on its caller's account. */
  weight: number;
  /** The callees that have declined it. */
  tried: Set<Session> | undefined;
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

/** Takes a call from its callee, which has declined it. */
export function withdraw(call: CallState): void {
  const { callee, to } = call;
  if (callee === undefined) return;
  (call.tried ??= new Set()).add(callee.session);
  to?.invocations.delete(call.invocation);
  vacate(callee);
  call.callee = undefined;
  call.to = undefined;
}

/** Another CALL with the request id of a call arrived. @param isLast when no more input follows */
export function noteInput(call: CallState, isLast: boolean): void {
  call.streaming = !isLast;
}

/** The callee is interrupted, and its answer still awaited. */
export function noteKill(call: CallState): void {
  call.killed = true;
}

/** A progressive result is sent to the caller. */
export function noteProgress(call: CallState): void {
  call.progressed = true;
}

/** Sets what INVOCATION says about the trace. */
export function setTrace(call: CallState, trace: TraceContext): void {
  call.trace = trace;
}

/** Sets what is kept of a call. @param weight in bytes, on the account of its caller */
export function setKept(call: CallState, payload: Payload | undefined, weight: number): void {
  call.payload = payload;
  call.weight = weight;
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
  readonly calls: Numbered<OpenCall> = new Numbered();
  /** The calls it is to answer, by INVOCATION.Request. */
  readonly invocations: Numbered<OpenCall> = new Numbered();
  /** Ended calls with which this callee is still busy, because it cannot be interrupted. */
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

  /** The number of invocations that the session has to answer, or is busy with after their calls have ended. */
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
    };
    from.calls.add(call.request, call);
    return call;
  }

  /**
   * Ends a call.
   * @param lingers true when the callee goes on with it unawares: its place stays taken until it answers
   * @returns false when it was over already: only the first end counts
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

  /** The calls that `session` waits for, and those it is to answer, as they came. */
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
export function isServed({ registration, tried }: OpenCall): boolean {
  return registration.callees.some((callee) => tried?.has(callee.session) !== true);
}

/** The call that a callee answers; undefined when it is over, and a violation when there was none (T-6). */
export function openInvocation(side: Side | undefined, request: Id, type: string): OpenCall | undefined {
  const call = side?.invocations.get(request);
  if (call === undefined && side?.scope.issued(request) !== true) {
    throw new ProtocolViolation(`${type}.INVOCATION.Request: there was no invocation ${request}`);
  }
  return call;
}
