/** Subscription: a topic or pattern, and who is subscribed to it. */
import type { Id, MatchPolicy, Uri } from '@wamp/protocol';
import type { Publication } from './publication.ts';
import type { Session } from './session.ts';

/** Numbers the events of a subscription and records them. */
export interface Recorder {
  /**
   * True while an event is sent to the subscribers, which may take several turns: the next one waits, so that all
   * subscribers get the events of a log in the order of their offsets.
   */
  isSending: boolean;
  /** Records a publication, before anybody is sent it. Never throws. @returns its offset */
  record(publication: Publication): number;
}

/** Shared by all its subscribers; there is one for each topic and match policy (SUB-2). */
export interface Subscription {
  readonly id: Id;
  readonly topic: Uri;
  readonly match: MatchPolicy;
  /** When the first subscriber came, in ms since the epoch. */
  readonly created: number;
  /** In the order in which they subscribed. */
  readonly subscribers: Set<Session>;
  /** Undefined where events are not recorded. */
  recorder: Recorder | undefined;
}
