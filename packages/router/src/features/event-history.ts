/** Event history: past events of configured topics, for those who ask (spec: Event History). */
import {
  ApplicationError,
  ErrorUri,
  isId,
  type Args,
  type Dict,
  type Id,
  type Kwargs,
  type MatchPolicy,
  type Uri,
} from '@wamp/protocol';
import { eventDetails } from '../core/broker.ts';
import { passes } from '../core/eligibility.ts';
import type { Publication } from '../core/publication.ts';
import { remember, type Remembered } from '../core/remembered.ts';
import type { Feature, Realm } from '../core/realm.ts';
import type { Session } from '../core/session.ts';
import type { Subscription } from '../core/subscription.ts';
import { invalid, taking } from './arguments.ts';
import { find } from './subscription-meta.ts';

/** A topic or pattern whose events are remembered, in memory. */
export interface HistoryRule {
  readonly topic: Uri;
  /** `exact` by default. */
  readonly match?: MatchPolicy;
  /** How many events; 100 by default. */
  readonly depth?: number;
  /** For how long (ms); for ever by default. */
  readonly age?: number;
}

interface Entry extends Remembered {
  /** Ms since the epoch. */
  readonly time: number;
  /** When it was published, by the clock that its age is told by (ms). */
  readonly at: number;
}

/** The events of one subscription, in the order of their arrival. */
interface Log {
  readonly depth: number;
  readonly age: number;
  entries: Entry[];
}

/** What `wamp.subscription.get_events` takes (HIST-2): filters by name only. */
const INQUIRY = {
  places: ['subscription_id'],
  names: [
    'reverse',
    'limit',
    'from_time',
    'after_time',
    'before_time',
    'until_time',
    'topic',
    'from_publication',
    'after_publication',
    'before_publication',
    'until_publication',
  ],
};

/** So many bytes of payloads are decoded for an answer in one turn, and so many entries looked at. */
const SLICE_BYTES = 64 * 1024;
const SLICE_ENTRIES = 1000;
/** An answer of more payload (bytes) is refused: no transport takes a message so long, and decoded it takes far more. */
const LONGEST_ANSWER = 4 * 1024 * 1024;

/** @param rules what is remembered; each makes a subscription that is there from the start (HIST-4) */
export function eventHistory(rules: readonly HistoryRule[]): Feature {
  return {
    announces: { broker: ['event_history'] },
    install(realm) {
      const { broker, clock } = realm;
      const history = new History(realm);
      for (const { topic, match = 'exact', depth = 100, age = Infinity } of rules) {
        history.logs.set(broker.hold(match, topic), { depth, age, entries: [] });
      }
      broker.published.on((publication, matched) => {
        if (namesSessions(publication)) return;
        for (const subscription of matched) {
          const log = history.logs.get(subscription);
          if (log !== undefined) history.append(log, publication);
        }
      });
      realm.procedure(
        'wamp.subscription.get_events',
        taking(INQUIRY, ({ args, kwargs, caller }) => {
          const subscription = find(realm, args[0]);
          const log = history.logs.get(subscription);
          if (log !== undefined) history.expire(log, clock.elapsed());
          return answer(realm, select(log?.entries ?? [], kwargs, caller), subscription);
        }),
      );
    },
  };
}

/** All logs of a realm, in one account. */
class History {
  readonly logs = new Map<Subscription, Log>();
  readonly #realm: Realm;

  constructor(realm: Realm) {
    this.#realm = realm;
  }

  append(log: Log, publication: Publication): void {
    const { clock, limited, kept } = this.#realm;
    const entry = { time: clock.now(), at: clock.elapsed(), ...remember(publication) };
    this.expire(log, entry.at);
    const fits = kept.history.canFit(entry.weight);
    if (!fits) limited.add('event_history');
    while (fits && !kept.history.reserve(entry.weight)) if (!this.#evict()) return;
    if (!fits) return;
    log.entries.push(entry);
    if (log.entries.length > log.depth) this.#drop(log, 1);
  }

  expire(log: Log, now: number): void {
    let expired = 0;
    for (const { at } of log.entries) {
      if (now - at <= log.age) break;
      expired += 1;
    }
    if (expired > 0) this.#drop(log, expired);
  }

  /** The oldest event of all goes. @returns false when there is none */
  #evict(): boolean {
    let oldest: Log | undefined;
    for (const log of this.logs.values()) {
      if ((log.entries[0]?.at ?? Infinity) < (oldest?.entries[0]?.at ?? Infinity)) oldest = log;
    }
    if (oldest === undefined) return false;
    this.#realm.limited.add('event_history');
    this.#drop(oldest, 1);
    return true;
  }

  #drop(log: Log, count: number): void {
    for (const { weight } of log.entries.splice(0, count)) this.#realm.kept.history.release(weight);
  }
}

/** The events as they are told: at once when they are few, otherwise in slices, during which nothing else of the reader is heard. */
function answer(
  realm: Realm,
  entries: readonly Entry[],
  subscription: Subscription,
): Args | Promise<readonly Dict[]> {
  const bytes = entries.reduce((sum, { publication }) => sum + publication.payload.size, 0);
  if (bytes > LONGEST_ANSWER) {
    const explanation = `${bytes} bytes of events are more than an answer may have: ask with limit`;
    throw new ApplicationError(ErrorUri.PAYLOAD_SIZE_EXCEEDED, [explanation]);
  }
  if (bytes <= SLICE_BYTES && entries.length <= SLICE_ENTRIES) {
    return entries.map((entry) => describe(entry, subscription));
  }
  const { producer } = realm.turns.work;
  producer?.hold();
  return inSlices(realm, entries, subscription).finally(() => producer?.release());
}

