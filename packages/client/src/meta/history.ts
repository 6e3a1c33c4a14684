/** Reads the event history of a subscription. */
import type { Args, Dict, Id, Kwargs, Uri } from '@wamp/protocol';
import { BOOL, checkOptions, COUNT, rule, TEXT, wireOptions, type Rules } from '../options.ts';
import type { Subscription } from '../subscription.ts';

import { date, dict, id, optional } from './answers.ts';
import type { MetaSession } from './meta-session.ts';

/** Selects past events; all conditions have to hold (spec: Event History). */
export interface HistoryFilters {
  /** Newest first. Default: false. */
  readonly reverse?: boolean | undefined;
  /** The maximum number of events, counted in the order of the answer. */
  readonly limit?: number | undefined;
  /** Lower limit of the time, inclusive; likewise those below. A string is an RFC 3339 time. */
  readonly fromTime?: Date | string | undefined;
  readonly afterTime?: Date | string | undefined;
  readonly beforeTime?: Date | string | undefined;
  readonly untilTime?: Date | string | undefined;
  /** For pattern subscriptions: only events of this topic. */
  readonly topic?: Uri | undefined;
  readonly fromPublication?: Id | undefined;
  readonly afterPublication?: Id | undefined;
  readonly beforePublication?: Id | undefined;
  readonly untilPublication?: Id | undefined;
}

/** A past event. */
export interface PastEvent {
  /** When the router received it. */
  readonly timestamp: Date;
  readonly subscription: Id;
  readonly publication: Id;
  readonly args: Args;
  readonly kwargs: Kwargs;
  /** Details of the EVENT. */
  readonly details: Dict;
}

const TIME = rule('a Date or a string', (value) => value instanceof Date || typeof value === 'string');
const FILTERS: Rules<HistoryFilters> = {
  reverse: BOOL,
  limit: COUNT,
  fromTime: TIME,
  afterTime: TIME,
  beforeTime: TIME,
  untilTime: TIME,
  topic: TEXT,
  fromPublication: COUNT,
  afterPublication: COUNT,
  beforePublication: COUNT,
  untilPublication: COUNT,
};

/**
 * The past events of a subscription, if the router keeps them.
 *
 * @param subscription the handle, or the id
 * @example for (const { args } of await getEvents(session, subscription, { limit: 10 })) show(args);
 */
export async function getEvents(
  { untyped }: MetaSession,
  subscription: Id | Pick<Subscription, 'id'>,
  filters: HistoryFilters = {},
): Promise<readonly PastEvent[]> {
  const subscriptionId = typeof subscription === 'object' ? subscription.id : subscription;
  if (subscriptionId === undefined) throw new TypeError('The subscription has ended.');
  checkOptions('getEvents', FILTERS, filters);
  const times = Object.entries(filters).map(([name, value]: [string, unknown]) => [
    name,
    value instanceof Date ? value.toISOString() : value,
  ]);
  const kwargs = wireOptions(Object.fromEntries(times) as HistoryFilters, FILTERS);
  const { args } = await untyped.call('wamp.subscription.get_events', [subscriptionId], { kwargs }).full();
  // T-22: the list of events is either the result's arguments, or the first of them.
  const [first] = args;
  return (args.length === 1 && Array.isArray(first) ? (first as Args) : args).map(pastEvent);
}

function pastEvent(value: unknown): PastEvent {
  const { timestamp, subscription, publication, args, kwargs, details } = dict(value);
  return {
    timestamp: date(timestamp),
    subscription: id(subscription),
    publication: id(publication),
    args: Array.isArray(args) ? args : [],
    kwargs: optional(dict, kwargs) ?? {},
    details: optional(dict, details) ?? {},
  };
}
