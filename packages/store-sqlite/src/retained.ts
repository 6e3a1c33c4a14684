/** The retained events of each topic: in memory for reading, and in the file for the next process. */
import {
  memoryRetained,
  packEvent,
  unpackEvent,
  type RetainedEvent,
  type RetainedEvents,
  type StoreRealm,
} from '@wamp/router';
import { bytesOf } from './database.ts';
import type { RetainedEntry } from './disk.ts';
import type { Connection } from './driver.ts';
import type { GroupCommit } from './group-commit.ts';

export class SqliteRetained implements RetainedEvents {
  readonly #realm: StoreRealm;
  readonly #commits: GroupCommit;
  readonly #memory: RetainedEvents;
  /** Events that are written, or about to be, but not yet set. */
  readonly #written = new WeakSet<readonly RetainedEvent[]>();
  /** Topics for which the file has another event. */
  readonly #unsaved = new Set<string>();
  readonly write: ((topic: string, events: readonly RetainedEvent[]) => Promise<void>) | undefined;

  /** @param writesFirst whether `set` waits until the event is written */
  constructor(realm: StoreRealm, commits: GroupCommit, writesFirst: boolean) {
    this.#realm = realm;
    this.#commits = commits;
    this.#memory = memoryRetained(realm, (topic) => {
      this.#save(topic);
    });
    this.write = writesFirst ? (topic, events) => this.#write(topic, events) : undefined;
  }

  /** Reads the events that an earlier process has stored. */
  load(connection: Connection): void {
    const { name, clock } = this.#realm;
    const rows = connection
      .prepare('SELECT topic, expires, packed FROM retained WHERE realm = ? ORDER BY written, topic, place')
      .all(name);
    const topics = new Map<string, RetainedEvent[]>();
    rows.forEach((row, index) => {
      const expires =
        row['expires'] === null ? Infinity : Number(row['expires']) - clock.now() + clock.elapsed();
      if (expires <= clock.elapsed()) return;
      // The first in the list of a topic is the newest; all are older than events of this process.
      const order = 2 * (index - rows.length);
      const { publication, weight } = unpackEvent(bytesOf(row));
      const topic = String(row['topic']);
      const others = topics.get(topic);
      if (others === undefined) topics.set(topic, [{ publication, weight, expires, order }]);
      else others.push({ publication, weight, expires, order: (others.at(-1)?.order ?? order) - 1 });
    });
    for (const [topic, events] of topics) this.#memory.set(topic, events);
  }

  /** Writes what could not be written before, now that writing works again. */
  saveAll(): void {
    for (const topic of [...this.#unsaved]) this.#save(topic);
  }

  latest(topic: string): readonly RetainedEvent[] {
    return this.#memory.latest(topic);
  }

  set(topic: string, events: readonly RetainedEvent[]): void {
    this.#memory.set(topic, events);
    if (!this.#written.delete(events)) this.#save(topic);
  }

  matching(...[match, pattern]: Parameters<RetainedEvents['matching']>): Iterable<string | undefined> {
    return this.#memory.matching(match, pattern);
  }

  expire(now: number): boolean {
    return this.#memory.expire(now);
  }

  #write(topic: string, events: readonly RetainedEvent[]): Promise<void> {
    const written = this.#commits.addRetained(this.#entry(topic, events));
    if (events.length > 0) this.#written.add(events);
    return written;
  }

  /** Writes the retained event of a topic; if that fails, retries later. */
  #save(topic: string): void {
    this.#unsaved.add(topic);
    let saved: Promise<void>;
    try {
      saved = this.#commits.addRetained(this.#entry(topic, this.#memory.latest(topic)));
    } catch {
      return; // reported by the status of the store
    }
    this.#unsaved.delete(topic);
    saved.catch(() => this.#unsaved.add(topic));
  }

  #entry(topic: string, events: readonly RetainedEvent[]): RetainedEntry {
    const { name, clock } = this.#realm;
    return {
      realm: name,
      topic,
      events: events.map(({ publication, weight, expires }) => ({
        expires: expires === Infinity ? Infinity : expires - clock.elapsed() + clock.now(),
        packed: packEvent({ publication, weight, offset: 0, time: 0, withheld: false }),
      })),
    };
  }
}