async function inSlices(
  { nextTurn }: Realm,
  entries: readonly Entry[],
  subscription: Subscription,
): Promise<readonly Dict[]> {
  const events: Dict[] = [];
  let bytes = 0;
  for (const entry of entries) {
    events.push(describe(entry, subscription));
    bytes += entry.publication.payload.size;
    if (bytes <= SLICE_BYTES && events.length % SLICE_ENTRIES > 0) continue;
    bytes = 0;
    await nextTurn();
  }
  return events;
}

/** HIST-7: what was meant for certain sessions is meant for nobody later. */
function namesSessions({ options }: Publication): boolean {
  return options.eligible !== undefined || options.exclude !== undefined;
}

/** HIST-2, HIST-6: all conditions together; the limit comes last, in the direction asked for (T-22). */
function select(entries: readonly Entry[], filters: Kwargs, reader: Session): readonly Entry[] {
  const between = inRange(entries, filters);
  const topic = textFilter(filters, 'topic');
  const times = timeTests(filters);
  const found = between.filter(
    ({ time, publication }) =>
      (topic === undefined || publication.topic === topic) &&
      times.every((passes) => passes(time)) &&
      // HIST-6: the lists of the publication hold for readers, too; its publisher may read what it published.
      passes(publication.audience, reader),
  );
  const directed = booleanFilter(filters, 'reverse') ? found.toReversed() : found;
  const limit = limitFilter(filters);
  return limit === undefined ? directed : directed.slice(0, limit);
}

/** The entries from one publication to another; a publication that is not there leaves none. */
function inRange(entries: readonly Entry[], filters: Kwargs): readonly Entry[] {
  const index = (name: string): number | undefined => {
    const id = idFilter(filters, name);
    return id === undefined ? undefined : entries.findIndex(({ publication }) => publication.id === id);
  };
  const from = index('from_publication');
  const after = index('after_publication');
  const before = index('before_publication');
  const until = index('until_publication');
  if ([from, after, before, until].includes(-1)) return [];
  const first = Math.max(from ?? 0, after === undefined ? 0 : after + 1);
  const end = Math.min(before ?? entries.length, until === undefined ? entries.length : until + 1);
  return entries.slice(first, Math.max(first, end));
}

function timeTests(filters: Kwargs): ((time: number) => boolean)[] {
  const [from, after, before, until] = ['from_time', 'after_time', 'before_time', 'until_time'].map((name) =>
    timeFilter(filters, name),
  );
  const tests: ((time: number) => boolean)[] = [];
  if (from !== undefined) tests.push((time) => time >= from);
  if (after !== undefined) tests.push((time) => time > after);
  if (before !== undefined) tests.push((time) => time < before);
  if (until !== undefined) tests.push((time) => time <= until);
  return tests;
}

const RFC_3339 = /^(\d{4}-\d\d-\d\d)[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

function timeFilter(filters: Kwargs, name: string): number | undefined {
  const text = textFilter(filters, name);
  if (text === undefined) return undefined;
  const [, day = ''] = RFC_3339.exec(text) ?? [];
  const time = isDay(day) ? Date.parse(text) : NaN;
  if (Number.isNaN(time)) throw invalid(`${name}: expected a time as RFC 3339 has it`);
  return time;
}

/** `Date` takes the 30th of February for the 2nd of March. */
function isDay(day: string): boolean {
  const start = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(start.getTime()) && start.toISOString().startsWith(day);
}

function textFilter(filters: Kwargs, name: string): string | undefined {
  const value = given(filters, name);
  if (value !== undefined && typeof value !== 'string') throw invalid(`${name}: expected a string`);
  return value;
}

function booleanFilter(filters: Kwargs, name: string): boolean {
  const value = given(filters, name) ?? false;
  if (typeof value !== 'boolean') throw invalid(`${name}: expected a bool`);
  return value;
}

function limitFilter(filters: Kwargs): number | undefined {
  const value = given(filters, 'limit');
  if (value === undefined || (isId(value) && Number.isSafeInteger(value))) return value;
  throw invalid('limit: expected an integer above 0');
}

function idFilter(filters: Kwargs, name: string): Id | undefined {
  const value = given(filters, name);
  if (value === undefined || isId(value)) return value;
  throw invalid(`${name}: expected a publication id`);
}

/** A filter that is null is not there. */
function given(filters: Kwargs, name: string): unknown {
  return filters[name] ?? undefined;
}

/** HIST-3: the event as its subscribers got it, and when. */
function describe({ time, publication }: Entry, { id, match }: Subscription): Dict {
  const { topic } = publication;
  const payload = publication.payload.lend();
  const args: Args = payload.args;
  return {
    timestamp: new Date(time).toISOString(),
    subscription: id,
    publication: publication.id,
    details: { ...(match === 'exact' ? {} : { topic }), ...eventDetails(publication) },
    ...(payload.count > 0 ? { args } : {}),
    ...(payload.count > 1 ? { kwargs: payload.kwargs } : {}),
  };
}
