/** Naive model of a realm whose store answers later: lists of what was published, against which every answer is held. */
import { fromList, PeerFeatures, toList, type Id, type Message } from '@wamp/protocol';
import { createRouter, defaultFeatures, type Router, type Session } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import fc from 'fast-check';
import type { CoreRealm } from '../../src/core/core-realm.ts';
import { settle } from '../support/client.ts';
import { coreRealmOf } from '../support/core.ts';
import { SlowStore } from '../support/slow-store.ts';
import { Transcript } from './sequences.ts';

/** What is recorded, by exact topic and by prefix. */
const RULES = [
  { topic: 'com.a', match: 'exact' as const },
  { topic: 'com.', match: 'prefix' as const },
];
const TOPICS = ['com.a', 'com.b', 'net.c'] as const;
/** To whom publications are addressed: sessions are named in the first two lists, principals in the last. */
const AUDIENCES = ['all', 'not ann', 'only bob', 'no guests'] as const;
/** Longer than any operation of the store (ms). */
const QUIET = 1000;

interface Publish {
  readonly do: 'publish';
  readonly by: number;
  readonly topic: (typeof TOPICS)[number];
  readonly to: (typeof AUDIENCES)[number];
  readonly retain: boolean;
  readonly empty: boolean;
}

interface Ask {
  readonly do: 'history' | 'recover';
  readonly by: number;
  readonly log: number;
  /** Which of the events so far the query begins with. */
  readonly from: number;
  readonly limit: number;
  readonly reverse: boolean;
  readonly bounded: boolean;
}

type Command =
  | Publish
  | Ask
  | { readonly do: 'newcomer'; readonly guest: boolean }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'fail' };

export interface Sequence {
  readonly writesFirst: boolean;
  /** How long operations of the store take, one after the other (ms). */
  readonly delays: readonly number[];
  readonly commands: readonly Command[];
}

const small = fc.nat({ max: 1 });

export const sequences: fc.Arbitrary<Sequence> = fc.record({
  writesFirst: fc.boolean(),
  delays: fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 3, maxLength: 17 }),
  commands: fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant('publish' as const),
          by: small,
          topic: fc.constantFrom(...TOPICS),
          to: fc.oneof({ weight: 2, arbitrary: fc.constant('all' as const) }, fc.constantFrom(...AUDIENCES)),
          retain: fc.boolean(),
          empty: fc.integer({ min: 0, max: 5 }).map((drawn) => drawn === 0),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constantFrom('history' as const, 'recover' as const),
          by: small,
          log: small,
          from: fc.nat({ max: 20 }),
          limit: fc.integer({ min: 1, max: 5 }),
          reverse: fc.boolean(),
          bounded: fc.boolean(),
        }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('newcomer' as const), guest: fc.boolean() }) },
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 10, 30, 100) }),
      },
      { weight: 1, arbitrary: fc.constant({ do: 'fail' as const }) },
    ),
    { maxLength: 50, size: 'max' },
  ),
});

/** A session that remembers what it was sent, as lists. */
class Recorder implements Session {
  readonly id: Id;
  readonly principal: Session['principal'];
  readonly features = new PeerFeatures({});
  readonly transport = {};
  /** By request id. */
  readonly answers = new Map<unknown, readonly unknown[]>();
  readonly events: Heard[] = [];

  constructor(id: Id, guest: boolean) {
    const [authid, authrole] = guest ? ['ann', 'guest'] : ['bob', 'staff'];
    this.id = id;
    this.principal = { authid, authrole, authmethod: 'anonymous', authprovider: 'test' };
  }

  send(message: Message): undefined {
    const list = toList(message);
    const [type, first, second] = list;
    if (type === 36) {
      const { x_offset: offset, retained = false } = list[3] as { x_offset?: number; retained?: boolean };
      this.events.push({ subscription: first, publication: second, offset, retained });
    } else this.answers.set(type === 8 ? second : first, list);
  }

  end(): void {
    return;
  }
}

interface Heard {
  readonly subscription: unknown;
  readonly publication: unknown;
  readonly offset: number | undefined;
  readonly retained: boolean;
}

/** A publication that has been sent. */
interface Sent {
  readonly id: Id;
  readonly asked: Publish;
  readonly publisher: Recorder;
}

