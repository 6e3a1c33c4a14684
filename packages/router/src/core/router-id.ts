/** RouterId: makes the ids of registrations and subscriptions. */
import type { Id, MatchPolicy, Uri } from '@wamp/protocol';

/**
 * The id of a new registration or subscription, of router scope (IDS-3). The nodes of a cluster make the same id of the
 * same pattern.
 * @param isTaken whether another one of that kind has the id
 */
export type RouterId = (
  kind: 'registration' | 'subscription',
  match: MatchPolicy,
  uri: Uri,
  isTaken: (id: Id) => boolean,
) => Id;
