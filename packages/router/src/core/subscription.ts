/** Subscription: a topic or pattern, and who is subscribed to it. */
import type { Id, MatchPolicy, Uri } from '@wamp/protocol';
import type { Session } from './session.ts';

/** Shared by all its subscribers; there is one for each topic and match policy (SUB-2). */
export interface Subscription {
  readonly id: Id;
  readonly topic: Uri;
  readonly match: MatchPolicy;
  /** When the first subscriber came, in ms since the epoch. */
  readonly created: number;
  /** In the order in which they subscribed. */
  readonly subscribers: Set<Session>;
}