/** A log as a list: the offset of an event is its place in it, from 1. */
interface NaiveLog {
  readonly topic: string;
  readonly subscription: unknown;
  readonly epoch: unknown;
  readonly events: Sent[];
}

/** The outcome of a recovery, and the publications it told. */
interface Recovery {
  readonly epoch: unknown;
  readonly offset: number;
  readonly complete: boolean;
  readonly more: boolean;
}

/** A query that has not been answered. */
interface Query {
  readonly reader: Recorder;
  readonly request: number;
  readonly judge: (told: readonly unknown[], recovery: Recovery) => void;
}

/** One run of commands. */
export class SlowPlay {
  readonly #clock = new ManualClock(0);
  readonly #store: SlowStore;
  readonly #router: Router;
  readonly #realm: CoreRealm;
  readonly #people: readonly [bob: Recorder, ann: Recorder];
  readonly #logs: readonly NaiveLog[];
  readonly #transcript = new Transcript();
  #request = 0;
  #sessions = 0;
  /** Everything that the people have published, by the id of its request. */
  readonly #asked = new Map<number, { readonly asked: Publish; readonly publisher: Recorder }>();
  readonly #sent: Sent[] = [];
  /** The retained events of each topic, newest first. */
  readonly #retained = new Map<string, Sent[]>();
  #queries: Query[] = [];
  /** How many events the answers contained, how many were retained, and how many publications were refused. */
  readonly counts = { told: 0, retained: 0, refused: 0 };

