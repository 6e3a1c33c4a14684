/** Registration: a procedure or pattern, and the callees that serve it. Only the functions of this file change either. */
import type { Id, InvocationPolicy, MatchPolicy, RegisterOptions, Uri } from '@wamp/protocol';
import type { Session } from './session.ts';

/** A session as a callee of a registration. */
export interface Callee {
  readonly session: Session;
  /**
   * The maximum number of concurrent invocations; 0 for no limit. If it is undefined, invocations of ended calls are not
   * counted, even if the callee is still busy with them. This option and the next two apply to this callee only (T-18).
   */
  readonly concurrency: number | undefined;
  /** Whether the callee enforces call timeouts itself. */
  readonly forwardsTimeout: boolean;
  /** Whether callers are disclosed to the callee. */
  readonly disclosesCaller: boolean;
  /** Whether the callee may decline a call, which is then assigned to another one (spec: Call Re-Routing). */
  readonly mayDecline: boolean;
  /** The position of the callee: callees are sorted by it, and equal ones by time of registration. 0 without a cluster. */
  readonly order: number;
  /** The number of invocations with which the callee is busy. */
  readonly active: number;
  /** The registration; undefined once the callee has been removed from it. */
  readonly registration: Registration | undefined;
}

export interface Registration {
  readonly id: Id;
  readonly procedure: Uri;
  readonly match: MatchPolicy;
  /** The invocation policy, set by the first callee; later ones have to use the same (SHR-1). */
  readonly invoke: InvocationPolicy;
  /** When the registration was created (ms since the epoch). */
  readonly created: number;
  /** The callees, in the order in which they registered in the whole cluster. */
  readonly callees: readonly Callee[];
  /** The only callee; undefined if there are several. Most registrations have one, and this saves a look-up for each call. */
  readonly single: Callee | undefined;
  /** The number of callees with room for a call; while it is 0, calls are queued without a search. */
  readonly withRoom: number;
  /** The index in `callees` at which the round robin continues; may be behind the last one. */
  readonly turn: number;
  /** The number of invocations that were sent to its callees since it was created. */
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

/** True for a callee whose `concurrency` permits another invocation. */
export function hasRoom({ active, concurrency = 0 }: Callee): boolean {
  return concurrency === 0 || active < concurrency;
}

/** Counts an invocation that is sent to a callee. */
export function occupy(callee: CalleeState): void {
  const { registration } = callee;
  callee.active += 1;
  if (registration === undefined) return;
  registration.invocations += 1;
  if (callee.active === callee.concurrency) registration.withRoom -= 1;
}

/** Counts an invocation with which a callee is no longer busy. */
export function vacate(callee: CalleeState): void {
  if (callee.active === callee.concurrency && callee.registration !== undefined) {
    callee.registration.withRoom += 1;
  }
  callee.active -= 1;
}

/**
 * Adds a callee at its position, by default after all others. The node of a remote callee limits its concurrency, and may
 * return a call undone.
 */
export function addCallee(
  registration: RegistrationState,
  session: Session,
  { concurrency, forward_timeout = false, disclose_caller = false }: RegisterOptions,
  order = 0,
): void {
  const isRemote = session.remote !== undefined;
  const callee: CalleeState = {
    session,
    concurrency: isRemote ? undefined : concurrency,
    forwardsTimeout: forward_timeout,
    disclosesCaller: disclose_caller,
    mayDecline: isRemote || session.features.has('callee', 'call_reroute'),
    order,
    active: 0,
    registration,
  };
  registration.withRoom += 1;
  const index = registration.callees.findIndex((other) => other.order > order);
  if (index === -1) setCallees(registration, [...registration.callees, callee]);
  else {
    setCallees(registration, registration.callees.toSpliced(index, 0, callee));
    if (index < registration.turn) registration.turn += 1;
  }
}

function setCallees(registration: RegistrationState, callees: readonly Callee[]): void {
  registration.callees = callees;
  registration.single = callees.length === 1 ? callees[0] : undefined;
}

/** Sets the index at which the round robin continues. */
export function setTurn(registration: RegistrationState, turn: number): void {
  registration.turn = turn;
}

/** Removes a callee, and keeps the position of the round robin. */
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
