/** Subscription: a topic or pattern, and its subscribers. */
import type { Id, MatchPolicy, Uri } from '@wamp/protocol';
import type { Publication } from './publication.ts';
import type { Session } from './session.ts';

/** Numbers the events of a subscription and records them. */
export interface Recorder {
  /**
   * Whether another event has to be sent before this publication. It waits then, so that all subscribers receive the events
   * of a log in the order of their offsets.
   */
  isBusy(publication: Publication): boolean;
  /**
   * Records a publication before it is sent to any subscriber, and is busy with it until {@link sent}: that may take several
   * turns. Never throws.
   * @returns its offset
   */
  record(publication: Publication): number;
  /** The event that was recorded last has been sent to all subscribers. */
  sent(): void;
}

/** Shared by all its subscribers; there is one for each topic and match policy (SUB-2). */
export interface Subscription {
  readonly id: Id;
  readonly topic: Uri;
  readonly match: MatchPolicy;
  /** When the first subscriber came, in ms since the epoch. */
  readonly created: number;
  /** In the order in which they subscribed. */
  readonly subscribers: ReadonlySet<Session>;
  /** Undefined when the events are not recorded. */
  readonly recorder: Recorder | undefined;
  /** How many publications it has matched since it was created. */
  readonly publications: number;
}

/** A subscription with its state, which only the broker changes. */
export interface SubscriptionState extends Subscription {
  readonly subscribers: Set<Session>;
  recorder: Recorder | undefined;
  publications: number;
}
