/** Nothing is left of sessions that have left: no entry of a map, no timer, no memory. */
import { runInNewContext } from 'node:vm';
import { setFlagsFromString } from 'node:v8';
import {
  MessageType,
  Payload,
  PeerFeatures,
  rolesOf,
  type CallOptions,
  type CancelMode,
  type Dict,
  type Id,
  type Message,
  type Uri,
} from '@wamp/protocol';
import { createRouter, defaultFeatures, type Principal, type Router, type Session } from '@wamp/router';
import { ALL_FEATURES, ManualClock } from '@wamp/router/testing';
import { describe, expect, test } from 'vitest';
import type { CoreRealm } from '../src/core/core-realm.ts';
import { Client, settle } from './support/client.ts';
import { coreOf, coreRealmOf } from './support/core.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** The heap in use once all garbage is gone. */
async function heapUsed(): Promise<number> {
  let least = Infinity;
  // What a WeakRef was made for, or showed, lives until the end of the turn, and compiled code goes by and by.
  for (let round = 0, before = Infinity; round < 3 || (round < 50 && least < before); round += 1) {
    before = least;
    await settle();
    collect();
    least = Math.min(least, process.memoryUsage().heapUsed);
  }
  return least;
}

/** Things that should be garbage by and by. */
class Doomed {
  #refs: WeakRef<object>[] = [];

  watch(thing: object): void {
    this.#refs.push(new WeakRef(thing));
  }

  /** How many of them are held by something still; forgets them all. */
  async survivors(): Promise<number> {
    await heapUsed();
    const alive = this.#refs.filter((ref) => ref.deref() !== undefined).length;
    this.#refs = [];
    return alive;
  }
}

/** One that understands everything, and one that understands nothing beyond the basics. */
const ANNOUNCED = [
  new PeerFeatures(rolesOf(ALL_FEATURES)),
  new PeerFeatures({ caller: {}, callee: {}, publisher: {}, subscriber: {} }),
];

/** A session without a transport; it remembers what it was asked last. */
class LightSession implements Session {
  readonly id: Id;
  readonly principal: Principal;
  readonly features: PeerFeatures;
  readonly transport: Dict = {};
  readonly #realm: CoreRealm;
  #request: Id = 0;
  /** The last REGISTERED, INVOCATION and SUBSCRIBED it heard. */
  registration: Id = 0;
  invocation: Id = 0;
  subscription: Id = 0;

  constructor(realm: CoreRealm, number: number) {
    this.id = realm.newSessionId();
    this.principal = {
      authid: `user${number}`,
      authrole: 'user',
      authmethod: 'anonymous',
      authprovider: 'test',
    };
    this.features = ANNOUNCED[(number >> 4) % 2] ?? new PeerFeatures({});
    this.#realm = realm;
    realm.join(this);
  }

  send(message: Message): undefined {
    if (message.type === MessageType.INVOCATION) this.invocation = message.request;
    if (message.type === MessageType.REGISTERED) this.registration = message.registration;
    if (message.type === MessageType.SUBSCRIBED) this.subscription = message.subscription;
  }

  end(): void {
    this.#realm.leave(this);
  }

  get #next(): Id {
    return (this.#request += 1);
  }

  says(message: Message): void {
    this.#realm.receive(this, message);
  }

