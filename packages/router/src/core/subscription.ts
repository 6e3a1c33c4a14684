/** Subscription: a topic or pattern, and its subscribers. */
import type { Id, MatchPolicy, Uri } from '@wamp/protocol';
import type { Publication } from './publication.ts';
import type { Session } from './session.ts';

/** Where an event was published: the run of the node, and its number there; a third element says that events before it are lost. */
export type EventOrigin = readonly [run: string, number: number, isAfterGap?: 1];

/** Numbers the events of a subscription and records them. */
export interface Recorder {
  /** The origin of the event that was recorded last, in a realm that a cluster shares. */
  readonly origin?: EventOrigin | undefined;
  /**
   * True when another event has to be sent before this publication, which then waits, so that all subscribers receive the
   * events of a log in the order of their offsets.
   */
  isBusy(publication: Publication): boolean;
  /**
   * Records a publication before it is sent to any subscriber. The recorder is then busy until {@link sent} is called, which
   * may take several turns. Never throws.
   * @returns the offset of the publication
   */
  record(publication: Publication): number;
  /** Called when the event that was recorded last has been sent to all subscribers. */
  sent(): void;
}

/** A subscription, which all its subscribers share; there is one for each topic and match policy (SUB-2). */
export interface Subscription {
  readonly id: Id;
  readonly topic: Uri;
  readonly match: MatchPolicy;
  /** When the subscription was created (ms since the epoch). */
  readonly created: number;
  /** The subscribers, in the order in which they subscribed. */
  readonly subscribers: ReadonlySet<Session>;
  /** Undefined when the events are not recorded. */
  readonly recorder: Recorder | undefined;
  /** The number of publications that it has matched since it was created. */
  readonly publications: number;
}

/** A subscription with its state, which only the broker changes. */
export interface SubscriptionState extends Subscription {
  readonly subscribers: Set<Session>;
  recorder: Recorder | undefined;
  publications: number;
}
