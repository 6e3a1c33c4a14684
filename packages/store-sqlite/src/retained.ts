/** Retained: the latest events of each topic, in memory for those who read, and in the file for the next process. */
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
  /** What has been written, or is about to be, and is not set yet. */
  readonly #written = new WeakSet<readonly RetainedEvent[]>();
  /** Topics of which the file has something else. */
  readonly #unsaved = new Set<string>();
  readonly write: ((topic: string, events: readonly RetainedEvent[]) => Promise<void>) | undefined;

  /** @param writesFirst whether who sets waits until it is written */
  constructor(realm: StoreRealm, commits: GroupCommit, writesFirst: boolean) {
    this.#realm = realm;
    this.#commits = commits;
    this.#memory = memoryRetained(realm, (topic) => {
      this.#save(topic);
    });
    this.write = writesFirst ? (topic, events) => this.#write(topic, events) : undefined;
  }

  /** Reads what an earlier process has left. */
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
      // The first in the list of a topic is the newest; all of them are older than what is published from now on.
      const order = 2 * (index - rows.length);
      const { publication, weight } = unpackEvent(bytesOf(row));
      const topic = String(row['topic']);
      const others = topics.get(topic);
      if (others === undefined) topics.set(topic, [{ publication, weight, expires, order }]);
      else others.push({ publication, weight, expires, order: (others.at(-1)?.order ?? order) - 1 });
    });
    for (const [topic, events] of topics) this.#memory.set(topic, events);
  }

  /** Writes what could not be written: writing works again. */
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

  /** Writes what is retained of a topic now; when that fails, later. */
  #save(topic: string): void {
    this.#unsaved.add(topic);
    let saved: Promise<void>;
    try {
      saved = this.#commits.addRetained(this.#entry(topic, this.#memory.latest(topic)));
    } catch {
      return; // its status says that writing fails
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
