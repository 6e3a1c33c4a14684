/** A realm with sessions that record what they hear, compared with what a model says. */
import {
  fromList,
  MessageType,
  PeerFeatures,
  ProtocolViolation,
  rolesOf,
  toList,
  type Announcement,
  type ClientRole,
  type Dict,
  type Id,
  type Message,
} from '@wamp/protocol';
import { createRouter, type Principal, type Session } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import type { CoreRealm } from '../../src/core/core-realm.ts';
import { coreRealmOf } from '../support/core.ts';
import { show, Transcript } from './sequences.ts';

/** A message as the list that it is on the wire. */
export type Heard = readonly unknown[];

/** An id that the router draws: unknown until it is heard for the first time. */
export class Unknown {
  readonly #label: string;
  /** The ids of one kind that are taken: no two are the same. */
  readonly #taken: Set<unknown>;
  #real: Id | undefined;

  constructor(label: string, taken: Set<unknown>) {
    this.#label = label;
    this.#taken = taken;
  }

  get real(): Id | undefined {
    return this.#real;
  }

  is(heard: unknown): boolean {
    if (this.#real !== undefined) return this.#real === heard;
    if (typeof heard !== 'number' || this.#taken.has(heard)) return false;
    this.#taken.add(heard);
    this.#real = heard;
    return true;
  }

  toJSON(): unknown {
    return this.#real ?? `$${this.#label}`;
  }
}

/** Stands at the end of an ERROR of the router's own, which may explain itself with one argument. */
export const EXPLANATION = '*';

/** A session that remembers what it was sent. */
export class Peer implements Session {
  readonly name: string;
  readonly id: Id;
  readonly principal: Principal;
  readonly features: PeerFeatures;
  readonly transport: Dict = { type: 'recorder' };
  heard: Heard[] = [];
  /** What is sent while a session leaves may or may not get through; afterwards there must be silence. */
  state: 'here' | 'leaving' | 'gone' = 'here';
  /** The number of its latest request. */
  request: Id = 0;
  /** CALL requests without a final answer. */
  readonly #due = new Set<unknown>();
  readonly #stage: Stage;

  constructor(stage: Stage, name: string, id: Id, principal: Principal, features: PeerFeatures) {
    this.#stage = stage;
    this.name = name;
    this.id = id;
    this.principal = principal;
    this.features = features;
  }

  called(request: unknown): this {
    this.#due.add(request);
    return this;
  }

  send(message: Message): undefined {
    const list = toList(message);
    if (this.state === 'leaving') return;
    if (this.state === 'gone') this.#stage.fail(`${this.name}, who is gone, is sent ${show(list)}`);
    this.heard.push(list);
    const request = finalAnswerTo(list);
    if (request !== undefined && !this.#due.delete(request)) {
      this.#stage.fail(`${this.name} ← ${show(list)}, but call ${show(request)} has been answered`);
    }
  }

  end(reason: string, message?: string): void {
    if (this.state !== 'here') return;
    this.heard.push([MessageType.GOODBYE, message === undefined ? {} : { message }, reason]);
    this.#stage.retire(this);
  }
}

/** The CALL.Request that a message is the final answer to. */
function finalAnswerTo([type, first, second]: Heard): unknown {
  if (type === MessageType.ERROR && first === MessageType.CALL) return second;
  const details: object = typeof second === 'object' && second !== null ? second : {};
  return type === MessageType.RESULT && !('progress' in details) ? first : undefined;
}

export interface StageOptions {
  readonly disclosure: boolean;
  /** Hears of each session. */
  readonly onJoin?: (peer: Peer) => void;
}

export class Stage {
  readonly clock: ManualClock = new ManualClock(Date.UTC(2026, 0, 1));
  readonly realm: CoreRealm;
  /** What the router's source of randomness says at present. */
  random = 0;
  #transcript: Transcript = new Transcript();
  #lastId: Id = 0;
  readonly #empty: Sizes;
  readonly #onJoin: ((peer: Peer) => void) | undefined;

  constructor({ disclosure, onJoin }: StageOptions) {
    let lastGlobalId = 1000;
    const router = createRouter({
      realms: ['realm1'],
      clock: this.clock,
      disclosure,
      globalId: () => (lastGlobalId += 1),
      random: () => this.random,
    });
    this.realm = coreRealmOf(router);
    this.#onJoin = onJoin;
    this.#visit();
    this.#empty = sizesOf(this);
  }

  /** Somebody was here before: what the router keeps of that is no leak. */
  #visit(): void {
    const visitor = this.join('visitor', 'visitor', 'guest', { caller: [] });
    this.say(visitor, [MessageType.CALL, 1, {}, 'wamp.session.count']);
    this.retire(visitor);
    this.#transcript = new Transcript();
  }

  join(name: string, authid: string, authrole: string, announces: Announcement<ClientRole>): Peer {
    const principal = { authid, authrole, authmethod: 'anonymous', authprovider: 'test' };
    const id = (this.#lastId += 1);
    const peer = new Peer(this, name, id, principal, new PeerFeatures(rolesOf(announces)));
    this.#onJoin?.(peer);
    this.realm.join(peer);
    this.#transcript.note(`${name} joins as session ${id}`);
    return peer;
  }

  /** A message of a client; one that no client may send ends it, as its connection would. */
  say(peer: Peer, message: Heard): void {
    this.#transcript.said(peer.name, message);
    if (message[0] === MessageType.CALL) peer.called(message[1]);
    this.run(() => {
      try {
        this.realm.receive(peer, fromList(message));
      } catch (error) {
        if (!(error instanceof ProtocolViolation)) throw error;
        peer.heard.push(ABORTED);
        this.retire(peer);
      }
    });
  }

  leave(peer: Peer): void {
    this.#transcript.said(peer.name, 'closed');
    this.run(() => {
      this.retire(peer);
    });
  }

  /** Runs what the router is to do; an exception fails the sequence. */
  run(task: () => void): void {
    try {
      task();
    } catch (error) {
      if (error instanceof Error && error.name === 'Counterexample') throw error;
      this.fail(
        `the router throws ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
  }

  retire(peer: Peer): void {
    peer.state = 'leaving';
    this.realm.leave(peer);
    peer.state = 'gone';
  }

  wait(ms: number): void {
    this.#transcript.note(`clock +${ms}`);
    this.run(() => {
      this.clock.advance(ms);
    });
  }

  note(what: string): void {
    this.#transcript.note(what);
  }

  fail(...why: readonly string[]): never {
    this.#transcript.fail(...why);
  }

  /** Compares what a session has heard since the last time with what the model says. */
  compare(peer: Peer, expected: readonly Heard[]): void {
    const { heard } = peer;
    if (heard.length === 0 && expected.length === 0) return;
    peer.heard = [];
    for (const message of heard) this.#transcript.heard(peer.name, message);
    const wanted = settled(expected);
    const got = settled(heard);
    for (let index = 0; index < Math.max(wanted.length, got.length); index += 1) {
      const [one, other] = [wanted[index], got[index]];
      if (one !== undefined && other !== undefined && agrees(one, other)) continue;
      this.fail(
        `expected: ${peer.name} ← ${one === undefined ? 'nothing' : show(one)}`,
        `   heard: ${peer.name} ← ${other === undefined ? 'nothing' : show(other)}`,
      );
    }
  }

  /** Once all have left: nothing may be left of them. */
  expectEmpty(): void {
    const left = sizesOf(this);
    for (const [what, size] of Object.entries(left)) {
      const before = Object.entries(this.#empty).find(([name]) => name === what)?.[1];
      if (size !== before)
        this.fail(`all have left: ${size} ${what} remain, there were ${before ?? 0} at first`);
    }
  }
}

const ABORTED: Heard = [MessageType.ABORT, {}, 'wamp.error.protocol_violation'];

type Sizes = Readonly<Record<string, number>>;

function sizesOf({ realm, clock }: Stage): Sizes {
  return {
    sessions: realm.sessions.size,
    subscriptions: realm.broker.subscriptions.size,
    registrations: realm.dealer.registrations.size,
    'sessions with calls': realm.dealer.calls.pending.size,
    timers: clock.pending,
  };
}

/**
 * The specification sets no order among the EVENTs of one publication to one session, nor among the
 * final answers to several calls and all the rest (ORD-4): puts them into one.
 */
function settled(messages: readonly Heard[]): readonly Heard[] {
  if (messages.length < 2) return messages;
  const answers = messages.filter((message) => finalAnswerTo(message) !== undefined);
  const rest = messages.filter((message) => finalAnswerTo(message) === undefined);
  for (let from = 0; from < rest.length;) {
    let to = from + 1;
    while (to < rest.length && isSamePublication(rest[from], rest[to])) to += 1;
    const run = rest.slice(from, to).sort((a, b) => subscriptionOf(a) - subscriptionOf(b));
    rest.splice(from, run.length, ...run);
    from = to;
  }
  return [...rest, ...answers.sort((a, b) => Number(finalAnswerTo(a)) - Number(finalAnswerTo(b)))];
}

/** The payload tells the publication. */
function isSamePublication(one: Heard | undefined, other: Heard | undefined): boolean {
  const areEvents = one?.[0] === MessageType.EVENT && other?.[0] === MessageType.EVENT;
  return areEvents && show(one[4]) === show(other[4]);
}

function subscriptionOf([, subscription]: Heard): number {
  return Number(subscription instanceof Unknown ? subscription.real : subscription);
}

function agrees(expected: unknown, heard: unknown): boolean {
  if (expected instanceof Unknown) return expected.is(heard);
  if (Array.isArray(expected)) {
    if (!Array.isArray(heard)) return false;
    const explained = expected.at(-1) === EXPLANATION;
    const wanted: readonly unknown[] = explained ? expected.slice(0, -1) : expected;
    const excess = heard.length - wanted.length;
    return (
      (excess === 0 || (explained && excess === 1)) &&
      wanted.every((item, index) => agrees(item, heard[index]))
    );
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof heard !== 'object' || heard === null || Array.isArray(heard)) return false;
    const found = new Map<string, unknown>(Object.entries(heard));
    const entries = Object.entries(expected);
    return entries.length === found.size && entries.every(([key, item]) => agrees(item, found.get(key)));
  }
  return Object.is(expected, heard);
}
