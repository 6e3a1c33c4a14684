/** An event store that answers and writes later, in any order: each operation takes its own time on an injected clock. */
import {
  memoryRetained,
  type Clock,
  type EventLog,
  type EventStore,
  type LoggedEvent,
  type LogRange,
  type LogRule,
  type RetainedEvents,
  type StoreRealm,
} from '@wamp/router';

/** Something that is being written. */
interface Write {
  readonly serial: number;
  readonly fail: () => void;
}

export class SlowStore implements EventStore {
  readonly writesFirst: boolean;
  /** How many logs have written each publication. */
  readonly written: Map<number, number> = new Map();
  /** What logs have not written, as `topic publication`. */
  readonly lost: Set<string> = new Set();
  readonly #clock: Clock;
  readonly #delay: () => number;
  readonly #writes = new Set<Write>();
  #serial = 0;
  /** The serial of the last write that has succeeded. */
  #last = 0;

  /** @param delay how long the next operation takes (ms) */
  constructor(clock: Clock, writesFirst: boolean, delay: () => number) {
    this.#clock = clock;
    this.writesFirst = writesFirst;
    this.#delay = delay;
  }

  log(_realm: StoreRealm, rule: LogRule): EventLog {
    return new SlowLog(this, rule);
  }

  retained(realm: StoreRealm): RetainedEvents {
    const memory = memoryRetained(realm);
    return {
      latest: (topic) => memory.latest(topic),
      matching: (match, pattern) => memory.matching(match, pattern),
      expire: (now) => memory.expire(now),
      set: (topic, events) => {
        memory.set(topic, events);
      },
      write: () => this.write(),
    };
  }

  /** Fails to write what it is writing, except what it has begun before something that has been written. */
  fail(): void {
    for (const write of [...this.#writes]) if (write.serial > this.#last) write.fail();
  }

  /** Resolves after a time. */
  later(): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(this.#delay(), resolve);
    });
  }

  /** Resolves after a time, unless the store fails before. @param written what a log writes */
  write(written?: { readonly topic: string; readonly publication: number }): Promise<void> {
    const serial = (this.#serial += 1);
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(this.#delay(), () => {
        this.#writes.delete(write);
        this.#last = Math.max(this.#last, serial);
        if (written !== undefined) this.#count(written.publication);
        resolve();
      });
      const fail = (): void => {
        cancel();
        this.#writes.delete(write);
        if (written !== undefined) this.lost.add(`${written.topic} ${written.publication}`);
        reject(new Error('the store has failed'));
      };
      const write: Write = { serial, fail };
      this.#writes.add(write);
    });
  }

  #count(publication: number): void {
    this.written.set(publication, (this.written.get(publication) ?? 0) + 1);
  }
}

/** All events of a log, as a list. */
class SlowLog implements EventLog {
  readonly epoch: number;
  readonly offset = 0;
  readonly #store: SlowStore;
  readonly #topic: string;
  #events: LoggedEvent[] = [];

  constructor(store: SlowStore, { epoch, topic }: LogRule) {
    this.#store = store;
    this.#topic = topic;
    this.epoch = epoch;
  }

  append(event: LoggedEvent): Promise<void> {
    this.#events = [...this.#events.filter(({ offset }) => offset !== event.offset), event];
    const written = { topic: this.#topic, publication: event.publication.id };
    return this.#store.write(written).catch((error: unknown) => {
      this.#events = this.#events.filter((other) => other !== event);
      throw error;
    });
  }

  async read({ after, upTo, reverse }: LogRange, visit: (event: LoggedEvent) => boolean): Promise<void> {
    await this.#store.later();
    const events = this.#events.filter(({ offset }) => offset > after && offset <= upTo);
    events.sort((one, other) => (reverse ? other.offset - one.offset : one.offset - other.offset));
    for (const event of events) {
      if (!visit(event)) return;
      if (event.offset % 3 === 0) await this.#store.later();
    }
  }

  async find(publication: number): Promise<number | undefined> {
    await this.#store.later();
    return this.#events.find((event) => event.publication.id === publication && !event.withheld)?.offset;
  }
}
