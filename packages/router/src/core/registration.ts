/** Registration: a procedure or pattern, and the callees that serve it. */
import type { Id, InvocationPolicy, MatchPolicy, RegisterOptions, Uri } from '@wamp/protocol';
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
  /** Where the round robin goes on: an index into `callees`, or behind the last. */
  turn: number;
  /** Calls that wait for a callee with room, the oldest first. */
  readonly waiting: PendingCall[];
}

/** True for a callee that its own `concurrency` lets take one more invocation. */
export function hasRoom({ active, options: { concurrency = 0 } }: Callee): boolean {
  return concurrency === 0 || active < concurrency;
}

/** Takes one callee out and keeps the round robin's place. */
export function removeCallee(registration: Registration, session: Session): void {
  const index = registration.callees.findIndex((callee) => callee.session === session);
  if (index === -1) return;
  registration.callees = registration.callees.filter((callee) => callee.session !== session);
  if (index < registration.turn) registration.turn -= 1;
}
