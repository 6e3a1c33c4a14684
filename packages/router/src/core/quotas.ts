/** How much of a realm one session may take. */
import type { Tally } from './tally.ts';

/** Beyond a quota, requests are refused with `wamp.error.limit_exceeded`. */
export interface Quotas {
  readonly subscriptions: number;
  /** Those of the subscriptions that are to patterns: one publication may meet all of them. */
  readonly patternSubscriptions: number;
  readonly registrations: number;
  /** Those of the registrations that are of patterns. */
  readonly patternRegistrations: number;
  /** Calls that the session waits for. */
  readonly calls: number;
  /** Invocations that the session is to answer. */
  readonly invocations: number;
  /** Bytes of its testaments. */
  readonly testamentBytes: number;
  /** Bytes of its calls that wait for a callee with room, or whose callee may decline them. */
  readonly waitingCallBytes: number;
  /** Bytes of its messages behind one that an authorizer decides about; nothing is read meanwhile, where that can be. */
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

/** What there is only so much of in a realm, as {@link QuotaTally} counts how often more was asked for. */
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

/** Said of a pattern that no more room is for (`MOST_SHAPES` and `MOST_SHAPES_OF_ONE` in `wildcards.ts`). */
export const TOO_MANY_SHAPES: string =
  'too many different patterns: for each number of components, the realm takes 1,024 arrangements of literals and ' +
  'wildcards, and of one client 256 of them; use fewer arrangements, or patterns of ten components or fewer';

export type QuotaTally = Tally<QuotaName>;
