/** The event log of a topic or pattern, in the file. */
import {
  packEvent,
  unpackEvent,
  type EventLog,
  type LoggedEvent,
  type LogRange,
  type StoreRealm,
} from '@wamp/router';
import type { Disk, Page, PageQuery } from './disk.ts';
import type { GroupCommit } from './group-commit.ts';

/** The parameters of a log. */
export interface LogOptions {
  readonly realm: StoreRealm;
  /** Its number in the file. */
  readonly id: number;
  readonly epoch: number;
  readonly offset: number;
  readonly disk: Disk;
  readonly commits: GroupCommit;
  /** Whether `append` waits until the event is written. */
  readonly writesFirst: boolean;
}

export class SqliteLog implements EventLog {
  readonly epoch: number;
  readonly offset: number;
  readonly #options: LogOptions;
  #last: number;

  constructor(options: LogOptions) {
    this.epoch = options.epoch;
    this.offset = options.offset;
    this.#last = options.offset;
    this.#options = options;
  }

  /** The greatest offset appended. */
  get last(): number {
    return this.#last;
  }

  append(event: LoggedEvent): void | Promise<void> {
    const { realm, commits, writesFirst, id: log } = this.#options;
    const { offset, time, withheld, weight, publication } = event;
    this.#last = Math.max(this.#last, offset);
    const { history } = realm.kept;
    // It takes memory until it is written; an event larger than the limit of the log only takes an offset.
    const isKept = weight <= history.limit;
    if (!isKept) realm.limited.add('event_history');
    const packed = isKept ? packEvent(event) : undefined;
    if (isKept && !history.reserve(weight)) {
      realm.limited.add('event_history');
      if (writesFirst) throw new Error(`no memory is left for ${weight} bytes that wait to be written`);
      return;
    }
    const release = (): void => {
      if (isKept) history.release(weight);
    };
    const entry = { log, offset, time, withheld, publication: publication.id, weight, packed };
    try {
      const written = commits.addEntry(entry, release);
      if (writesFirst) return written;
    } catch (error) {
      release();
      if (writesFirst) throw error;
    }
  }

  read(range: LogRange, visit: (event: LoggedEvent) => boolean): void | Promise<void> {
    this.#options.commits.flush();
    let query: PageQuery | undefined = {
      log: this.#options.id,
      now: this.#options.realm.clock.now(),
      ...range,
    };
    while (query !== undefined) {
      const page = this.#options.disk.page(query);
      if (page instanceof Promise) return this.#readOn(page, query, visit);
      query = next(page, query, visit);
    }
  }

  find(publication: number): number | undefined | Promise<number | undefined> {
    const { commits, disk, id, realm } = this.#options;
    commits.flush();
    return disk.find(id, publication, realm.clock.now());
  }

  async #readOn(
    first: Promise<Page>,
    query: PageQuery,
    visit: (event: LoggedEvent) => boolean,
  ): Promise<void> {
    let rest = next(await first, query, visit);
    while (rest !== undefined) rest = next(await this.#options.disk.page(rest), rest, visit);
  }
}

/** Passes a page to the reader. @returns where to continue, if necessary */
function next(
  { events, more }: Page,
  query: PageQuery,
  visit: (event: LoggedEvent) => boolean,
): PageQuery | undefined {
  for (const { packed } of events) if (!visit(unpackEvent(packed))) return undefined;
  const last = events.at(-1);
  if (!more || last === undefined) return undefined;
  return query.reverse ? { ...query, upTo: last.offset - 1 } : { ...query, after: last.offset };
}
