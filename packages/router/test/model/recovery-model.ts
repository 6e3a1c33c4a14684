/** Naive model of event recovery: what a subscriber gets is what was published for it, once and in order, or it hears that it is not. */
import { fromList, PeerFeatures, toList, type Id, type Message } from '@wamp/protocol';
import { createRouter, defaultFeatures, type EventStore, type Session } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import fc from 'fast-check';
import type { CoreRealm } from '../../src/core/core-realm.ts';
import { coreRealmOf } from '../support/core.ts';
import { Counterexample } from './sequences.ts';

const TOPIC = 'com.news';
const AGE = 1000;

/** To whom a publication is addressed. */
const ADDRESSES = [
  'all',
  'eligible ann',
  'eligible bob',
  'exclude ann',
  'exclude bob',
  'not authid ann',
  'staff',
] as const;

/** How a router ends, with a publication under way or not; another one goes on with the same store. */
type Ending = 'close' | 'die' | 'publish and die';

type Command =
  | {
      readonly do: 'publish';
      readonly by: 'ann' | 'bob';
      readonly to: (typeof ADDRESSES)[number];
      readonly toMe: boolean;
    }
  | { readonly do: 'leave' | 'return' | Ending }
  | { readonly do: 'wait'; readonly ms: number };

/** What is played: the router ends only where the store outlives it. */
export function recoveries(
  endings: readonly Ending[] = [],
): fc.Arbitrary<{ readonly depth: number; readonly commands: readonly Command[] }> {
  const depth = fc.constantFrom(3, 10, 100);
  return fc.record({ depth, commands: fc.array(command(endings), { maxLength: 60, size: 'max' }) });
}

const command = (endings: readonly Ending[]): fc.Arbitrary<Command> =>
  fc.oneof(
    ...(endings.length === 0
      ? []
      : [{ weight: 1, arbitrary: fc.record({ do: fc.constantFrom(...endings) }) }]),
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('publish' as const),
        by: fc.constantFrom('ann', 'bob', 'bob'),
        to: fc.oneof(
          { weight: 6, arbitrary: fc.constant('all' as const) },
          { weight: 3, arbitrary: fc.constantFrom(...ADDRESSES) },
        ),
        toMe: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('leave', 'return') }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 400, AGE + 1) }),
    },
  );

/** A session that remembers what it was sent, as lists. */
class Recorder implements Session {
  readonly id: Id;
  readonly principal: Session['principal'];
  readonly features = new PeerFeatures({});
  readonly transport = {};
  heard: (readonly unknown[])[] = [];

  constructor(id: Id, authid: string, authrole: string) {
    this.id = id;
    this.principal = { authid, authrole, authmethod: 'anonymous', authprovider: 'test' };
  }

  send(message: Message): undefined {
    this.heard.push(toList(message));
  }

  end(): void {
    return;
  }
}

interface Outcome {
  readonly epoch: Id;
  readonly offset: number;
  readonly complete: boolean;
  readonly more: boolean;
}

/** Where the events are, and what happens to it beside. */
export interface StoreOfPlay {
  /** The store of the next router. */
  readonly open: () => EventStore;
  /** Lets what is written be written: nothing by default. */
  readonly settle?: ((clock: ManualClock) => Promise<void>) | undefined;
  /** Ends the store in order. */
  readonly close?: () => Promise<void>;
  /** Ends it out of order. */
  readonly die?: () => void;
}

/** Ann, in one session after the other, beside a list of all that she should get. */
export class Play {
  readonly #clock = new ManualClock(0);
  readonly #bob = new Recorder(1, 'bob', 'staff');
  readonly #store: StoreOfPlay;
  readonly #depth: number;
  #realm: CoreRealm;
  #sessions = 100;
  #ann: Recorder | undefined;
  readonly #former: Id[] = [];
  #subscription: unknown;
  #position: { epoch: Id; offset: number } | undefined;
  #request = 0;
  #payload = 0;
  /** What was published for ann and has not reached her. */
  #due: number[] = [];
  /** How many events complete recoveries have told. */
  recovered = 0;
  incomplete = 0;

  constructor(depth: number, store: StoreOfPlay) {
    this.#depth = depth;
    this.#store = store;
    this.#realm = this.#start();
  }

  async run(commands: readonly Command[]): Promise<void> {
    await this.#return();
    for (const next of commands) {
      if (next.do === 'publish') await this.#publish(next);
      else if (next.do === 'wait') this.#clock.advance(next.ms);
      else if (next.do === 'leave') this.#leave();
      else if (next.do === 'return') await this.#return();
      else await this.#end(next.do);
    }
    await this.#return();
  }

