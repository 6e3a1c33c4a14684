/** Composes past events for answers: a few at once, many in slices. */
import type { Args, Dict } from '@wamp/protocol';
import { eventDetails } from '../core/broker.ts';
import type { Realm } from '../core/realm.ts';
import type { Subscription } from '../core/subscription.ts';
import type { LoggedEvent } from '../stores/event-store.ts';

/** The maximum size of the payloads that are decoded for an answer in one turn (bytes), and of examined entries. */
const SLICE_BYTES = 64 * 1024;
const SLICE_ENTRIES = 1000;

/** Additional details of an event in an answer. */
export type MoreDetails = (event: LoggedEvent) => Dict;

/**
 * The events in the form of the answer: at once when they are few, otherwise in slices, during which further requests
 * of the reader wait.
 */
export function toldEvents(
  realm: Realm,
  events: readonly LoggedEvent[],
  subscription: Subscription,
  more: MoreDetails = nothingMore,
): Args | Promise<Args> {
  const bytes = events.reduce((sum, { publication }) => sum + publication.payload.size, 0);
  if (bytes <= SLICE_BYTES && events.length <= SLICE_ENTRIES) {
    return events.map((event) => describe(event, subscription, more));
  }
  const { producer } = realm.turns.work;
  producer?.hold();
  return inSlices(realm, events, subscription, more).finally(() => producer?.release());
}

async function inSlices(
  { nextTurn }: Realm,
  events: readonly LoggedEvent[],
  subscription: Subscription,
  more: MoreDetails,
): Promise<readonly Dict[]> {
  const told: Dict[] = [];
  let bytes = 0;
  for (const event of events) {
    told.push(describe(event, subscription, more));
    bytes += event.publication.payload.size;
    if (bytes <= SLICE_BYTES && told.length % SLICE_ENTRIES > 0) continue;
    bytes = 0;
    await nextTurn();
  }
  return told;
}

/** HIST-3: the event as its subscribers received it, and its time. */
function describe(event: LoggedEvent, { id, match }: Subscription, more: MoreDetails): Dict {
  const { publication } = event;
  const payload = publication.payload.lend();
  const args: Args = payload.args;
  return {
    timestamp: new Date(event.time).toISOString(),
    subscription: id,
    publication: publication.id,
    details: {
      ...(match === 'exact' ? {} : { topic: publication.topic }),
      ...eventDetails(publication),
      ...more(event),
    },
    ...(payload.count > 0 ? { args } : {}),
    ...(payload.count > 1 ? { kwargs: payload.kwargs } : {}),
  };
}

function nothingMore(): Dict {
  return NONE;
}

const NONE: Dict = Object.freeze({});
