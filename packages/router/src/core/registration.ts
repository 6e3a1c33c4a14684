/** Registration: a procedure or pattern, and the callees that serve it. */
import {
  NO_ENTRIES,
  type Id,
  type InvocationPolicy,
  type MatchPolicy,
  type RegisterOptions,
  type Uri,
} from '@wamp/protocol';
import type { PendingCall } from './pending-calls.ts';
import type { Session } from './session.ts';

/** One session's part in a registration. */
export interface Callee {
  readonly session: Session;
  /** What this callee asked for in REGISTER; `forward_timeout` and others are its own affair (T-18). */
  readonly options: RegisterOptions;
  /** Whether it may decline a call, which then goes to another (spec: Call Re-Routing). */
  readonly mayDecline: boolean;
  /** Invocations it is busy with. */
  active: number;
  /** Where it counts; undefined once it has no part in it any more. */
  registration: Registration | undefined;
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
  callees: readonly Callee[];
  /** The callee, while it is the only one, as mostly: one look less for each call. */
  single: Callee | undefined;
  /** How many callees have room: while there is none, nobody is looked for. */
  withRoom: number;
  /** Where the round robin goes on: an index into `callees`, or behind the last. */
  turn: number;
  /** Calls that wait for a callee with room, the oldest first; undefined before the first. */
  waiting: PendingCall[] | undefined;
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
    waiting: undefined,
  };
}

/** True for a callee that its own `concurrency` lets take one more invocation. */
export function hasRoom({ active, options: { concurrency = 0 } }: Callee): boolean {
  return concurrency === 0 || active < concurrency;
}

/** A callee gets one more invocation. */
export function occupy(callee: Callee): void {
  callee.active += 1;
  if (callee.registration !== undefined && callee.active === callee.options.concurrency) {
    callee.registration.withRoom -= 1;
  }
}

/** A callee is busy with one invocation less. */
export function vacate(callee: Callee): void {
  if (callee.registration !== undefined && callee.active === callee.options.concurrency) {
    callee.registration.withRoom += 1;
  }
  callee.active -= 1;
}

/** Adds a callee behind the others. */
export function addCallee(
  registration: Registration,
  { session, options, mayDecline }: Pick<Callee, 'session' | 'options' | 'mayDecline'>,
): void {
  const callee: Callee = { session, options, mayDecline, active: 0, registration };
  registration.withRoom += 1;
  setCallees(registration, [...registration.callees, callee]);
}

function setCallees(registration: Registration, callees: readonly Callee[]): void {
  registration.callees = callees;
  registration.single = callees.length === 1 ? callees[0] : undefined;
}

/** Takes one callee out and keeps the round robin's place. */
export function removeCallee(registration: Registration, session: Session): void {
  const index = registration.callees.findIndex((callee) => callee.session === session);
  const callee = registration.callees[index];
  if (callee === undefined) return;
  if (hasRoom(callee)) registration.withRoom -= 1;
  callee.registration = undefined;
  const others = registration.callees.filter((callee) => callee.session !== session);
  setCallees(registration, others);
  if (index < registration.turn) registration.turn -= 1;
}

/** What is looked at once the callee is there: whatever else it sent would stay as long, and take memory. */
export function ofCallee({
  concurrency,
  forward_timeout,
  disclose_caller,
}: RegisterOptions): RegisterOptions {
  return {
    ...(concurrency === undefined ? NO_ENTRIES : { concurrency }),
    ...(forward_timeout === undefined ? NO_ENTRIES : { forward_timeout }),
    ...(disclose_caller === undefined ? NO_ENTRIES : { disclose_caller }),
  };
}