  #start(): CoreRealm {
    const rule = { topic: TOPIC, depth: this.#depth, age: AGE };
    const features = defaultFeatures({ history: [rule], store: this.#store.open() });
    const realm = coreRealmOf(createRouter({ realms: ['realm1'], features, clock: this.#clock }));
    realm.join(this.#bob);
    return realm;
  }

  async #end(how: Ending): Promise<void> {
    if (how === 'publish and die') this.#say(this.#bob, [16, (this.#request += 1), {}, TOPIC, [0]], 0);
    this.#leave();
    this.#bob.heard = [];
    if (how === 'close') await this.#store.close?.();
    else this.#store.die?.();
    this.#realm = this.#start();
  }

  async #return(): Promise<void> {
    if (this.#ann !== undefined) return;
    const ann = new Recorder((this.#sessions += 1), 'ann', 'guest');
    this.#ann = ann;
    this.#realm.join(ann);
    this.#subscription = this.#say(ann, [32, (this.#request += 1), {}, TOPIC])[2];
    if (this.#position === undefined) {
      const { epoch, offset } = (await this.#recover(ann, {})).outcome;
      this.#position = { epoch, offset };
    } else await this.#catchUp(ann, this.#position);
  }

  async #catchUp(ann: Recorder, position: { epoch: Id; offset: number }): Promise<void> {
    const told: number[] = [];
    let complete = true;
    for (;;) {
      const { outcome, events } = await this.#recover(ann, { ...position, limit: 2, sessions: this.#former });
      told.push(...events);
      complete &&= outcome.complete;
      position.offset = outcome.offset;
      position.epoch = outcome.epoch;
      if (!outcome.more) break;
    }
    const due = this.#due;
    this.#due = [];
    if (complete) {
      this.recovered += told.length;
      if (told.join() !== due.join()) this.#fail(`due: ${due.join()}; told: ${told.join()}`);
      return;
    }
    this.incomplete += 1;
    const inOrder = told.every((event, index) => due.includes(event) && event > (told[index - 1] ?? 0));
    if (!inOrder) this.#fail(`due in part: ${due.join()}; told: ${told.join()}`);
  }

  async #recover(
    ann: Recorder,
    named: object,
  ): Promise<{ readonly outcome: Outcome; readonly events: readonly number[] }> {
    const call = [48, (this.#request += 1), {}, 'wamp.subscription.recover', [this.#subscription], named];
    this.#say(ann, call, 0);
    await this.#settle();
    const [, , , args = [], kwargs] = this.#answer(ann, call);
    const events = (args as readonly { readonly args: readonly [number] }[]).map(({ args: [n] }) => n);
    return { outcome: kwargs as Outcome, events };
  }

  async #publish({ by, to, toMe }: Command & { readonly do: 'publish' }): Promise<void> {
    const publisher = by === 'bob' ? this.#bob : this.#ann;
    if (publisher === undefined) return;
    const payload = (this.#payload += 1);
    const annId = this.#ann?.id ?? this.#former.at(-1) ?? 0;
    const lists = {
      all: {},
      'eligible ann': { eligible: [annId] },
      'eligible bob': { eligible: [1] },
      'exclude ann': { exclude: [annId] },
      'exclude bob': { exclude: [1] },
      'not authid ann': { exclude_authid: ['ann'] },
      staff: { eligible_authrole: ['staff'] },
    }[to];
    const options = { ...lists, ...(toMe ? { exclude_me: false } : {}) };
    const isForAnn = ['all', 'eligible ann', 'exclude bob'].includes(to) && (by === 'bob' || toMe);
    this.#realm.receive(publisher, fromList([16, (this.#request += 1), options, TOPIC, [payload]]));
    if (isForAnn) this.#due.push(payload);
    await this.#settle();
    this.#hear();
  }

  /** Ann, while she is here, has at once what was for her. */
  #hear(): void {
    if (this.#ann === undefined) return;
    const heard = this.#ann.heard.splice(0).map(([, , , details, args]) => {
      if (this.#position !== undefined) this.#position.offset = (details as { x_offset: number }).x_offset;
      return (args as readonly number[])[0];
    });
    if (heard.join() !== this.#due.join())
      this.#fail(`due live: ${this.#due.join()}; heard: ${heard.join()}`);
    this.#due = [];
  }

  #leave(): void {
    if (this.#ann === undefined) return;
    this.#realm.leave(this.#ann);
    this.#former.push(this.#ann.id);
    this.#ann = undefined;
  }

  #say(session: Recorder, message: readonly unknown[], answers = 1): readonly unknown[] {
    this.#realm.receive(session, fromList(message));
    return answers === 0 ? [] : this.#answer(session, message);
  }

  #answer(session: Recorder, message: readonly unknown[]): readonly unknown[] {
    const answer = session.heard.shift();
    if (answer === undefined || session.heard.length > 0)
      this.#fail(`one answer is due to ${JSON.stringify(message)}`);
    return answer;
  }

  #settle(): Promise<void> {
    return this.#store.settle?.(this.#clock) ?? Promise.resolve();
  }

  #fail(why: string): never {
    throw new Counterexample(why);
  }
}
