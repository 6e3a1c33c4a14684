/** The memory store: keeps past events in this process, on the accounts of their realm. */
import type { Id, MatchPolicy, Uri } from '@wamp/protocol';
import { TopicTree } from '../core/topic-tree.ts';
import type {
  EventLog,
  EventStore,
  LoggedEvent,
  LogRange,
  LogRule,
  RetainedEvent,
  RetainedEvents,
  StoreRealm,
} from './event-store.ts';

/** Keeps events until the process ends; when the room of a realm (`stores`) is exhausted, it evicts the oldest events. */
export function memoryStore(): EventStore {
  const logs = new WeakMap<StoreRealm, MemoryLogs>();
  return {
    isTransient: true,
    log(realm, rule) {
      let ofRealm = logs.get(realm);
      if (ofRealm === undefined) logs.set(realm, (ofRealm = new MemoryLogs(realm)));
      return ofRealm.open(rule);
    },
    retained: (realm) => memoryRetained(realm),
  };
}

/**
 * The retained events of a realm in memory, for stores that also keep them elsewhere.
 * @param forgot called when a topic has lost events for lack of room, or because they have expired
 */
export function memoryRetained(
  realm: StoreRealm,
  forgot: (topic: Uri) => void = () => undefined,
): RetainedEvents {
  return new MemoryRetained(realm, forgot);
}

/** All logs of a realm, on one account. */
class MemoryLogs {
  readonly #realm: StoreRealm;
  readonly #logs: MemoryLog[] = [];

  constructor(realm: StoreRealm) {
    this.#realm = realm;
  }

