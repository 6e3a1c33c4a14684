/** One EVENT, as its handlers receive it. */
import { NO_ENTRIES, type Args, type Event, type Id, type Kwargs, type Uri } from '@wamp/protocol';
import { ownArgs, ownKwargs } from './own.ts';
import { peerOf, type Peer } from './peer.ts';

/** An event of a subscription. */
export interface WampEvent<A extends Args = Args, K = Kwargs> {
  readonly args: A;
  readonly kwargs: K;
  /** The topic of the publication; it differs from the subscribed topic for patterns. */
  readonly topic: Uri;
  /** The publication id: the same for all its receivers. */
  readonly publication: Id;
  /** True for a retained event, published before the subscription. */
  readonly retained: boolean;
  /** True for an event that was missed while there was no connection, and recovered. */
  readonly recovered?: boolean;
  /** When the router received the publication; only of a recovered event. */
  readonly timestamp?: Date;
  /** The publisher, if the router discloses it. */
  readonly publisher: Peer | undefined;
  /** EVENT.Details, as received. */
  readonly details: Kwargs;
}

/** @param subscribed the topic or pattern of the subscription */
export function eventOf(
  { publication, details, payload: { args, kwargs } }: Event,
  subscribed: Uri,
): WampEvent<unknown[]> {
  return {
    args: ownArgs(args),
    kwargs: ownKwargs(kwargs),
    topic: details.topic ?? subscribed,
    publication,
    retained: details.retained === true,
    publisher: peerOf(details.publisher, details.publisher_authid, details.publisher_authrole),
    // Messages without details may share a frozen value.
    details: details === NO_ENTRIES ? {} : details,
  };
}

/** The event of an entry in an answer of `wamp.subscription.recover`. @param subscribed as with {@link eventOf} */
export function recoveredEvent(
  { publication, args, kwargs, details, topic, timestamp }: Kwargs,
  subscribed: Uri,
): WampEvent<unknown[]> {
  const from = (details ?? {}) as Kwargs;
  return {
    args: (args ?? []) as unknown[],
    kwargs: (kwargs ?? {}) as Kwargs,
    topic: (from['topic'] ?? topic ?? subscribed) as string,
    publication: publication as Id,
    retained: false,
    recovered: true,
    ...(typeof timestamp === 'string' && { timestamp: new Date(timestamp) }),
    publisher: peerOf(from['publisher'], from['publisher_authid'], from['publisher_authrole']),
    details: from,
  };
}
