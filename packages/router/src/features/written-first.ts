/** Written first: publications are sent, in order, only after the store has written what it keeps of them. */
import { ErrorUri } from '@wamp/protocol';
import { Fifo } from '../core/fifo.ts';
import type { Publication, Publisher } from '../core/publication.ts';
import type { Realm } from '../core/realm.ts';
import type { Producer, Work, Worker } from '../core/work.ts';
import type { Unwritten, Writing } from '../core/writing.ts';

/** A feature that stores publications, such as event history or retention. */
export interface PublicationKeeper {
  /** Writes a publication. @returns a promise for each write; none when nothing of it is stored @throws errors of the store */
  write(publication: Publication): readonly Promise<void>[];
  /** Undoes a publication that this keeper, or another one, could not write. */
  takeBack(publication: Publication): void;
  /** Called for a publication that was written and will not be sent, because too many of the router itself wait. */
  drop?(publication: Publication): void;
}

/** One write of the store, which often contains several publications. */
interface Group {
  readonly promise: Promise<void>;
  readonly publications: Publication[];
  state: 'writing' | 'written' | Unwritten;
}

interface Ticket {
  readonly publication: Publication;
  readonly groups: readonly Group[];
  readonly done: (unwritten: Unwritten | undefined) => void;
  /** The session whose message caused the publication. */
  readonly producer: Producer | undefined;
  /** True when the producer is held until the publication has been sent. */
  readonly isHeld: boolean;
  readonly size: number;
}

/** When more than this waits to be written, sessions that publish more are held (bytes). */
const MUCH = 1024 * 1024;

/**
 * After a publication that is written first, the later publications of the same publisher wait until it has been
 * written.
 */
export class WrittenFirst implements Writing, Worker {
  credit = 0;
  readonly #realm: Realm;
  readonly #keepers: PublicationKeeper[] = [];
  readonly #tickets = new Fifo<Ticket>();
  /** The number of waiting publications of each publisher. */
  readonly #publishers = new Map<Publisher | undefined, number>();
  /** The next ticket. */
  #first: Ticket | undefined;
  #last: Group | undefined;
  #isSending = false;
  #bytes = 0;

  private constructor(realm: Realm) {
    this.#realm = realm;
  }

  /** Registers a keeper whose publications are written before they are sent. */
  static add(realm: Realm, keeper: PublicationKeeper): void {
    let writing = all.get(realm);
    if (writing === undefined) {
      writing = new WrittenFirst(realm);
      all.set(realm, writing);
      realm.broker.writeFirst(writing);
    }
    writing.#keepers.push(keeper);
  }

  write(publication: Publication, done: (unwritten: Unwritten | undefined) => void): boolean {
    const groups = this.#write(publication);
    const others = this.#publishers.get(publication.publisher) ?? 0;
    if (groups.length === 0 && others === 0) return false;
    const { producer } = this.#realm.turns.work;
    const size = publication.payload.keep().size;
    this.#bytes += size;
    const isHeld = producer !== undefined && this.#bytes > MUCH;
    if (isHeld) producer.hold();
    this.#publishers.set(publication.publisher, others + 1);
    this.#tickets.push({ publication, groups, done, producer, isHeld, size });
    if (this.#isReady) this.#goOn();
    return true;
  }

  dropped(publication: Publication): void {
    for (const keeper of this.#keepers) keeper.drop?.(publication);
  }

  proceed(): boolean {
    const { work } = this.#realm.turns;
    while (this.#isReady && work.spent < work.limit) {
      const ticket = this.#first;
      this.#first = undefined;
      if (ticket !== undefined) this.#finish(ticket, work);
    }
    this.#isSending = this.#isReady;
    return this.#isSending;
  }

  #write(publication: Publication): readonly Group[] {
    const groups: Group[] = [];
    try {
      for (const keeper of this.#keepers) {
        for (const written of keeper.write(publication)) {
          const group = this.#groupOf(written);
          group.publications.push(publication);
          groups.push(group);
        }
      }
    } catch (error) {
      this.#takeBack(publication);
      return [{ promise: Promise.resolve(), publications: [], state: unwritten(error) }];
    }
    return groups;
  }

  /** Undoes a publication at once, so that its offsets are free for publications that arrive before it is refused. */
  #takeBack(publication: Publication): void {
    for (const keeper of this.#keepers) keeper.takeBack(publication);
  }

  #groupOf(promise: Promise<void>): Group {
    if (this.#last?.promise === promise) return this.#last;
    const group: Group = { promise, publications: [], state: 'writing' };
    this.#last = group;
    const settle = (state: Group['state']): void => {
      group.state = state;
      if (this.#isReady) this.#goOn();
    };
    promise.then(
      () => {
        settle('written');
      },
      (error: unknown) => {
        for (const publication of group.publications) this.#takeBack(publication);
        settle(unwritten(error));
      },
    );
    return group;
  }

  /** True when the oldest waiting publication has been written, or has failed. */
  get #isReady(): boolean {
    this.#first ??= this.#tickets.shift();
    return this.#first?.groups.every(({ state }) => state !== 'writing') ?? false;
  }

  #goOn(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    this.#realm.turns.add(this);
  }

  #finish({ publication, groups, done, producer, isHeld, size }: Ticket, work: Work): void {
    const { publisher } = publication;
    const others = (this.#publishers.get(publisher) ?? 1) - 1;
    if (others === 0) this.#publishers.delete(publisher);
    else this.#publishers.set(publisher, others);
    this.#bytes -= size;
    const failure = groups.map(({ state }) => state).find((state) => typeof state === 'object');
    work.spent += 1;
    work.producer = producer;
    done(failure);
    work.producer = undefined;
    if (isHeld) producer?.release();
  }
}

/** The instance of each realm. */
const all = new WeakMap<Realm, WrittenFirst>();

function unwritten(error: unknown): Unwritten {
  const why = error instanceof Error ? error.message : String(error);
  return { error: ErrorUri.UNAVAILABLE, why: `it cannot be kept: ${why}` };
}
