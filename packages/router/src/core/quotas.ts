/** Quotas: how many of a realm's resources one session may use. */
import type { Tally } from './tally.ts';

/** A request that exceeds a quota is refused with `wamp.error.limit_exceeded`. */
export interface Quotas {
  readonly subscriptions: number;
  /** Subscriptions to patterns, which also count as subscriptions: one publication may match all of them. */
  readonly patternSubscriptions: number;
  readonly registrations: number;
  /** Registrations of patterns, which also count as registrations. */
  readonly patternRegistrations: number;
  /** Calls of the session that are in flight. */
  readonly calls: number;
  /** Invocations that the session has not answered. */
  readonly invocations: number;
  /** Bytes of its testaments. */
  readonly testamentBytes: number;
  /** Bytes of its calls that wait for a callee with room, or that their callee may still decline. */
  readonly waitingCallBytes: number;
  /**
   * Bytes of its messages that wait behind a pending decision of an authorizer; where the transport allows it, reading
   * pauses meanwhile.
   */
  readonly undecidedBytes: number;
}

export const DEFAULT_QUOTAS: Quotas = {
  subscriptions: 10_000,
  patternSubscriptions: 1000,
  registrations: 10_000,
  patternRegistrations: 1000,
  calls: 10_000,
  invocations: 10_000,
  testamentBytes: 1024 * 1024,
  waitingCallBytes: 8 * 1024 * 1024,
  undecidedBytes: 8 * 1024 * 1024,
};

/** A quota, or another limit of a realm, by the name under which {@link QuotaTally} counts how often it was exceeded. */
export type QuotaName =
  | 'sessions'
  | 'subscriptions'
  | 'pattern_subscriptions'
  | 'registrations'
  | 'pattern_registrations'
  | 'pattern_shapes'
  | 'calls'
  | 'invocations'
  | 'own_publications'
  | 'error_uris'
  | 'testaments'
  | 'waiting_calls'
  | 'undecided_messages'
  | 'retained_events'
  | 'event_history';

/**
 * The explanation for a pattern that is refused because of its shape (`MOST_SHAPES` and `MOST_SHAPES_OF_ONE` in
 * `wildcards.ts`).
 */
export const TOO_MANY_SHAPES: string =
  'too many different patterns: for each number of components, the realm takes 1,024 arrangements of literals and ' +
  'wildcards, and of one client 256 of them; use fewer arrangements, or patterns of ten components or fewer';

export type QuotaTally = Tally<QuotaName>;