  register(procedure: Uri, options: Dict = {}): void {
    this.says({ type: MessageType.REGISTER, request: this.#next, options, procedure });
  }

  subscribe(topic: Uri, options: Dict = {}): void {
    this.says({ type: MessageType.SUBSCRIBE, request: this.#next, options, topic });
  }

  publish(topic: Uri, options: Dict = {}): void {
    this.says({
      type: MessageType.PUBLISH,
      request: this.#next,
      options,
      topic,
      payload: Payload.of([this.id]),
    });
  }

  /** @returns the number of the call */
  call(procedure: Uri, args: readonly unknown[] = [], options: CallOptions = {}): Id {
    const request = this.#next;
    this.says({ type: MessageType.CALL, request, options, procedure, payload: Payload.of(args) });
    return request;
  }

  cancel(request: Id, mode: CancelMode): void {
    this.says({ type: MessageType.CANCEL, request, options: { mode } });
  }

  yield(progress = false): void {
    const options = progress ? { progress } : {};
    this.says({ type: MessageType.YIELD, request: this.invocation, options, payload: Payload.none });
  }

  fail(error: Uri): void {
    this.says({
      type: MessageType.ERROR,
      requestType: MessageType.INVOCATION,
      request: this.invocation,
      details: {},
      error,
      payload: Payload.none,
    });
  }
}

/** Everything that a call can come to; the callee leaves soon after, the caller later. */
const FATES: readonly ((
  caller: LightSession,
  callee: LightSession,
  procedure: Uri,
  clock: ManualClock,
) => void)[] = [
  (caller, callee, procedure) => {
    caller.call(procedure);
    callee.yield();
  },
  (caller, callee, procedure) => {
    caller.call(procedure);
    callee.fail('com.error');
  },
  (caller, callee, procedure) => {
    caller.cancel(caller.call(procedure), 'skip');
    callee.yield();
  },
  (caller, _callee, procedure) => {
    caller.cancel(caller.call(procedure), 'skip');
  },
  (caller, callee, procedure) => {
    caller.cancel(caller.call(procedure), 'kill');
    callee.fail('wamp.error.canceled');
  },
  (caller, _callee, procedure) => {
    caller.cancel(caller.call(procedure), 'killnowait');
  },
  (caller, _callee, procedure, clock) => {
    caller.call(procedure, [], { timeout: 10 });
    clock.advance(10);
  },
  (caller, callee, procedure) => {
    caller.call(procedure, [], { timeout: 1_000_000, receive_progress: true });
    callee.yield(true);
  },
  (caller, callee, procedure) => {
    caller.call(procedure);
    callee.fail('wamp.error.unavailable');
  },
  // More than the callee takes at once: these wait.
  (caller, _callee, procedure) => {
    for (let n = 0; n < 5; n += 1) caller.call(procedure, [n], { timeout: n * 1_000_000 });
  },
  (caller, callee, procedure) => {
    if (!caller.features.has('caller', 'progressive_call_invocations')) return;
    if (!callee.features.has('callee', 'progressive_call_invocations')) return;
    const request = caller.call(procedure, [1], { progress: true });
    callee.yield();
    const options = { progress: true };
    caller.says({ type: MessageType.CALL, request, options, procedure, payload: Payload.of([2]) });
  },
  (_caller, callee, procedure) => {
    callee.call(procedure);
    callee.call('wamp.session.add_testament', ['com.will', [], {}]);
  },
];

const MODES: readonly CancelMode[] = ['skip', 'kill', 'killnowait'];

/** How many sessions are there at a time. */
const CROWD = 50;

/** Sessions come, do what they do, and go; in the end, all have gone. */
function churn(realm: CoreRealm, clock: ManualClock, joins: number, doomed: Doomed): void {
  const crowd: LightSession[] = [];
  for (let n = 0; n < joins; n += 1) {
    const session = new LightSession(realm, n);
    doomed.watch(session);
    const procedure = `com.procedure${n}`;
    session.register(procedure, { concurrency: 2 });
    if (n % 3 === 0) session.register('com.shared', { invoke: 'load', match: 'prefix' });
    session.subscribe(`com.topic${n % CROWD}`, { get_retained: true });
    if (n % 5 === 0) session.subscribe(`com..${n}`, { match: 'wildcard' });
    const caller = crowd[n % crowd.length] ?? session;
    FATES[n % FATES.length]?.(caller, session, procedure, clock);
    session.cancel(session.call('com.shared.by.all'), MODES[n % MODES.length] ?? 'skip');
    session.publish(`com.topic${(n + 1) % CROWD}`, { retain: n % 7 === 0 });
    if (n % 11 === 0) session.publish('com.past');
    crowd.push(session);
    if (crowd.length < CROWD) continue;
    const [leaver] = crowd.splice((n * 31) % crowd.length, 1);
    if (leaver === undefined) continue;
    if (n % 2 === 0 || leaver === session) realm.leave(leaver);
    else session.call('wamp.session.kill', [leaver.id]);
  }
  for (const session of crowd) realm.leave(session);
}

describe('K2 after 100,000 joins, calls, cancels and leaves', () => {
  test('every map of the realm is empty, and the heap is back within 5 %', async () => {
    const clock = new ManualClock();
    const features = defaultFeatures({ history: [{ topic: 'com.past', depth: 10 }] });
    const router = createRouter({ realms: ['realm1'], clock, features });
    coreOf(router).turns.work.limit = Infinity; // all of this is one turn
    const realm = coreRealmOf(router);
    const { broker, dealer, sessions } = realm;
    const own = { registrations: dealer.registrations.size, subscriptions: broker.subscriptions.size };
    const doomed = new Doomed();
    churn(realm, clock, 20_000, doomed);
    await doomed.survivors();
    const before = await heapUsed();
    churn(realm, clock, 100_000, doomed);

    expect(sessions.size).toBe(0);
    expect(dealer.registrations.size).toBe(own.registrations);
    expect(broker.subscriptions.size).toBe(own.subscriptions);
    expect(dealer.calls.pending.size).toBeLessThanOrEqual(1); // the router's own session serves procedures
    expect(clock.pending).toBe(0);
    expect(await doomed.survivors()).toBe(0); // whatever would hold them, in whichever map
    expect((await heapUsed()) / before).toBeLessThan(1.05);
  });
});

describe('after connections were opened and closed in every way', () => {
  const LEAVINGS: readonly ((client: Client, killer: Client) => Promise<void>)[] = [
    (client) => client.say([6, {}, 'wamp.close.close_realm']),
    (client) => client.say([3, {}, 'com.reason']),
    (client) => client.say([1, 'realm1', { roles: { caller: {} } }]),
    async (client) => {
      client.sendBytes('{nonsense');
      await settle();
    },
    async (client) => {
      client.transport.close();
      await settle();
    },
    (client, killer) =>
      killer.say([48, 1, {}, 'wamp.session.kill_all']).then(() => client.say([6, {}, 'com.bye'])),
    (_client, killer) => killer.say([48, 1, {}, 'wamp.session.kill_all']),
  ];

  async function visit(router: Router, clock: ManualClock, rounds: number, doomed: Doomed): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      for (const leave of LEAVINGS) {
        const killer = await Client.join(router);
        const client = await Client.join(router);
        const mute = [new Client(router), new Client(router)]; // they never say a word
        mute[0]?.transport.close();
        for (const one of [killer, client, ...mute]) doomed.watch(one);
        await client.say(
          [32, 1, {}, 'com.topic'],
          [64, 2, {}, 'com.procedure'],
          [48, 3, { timeout: 60_000 }, 'com.procedure'],
          [48, 4, {}, 'wamp.session.add_testament', ['com.will', [], {}]],
        );
        await leave(client, killer);
        killer.transport.close();
        await settle();
        clock.advance(10_000);
        await settle();
      }
    }
  }

  test('no client, session or timer is left, and the heap is back within 5 %', async () => {
    const clock = new ManualClock();
    const router = createRouter({ realms: ['realm1'], clock });
    const realm = router.realm('realm1');
    const doomed = new Doomed();
    await visit(router, clock, 30, doomed);
    await doomed.survivors();
    const before = await heapUsed();
    await visit(router, clock, 150, doomed);

    expect(realm?.sessions.size).toBe(0);
    expect(realm?.broker.subscriptions.size).toBe(0);
    expect(realm?.dealer.calls.parties).toBeLessThanOrEqual(1);
    expect(clock.pending).toBe(0);
    expect(await doomed.survivors()).toBe(0);
    expect((await heapUsed()) / before).toBeLessThan(1.05);
    await router.close();
  });
});
