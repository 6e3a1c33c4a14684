/** One EVENT, as its handlers see it. */
import type { Args, Event, Id, Kwargs, Uri } from '@wamp/protocol';
import { own } from './own.ts';
import { peerIn, type Peer } from './peer.ts';

/** A publication that reached one of our subscriptions. */
export interface WampEvent<A extends Args = Args, K = Kwargs> {
  readonly args: A;
  readonly kwargs: K;
  /** What was published to; differs from the subscribed topic for patterns. */
  readonly topic: Uri;
  /** The publication's id: the same in every session that it reaches. */
  readonly publication: Id;
  /** True for an event from before the subscription, kept by the router. */
  readonly retained: boolean;
  /** True for one that was missed while there was no connection, and that the router has told since. */
  readonly recovered?: boolean;
  /** Who published, if the router discloses it. */
  readonly publisher: Peer | undefined;
  /** Details of the EVENT, as they came. */
  readonly details: Kwargs;
}

/** @param subscribed the topic or pattern of the subscription */
export function eventOf(
  { publication, details, payload: { args, kwargs } }: Event,
  subscribed: Uri,
): WampEvent<unknown[]> {
  return {
    args: own(args, []) as unknown[],
    kwargs: own(kwargs, {}),
    topic: details.topic ?? subscribed,
    publication,
    retained: details.retained === true,
    publisher: peerIn(details, 'publisher'),
    details: own(details, {}),
  };
}