  constructor({ writesFirst, delays }: Sequence) {
    let operation = 0;
    const delay = (): number => delays[(operation += 1) % delays.length] ?? 0;
    this.#store = new SlowStore(this.#clock, writesFirst, delay);
    const history = RULES.map((rule) => ({ ...rule, depth: 10_000 }));
    const features = defaultFeatures({ history, store: this.#store });
    this.#router = createRouter({ realms: ['realm1'], features, clock: this.#clock });
    this.#realm = coreRealmOf(this.#router);
    this.#realm.broker.published.on(({ id }) => {
      this.#note(id);
    });
    this.#people = [this.#join(false), this.#join(true)];
    this.#logs = RULES.map(({ topic, match }) => {
      const [one, other] = this.#people.map((each) => this.#ask(each, [32, { match }, topic])?.[2]);
      this.#expect('one subscription for both', one, other);
      const answer = this.#ask(this.#people[0], [48, {}, 'wamp.subscription.recover', [one]]);
      return { topic, subscription: one, epoch: (answer?.[4] as Recovery).epoch, events: [] };
    });
  }

  async run(commands: readonly Command[]): Promise<void> {
    this.#transcript.note(this.#store.writesFirst ? 'a store that writes first' : 'a store');
    for (const command of commands) {
      this.#transcript.note(JSON.stringify(command));
      if (command.do === 'publish') this.#publish(command);
      else if (command.do === 'history') this.#query(command);
      else if (command.do === 'recover') this.#recover(command);
      else if (command.do === 'newcomer') this.#welcome(command.guest);
      else if (command.do === 'wait') this.#clock.advance(command.ms);
      else this.#store.fail();
      await this.#check();
    }
    // A query may take as many operations as there are events.
    for (let round = 0; round <= commands.length; round += 1) {
      this.#clock.advance(QUIET);
      await this.#check();
    }
    this.#expect('queries without an answer', this.#queries.length, 0);
    this.#checkAcknowledgements();
  }

  #join(guest: boolean): Recorder {
    const session = new Recorder((this.#sessions += 1), guest);
    this.#realm.join(session);
    return session;
  }

  /** @param message without its request id @returns the answer, if there is one at once */
  #ask(session: Recorder, [type, ...rest]: readonly unknown[]): readonly unknown[] | undefined {
    const request = (this.#request += 1);
    this.#realm.receive(session, fromList([type, request, ...rest]));
    return session.answers.get(request);
  }

  #publish(asked: Publish): void {
    const { by, topic, to, retain, empty } = asked;
    const publisher = this.#people[by === 0 ? 0 : 1];
    const lists = {
      all: {},
      'not ann': { exclude_authid: ['ann'] },
      'only bob': { eligible: [this.#people[0].id] },
      'no guests': { exclude_authrole: ['guest'] },
    }[to];
    this.#asked.set(this.#request + 1, { asked, publisher });
    this.#ask(publisher, [16, { acknowledge: true, retain, ...lists }, topic, ...(empty ? [] : [['x']])]);
  }

  /** A publication has been sent: its publisher has its id already. */
  #note(id: Id): void {
    const [, found] =
      [...this.#asked].find(([request, { publisher }]) => publisher.answers.get(request)?.[2] === id) ?? [];
    if (found === undefined) return; // a meta event
    const sent = { id, ...found };
    this.#sent.push(sent);
    for (const [index, log] of this.#logs.entries()) if (isIn(index, sent)) log.events.push(sent);
    const { topic, retain, empty, to } = sent.asked;
    if (!retain) return;
    const before = to === 'all' ? [] : (this.#retained.get(topic) ?? []);
    const restricted = before.filter(({ asked }) => asked.to !== 'all').slice(0, 9);
    const forAll = before.filter(({ asked }) => asked.to === 'all');
    this.#retained.set(topic, empty ? [] : [sent, ...restricted, ...forAll]);
  }

  /** Whether an event is for a session, by the lists of its publisher. */
  #passes({ asked: { to } }: Sent, session: Recorder): boolean {
    return (
      to === 'all' || (to === 'only bob' ? session === this.#people[0] : session.principal.authid === 'bob')
    );
  }

  #isFor(sent: Sent, session: Recorder): boolean {
    return sent.publisher !== session && this.#passes(sent, session);
  }

  /** Events that the store may have lost are in some answers and not in others. */
  #areAsBefore(): () => boolean {
    const lost = this.#store.lost.size;
    return () => this.#store.lost.size === lost;
  }

  #query({ by, log: index, from, limit, reverse, bounded }: Ask): void {
    const log = this.#log(index);
    const reader = this.#people[by === 0 ? 0 : 1];
    const first = bounded ? log.events[from % (log.events.length + 1)] : undefined;
    const bounds = first === undefined ? {} : { from_publication: first.id };
    const [atLeast, isAsBefore] = [log.events.length, this.#areAsBefore()];
    const expected = (length: number): readonly Id[] => {
      const start = first === undefined ? 0 : log.events.indexOf(first);
      const there = log.events.slice(start, length).filter((sent) => this.#isReadable(log, sent, reader));
      const isThere = first === undefined || (!isWithheld(first) && !this.#isLost(log, first));
      const ids = isThere ? there.map(({ id }) => id) : [];
      return (reverse ? ids.reverse() : ids).slice(0, limit);
    };
    const judge = (told: readonly unknown[]): void => {
      if (!isAsBefore()) return;
      // The bounds are looked up first, and meanwhile the log goes on.
      const atMost = first === undefined ? atLeast : log.events.length;
      for (let length = atLeast; length <= atMost; length += 1)
        if (expected(length).join() === told.join()) return;
      this.#expect('history', told, expected(atLeast));
    };
    this.#call(reader, 'wamp.subscription.get_events', log, { limit, reverse, ...bounds }, judge);
  }

  #isReadable(log: NaiveLog, sent: Sent, reader: Recorder): boolean {
    return !isWithheld(sent) && !this.#isLost(log, sent) && this.#passes(sent, reader);
  }

  #isLost({ topic }: NaiveLog, { id }: Sent): boolean {
    return this.#store.lost.has(`${topic} ${id}`);
  }

  #recover({ by, log: index, from, limit }: Ask): void {
    const log = this.#log(index);
    const reader = this.#people[by === 0 ? 0 : 1];
    const [end, isAsBefore] = [log.events.length, this.#areAsBefore()];
    const start = from % (end + 1);
    const judge = (told: readonly unknown[], { epoch, offset, complete, more }: Recovery): void => {
      this.#expect('epoch', epoch, log.epoch);
      if (more) this.#expect('events of an answer that is not the last', told.length, limit);
      else this.#expect('the position after the last answer', offset, end);
      if (!isAsBefore()) return;
      const passed = log.events.slice(start, offset);
      const isMissing = (sent: Sent): boolean =>
        this.#isLost(log, sent) || (isWithheld(sent) && this.#isFor(sent, reader));
      const due = passed.filter((sent) => this.#isFor(sent, reader) && !isMissing(sent)).map(({ id }) => id);
      this.#expect('recovered', told, due);
      this.#expect('complete', complete, !passed.some(isMissing));
    };
    const position = { epoch: log.epoch, offset: start, limit };
    this.#call(reader, 'wamp.subscription.recover', log, position, judge);
  }

  #call(reader: Recorder, procedure: string, log: NaiveLog, kwargs: object, judge: Query['judge']): void {
    this.#ask(reader, [48, {}, procedure, [log.subscription], kwargs]);
    this.#queries.push({ reader, request: this.#request, judge });
  }

  /** A newcomer gets the retained events that it would have received. */
  #welcome(guest: boolean): void {
    const session = this.#join(guest);
    for (const { topic, match } of RULES) this.#ask(session, [32, { match, get_retained: true }, topic]);
    const expected = RULES.flatMap((_rule, index) => {
      const newest = [...this.#retained.values()].flatMap(
        (events) => events.find((sent) => this.#isFor(sent, session)) ?? [],
      );
      newest.sort((one, other) => this.#sent.indexOf(one) - this.#sent.indexOf(other));
      return newest.filter((sent) => isIn(index, sent)).map(({ id }) => id);
    });
    this.#expect(
      'retained',
      session.events.map(({ publication }) => publication),
      expected,
    );
    this.counts.retained += expected.length;
    this.#realm.leave(session);
  }

  async #check(): Promise<void> {
    await settle(this.#router);
    for (const person of this.#people) this.#checkEvents(person);
    this.#queries = this.#queries.filter(({ reader, request, judge }) => {
      const answer = reader.answers.get(request);
      if (answer === undefined) return true;
      const told = ((answer[3] ?? []) as readonly { readonly publication: Id }[]).map(
        (event) => event.publication,
      );
      this.counts.told += told.length;
      judge(told, answer[4] as Recovery);
      return false;
    });
  }

  /** What a subscriber has heard is what was for it, once, in order, with its offsets; and it had been written. */
  #checkEvents(person: Recorder): void {
    for (const { subscription, events } of this.#logs) {
      const heard = person.events.filter((event) => event.subscription === subscription);
      const due = events.flatMap((sent, index) => (this.#isFor(sent, person) ? [[sent.id, index + 1]] : []));
      this.#expect(
        'live events',
        heard.map(({ publication, offset }) => [publication, offset]),
        due,
      );
    }
    if (!this.#store.writesFirst) return;
    for (const { id, asked } of this.#sent)
      this.#expect('logs that have written it', this.#store.written.get(id) ?? 0, logsOf(asked.topic));
  }

  /** Each publication has been sent, in the order of its publisher, or was refused because the store has failed. */
  #checkAcknowledgements(): void {
    for (const person of this.#people) {
      const own = [...this.#asked].filter(([, { publisher }]) => publisher === person);
      const answers = own.map(([request]) => person.answers.get(request) ?? []);
      const refusals = answers.filter(([type]) => type === 8);
      for (const refusal of refusals) this.#expect('refused', refusal[4], 'wamp.error.unavailable');
      if (!this.#store.writesFirst) this.#expect('refusals', refusals.length, 0);
      this.counts.refused += refusals.length;
      this.#expect(
        'acknowledged',
        answers.filter(([type]) => type === 17).map(([, , id]) => id),
        this.#sent.filter(({ publisher }) => publisher === person).map(({ id }) => id),
      );
      this.#expect('answers', answers.filter(([type]) => type === undefined).length, 0);
    }
  }

  #log(index: number): NaiveLog {
    const log = this.#logs[index];
    if (log === undefined) throw new Error(`there is no log ${index}`);
    return log;
  }

  #expect(what: string, found: unknown, expected: unknown): void {
    const [is, ought] = [JSON.stringify(found), JSON.stringify(expected)];
    if (is !== ought) this.#transcript.fail(`${what}: ${is}, expected ${ought}`);
  }
}

/** Whether a log records an event. */
function isIn(log: number, { asked: { topic } }: Sent): boolean {
  return topic === 'com.a' || (log === 1 && topic === 'com.b');
}

function logsOf(topic: string): number {
  return topic === 'com.a' ? 2 : topic === 'com.b' ? 1 : 0;
}

/** HIST-7: an event for named sessions is not for later readers. */
function isWithheld({ asked: { to } }: Sent): boolean {
  return to === 'only bob';
}