  open(rule: LogRule): MemoryLog {
    const log = new MemoryLog(this, this.#realm, rule);
    this.#logs.push(log);
    return log;
  }

  /**
   * Reserves bytes, and evicts the oldest events of all logs if necessary. @returns false when even that does not
   * suffice
   */
  reserve(weight: number): boolean {
    const { kept, limited } = this.#realm;
    if (!kept.history.canFit(weight)) {
      limited.add('event_history');
      return false;
    }
    while (!kept.history.reserve(weight)) if (!this.#evict()) return false;
    return true;
  }

  #evict(): boolean {
    let oldest: MemoryLog | undefined;
    for (const log of this.#logs) if (log.since < (oldest?.since ?? Infinity)) oldest = log;
    if (oldest === undefined) return false;
    this.#realm.limited.add('event_history');
    oldest.drop();
    return true;
  }
}

interface Entry {
  readonly event: LoggedEvent;
  /** When it was appended, by the monotonic clock that determines its age (ms). */
  readonly at: number;
}

/** After this many removed entries, the list is compacted. */
const MOST_GONE = 1024;

class MemoryLog implements EventLog {
  readonly epoch: Id;
  offset = 0;
  readonly #all: MemoryLogs;
  readonly #realm: StoreRealm;
  readonly #rule: LogRule;
  /** In the order of their offsets; the entries before `#first` have been removed. */
  #entries: (Entry | undefined)[] = [];
  #first = 0;
  /** The number of entries of each kind, because the depth limits both. */
  #told = 0;
  #withheld = 0;

  constructor(all: MemoryLogs, realm: StoreRealm, rule: LogRule) {
    this.#all = all;
    this.#realm = realm;
    this.#rule = rule;
    this.epoch = rule.epoch;
  }

  /** When the oldest event was appended; Infinity when there is none. */
  get since(): number {
    return this.#entries[this.#first]?.at ?? Infinity;
  }

  append(event: LoggedEvent): void {
    this.offset = event.offset;
    const at = this.#expire();
    if (!this.#all.reserve(event.weight)) {
      this.#rule.dropped?.(event);
      return;
    }
    this.#entries.push({ event, at });
    this.#count(event, 1);
    while (this.#told > this.#rule.depth || this.#withheld > this.#rule.depth) this.drop();
  }

  read({ after, upTo, reverse }: LogRange, visit: (event: LoggedEvent) => boolean): void {
    this.#expire();
    const entries = this.#entries.slice(this.#indexAfter(after), this.#indexAfter(upTo));
    if (reverse) entries.reverse();
    for (const entry of entries) if (entry !== undefined && !visit(entry.event)) return;
  }

  find(publication: Id): number | undefined {
    this.#expire();
    for (let at = this.#first; at < this.#entries.length; at += 1) {
      const event = this.#entries[at]?.event;
      if (event?.publication.id === publication && !event.withheld) return event.offset;
    }
    return undefined;
  }

  /** Removes the oldest event. */
  drop(): void {
    const entry = this.#entries[this.#first];
    if (entry === undefined) return;
    this.#entries[this.#first] = undefined;
    this.#first += 1;
    this.#count(entry.event, -1);
    this.#realm.kept.history.release(entry.event.weight);
    this.#rule.dropped?.(entry.event);
    if (this.#first < MOST_GONE || 2 * this.#first < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#first);
    this.#first = 0;
  }

  #count({ withheld }: LoggedEvent, change: 1 | -1): void {
    if (withheld) this.#withheld += change;
    else this.#told += change;
  }

  /** Removes events that are too old. @returns the current time */
  #expire(): number {
    const now = this.#realm.clock.elapsed();
    while (now - this.since > this.#rule.age) this.drop();
    return now;
  }

  /** The index of the first entry with a greater offset. */
  #indexAfter(offset: number): number {
    let [low, high] = [this.#first, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.event.offset ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The most topics with retained events; beyond, the topic with the oldest publication is evicted. */
const MOST_TOPICS = 10_000;

class MemoryRetained implements RetainedEvents {
  readonly #realm: StoreRealm;
  /** By topic, in order of the last publication. */
  readonly #topics = new Map<Uri, readonly RetainedEvent[]>();
  readonly #tree = new TopicTree<Uri>();
  readonly #forgot: (topic: Uri) => void;

  constructor(realm: StoreRealm, forgot: (topic: Uri) => void) {
    this.#realm = realm;
    this.#forgot = forgot;
  }

  latest(topic: Uri): readonly RetainedEvent[] {
    return this.#topics.get(topic) ?? NONE;
  }

  set(topic: Uri, events: readonly RetainedEvent[]): void {
    this.#delete(topic);
    if (events.length === 0) return;
    if (!this.#reserve(weigh(events))) {
      this.#forgot(topic);
      return;
    }
    this.#topics.set(topic, events);
    this.#tree.set(topic, topic);
    if (this.#topics.size > MOST_TOPICS) this.#evict();
  }

  matching(match: MatchPolicy, pattern: Uri): Iterable<Uri | undefined> {
    return this.#tree.matching(match, pattern);
  }

  expire(now: number): boolean {
    let more = false;
    for (const [topic, events] of this.#topics) {
      const left = events.filter(({ expires }) => now < expires);
      more ||= left.some(({ expires }) => expires < Infinity);
      if (left.length === events.length) continue;
      if (left.length === 0) this.#delete(topic);
      else {
        this.#realm.kept.retained.release(weigh(events) - weigh(left));
        this.#topics.set(topic, left);
      }
      this.#forgot(topic);
    }
    return more;
  }

  #delete(topic: Uri): void {
    const events = this.#topics.get(topic);
    if (events === undefined) return;
    this.#topics.delete(topic);
    this.#tree.delete(topic);
    this.#realm.kept.retained.release(weigh(events));
  }

  /** Reserves bytes, and evicts topics if necessary. @returns false when even that does not suffice */
  #reserve(weight: number): boolean {
    const account = this.#realm.kept.retained;
    if (account.canFit(weight)) {
      while (!account.reserve(weight)) if (!this.#evict()) return false;
      return true;
    }
    this.#realm.limited.add('retained_events');
    return false;
  }

  /** Evicts the topic with the oldest publication. @returns false when there is none */
  #evict(): boolean {
    const [oldest] = this.#topics.keys();
    if (oldest === undefined) return false;
    this.#realm.limited.add('retained_events');
    this.#delete(oldest);
    this.#forgot(oldest);
    return true;
  }
}

const NONE: readonly RetainedEvent[] = [];

function weigh(events: readonly RetainedEvent[]): number {
  return events.reduce((sum, { weight }) => sum + weight, 0);
}
