/** Registration: a procedure or pattern, and the callees that serve it. Only the functions of this file change either. */
import type { Id, InvocationPolicy, MatchPolicy, RegisterOptions, Uri } from '@wamp/protocol';
import type { Session } from './session.ts';

/** One session's part in a registration. */
export interface Callee {
  readonly session: Session;
  /**
   * How many invocations it takes at a time; 0 for any number. Where it is undefined, calls that are over are not counted,
   * busy as the callee may be with them. This and the next two hold for the callee alone (T-18).
   */
  readonly concurrency: number | undefined;
  /** Whether it keeps the time of its calls itself. */
  readonly forwardsTimeout: boolean;
  /** Whether it is told who calls. */
  readonly disclosesCaller: boolean;
  /** Whether it may decline a call, which then goes to another (spec: Call Re-Routing). */
  readonly mayDecline: boolean;
  /** Invocations it is busy with. */
  readonly active: number;
  /** Where it counts; undefined once it has no part in it any more. */
  readonly registration: Registration | undefined;
}

export interface Registration {
  readonly id: Id;
  readonly procedure: Uri;
  readonly match: MatchPolicy;
  /** Set by the first callee; a later one has to agree (SHR-1). */
  readonly invoke: InvocationPolicy;
  /** When the first callee came, in ms since the epoch. */
  readonly created: number;
  /** In the order in which they registered. */
  readonly callees: readonly Callee[];
  /** The callee, while it is the only one, as mostly: one look less for each call. */
  readonly single: Callee | undefined;
  /** The number of callees with room for a call: while it is 0, none is searched for. */
  readonly withRoom: number;
  /** Where the round robin goes on: an index into `callees`, or behind the last. */
  readonly turn: number;
  /** How many invocations its callees have been sent since it was created. */
  readonly invocations: number;
}

interface CalleeState extends Callee {
  active: number;
  registration: RegistrationState | undefined;
}

interface RegistrationState extends Registration {
  callees: readonly Callee[];
  single: Callee | undefined;
  withRoom: number;
  turn: number;
  invocations: number;
}

/** A registration without callees. */
export function newRegistration(
  id: Id,
  procedure: Uri,
  match: MatchPolicy,
  invoke: InvocationPolicy,
  created: number,
): Registration {
  return {
    id,
    procedure,
    match,
    invoke,
    created,
    callees: [],
    single: undefined,
    withRoom: 0,
    turn: 0,
    invocations: 0,
  };
}

/** True for a callee that its own `concurrency` lets take one more invocation. */
export function hasRoom({ active, concurrency = 0 }: Callee): boolean {
  return concurrency === 0 || active < concurrency;
}

/** A callee gets one more invocation. */
export function occupy(callee: CalleeState): void {
  const { registration } = callee;
  callee.active += 1;
  if (registration === undefined) return;
  registration.invocations += 1;
  if (callee.active === callee.concurrency) registration.withRoom -= 1;
}

/** A callee is busy with one invocation less. */
export function vacate(callee: CalleeState): void {
  if (callee.active === callee.concurrency && callee.registration !== undefined) {
    callee.registration.withRoom += 1;
  }
  callee.active -= 1;
}

/** Adds a callee behind the others. */
export function addCallee(
  registration: RegistrationState,
  session: Session,
  { concurrency, forward_timeout = false, disclose_caller = false }: RegisterOptions,
): void {
  const callee: CalleeState = {
    session,
    concurrency,
    forwardsTimeout: forward_timeout,
    disclosesCaller: disclose_caller,
    mayDecline: session.features.has('callee', 'call_reroute'),
    active: 0,
    registration,
  };
  registration.withRoom += 1;
  setCallees(registration, [...registration.callees, callee]);
}

function setCallees(registration: RegistrationState, callees: readonly Callee[]): void {
  registration.callees = callees;
  registration.single = callees.length === 1 ? callees[0] : undefined;
}

/** The round robin goes on at an index of `callees`, or behind the last. */
export function setTurn(registration: RegistrationState, turn: number): void {
  registration.turn = turn;
}

/** Takes one callee out and keeps the round robin's place. */
export function removeCallee(registration: RegistrationState, session: Session): void {
  const index = registration.callees.findIndex((callee) => callee.session === session);
  const callee: CalleeState | undefined = registration.callees[index];
  if (callee === undefined) return;
  if (hasRoom(callee)) registration.withRoom -= 1;
  callee.registration = undefined;
  const others = registration.callees.filter((callee) => callee.session !== session);
  setCallees(registration, others);
  if (index < registration.turn) registration.turn -= 1;
}
