/** The broker against its model: every session hears exactly what the specification says, in order (checklist §2.9, §2.21 … §2.24). */
import type { MatchPolicy, PublishOptions } from '@wamp/protocol';
import { ALL_FEATURES } from '@wamp/router/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrokerModel, type Member, type Subscription } from './broker-model.ts';
import { survivors } from './leaks.ts';
import { check, TIME_LIMIT } from './sequences.ts';
import { Stage, type Peer } from './stage.ts';

/** Two are staff, two have the same name, one understands no revocation, one is as the router itself. */
const CAST = {
  ann: { authid: 'ann', authrole: 'staff', hearsRevocations: true },
  bob: { authid: 'bob', authrole: 'staff', hearsRevocations: false },
  eve: { authid: 'ann', authrole: 'guest', hearsRevocations: true },
  root: { authid: 'root', authrole: 'trusted', hearsRevocations: true },
} as const;
type Who = keyof typeof CAST;
const NAMES: readonly Who[] = ['ann', 'bob', 'eve', 'root'];

/** The lists of PUBLISH, with sessions by their names. */
interface Filters {
  readonly eligible?: readonly Who[];
  readonly exclude?: readonly Who[];
}

type Command =
  | { readonly do: 'join' | 'leave'; readonly who: Who }
  | { readonly do: 'kill'; readonly who: Who; readonly whom: Who }
  | {
      readonly do: 'subscribe';
      readonly who: Who;
      readonly match: MatchPolicy;
      readonly pattern: string;
      readonly retained: boolean;
    }
  | { readonly do: 'unsubscribe'; readonly who: Who; readonly which: number }
  | { readonly do: 'revoke'; readonly whom: Who; readonly which: number; readonly reason: string | undefined }
  | {
      readonly do: 'publish';
      readonly who: Who;
      readonly topic: string;
      readonly options: PublishOptions;
      readonly filters: Filters;
    };

const who = fc.constantFrom(...NAMES);
const flag = fc.constantFrom(undefined, true, false);
const topic = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('a', 'a.b', 'a.b.c', 'a.c', 'b', 'b.b') },
  { weight: 1, arbitrary: fc.constantFrom('a..b', '', 'a.', 'wamp', 'wamp.x', 'wampum.x') },
);
const pattern = fc.oneof(
  fc.record({ match: fc.constant<MatchPolicy>('exact'), pattern: topic }),
  fc.record({
    match: fc.constant<MatchPolicy>('prefix'),
    pattern: fc.constantFrom('a', 'a.', 'a.b', '', 'b', 'wam', 'wamp', 'wamp.x', 'a..b'),
  }),
  fc.record({
    match: fc.constant<MatchPolicy>('wildcard'),
    pattern: fc.constantFrom('a.', '.b', 'a..c', '.', '', '..', 'a.b', '.b.', '.x', 'wamp.', 'a #'),
  }),
);
const names = fc.array(who, { maxLength: 2 });
const authids = fc.array(fc.constantFrom('ann', 'bob', 'root', 'nobody'), { maxLength: 2 });
const authroles = fc.array(fc.constantFrom('staff', 'guest', 'trusted'), { maxLength: 2 });
const lists = fc.oneof(
  fc.record({ eligible_authid: authids }),
  fc.record({ eligible_authrole: authroles }),
  fc.record({ exclude_authid: authids }),
  fc.record({ exclude_authrole: authroles }),
);
const filters = fc.oneof(fc.record({ eligible: names }), fc.record({ exclude: names }));

function several<T extends object>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<Partial<T>> {
  return fc.array(arbitrary, { maxLength: 1 }).map(([part]) => part ?? {});
}

const options = fc
  .tuple(
    fc.record({ acknowledge: flag, exclude_me: flag, disclose_me: flag, retain: flag }),
    several(lists),
    several(lists),
  )
  .map(([flags, ...more]): PublishOptions => {
    const set = Object.entries(flags).filter(([, value]) => value !== undefined);
    return Object.assign(Object.fromEntries(set), ...more);
  });

const which = fc.nat(7);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('join'), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave'), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill'), who, whom: who }) },
  {
    weight: 10,
    arbitrary: fc
      .tuple(who, pattern, fc.boolean())
      .map(([name, what, retained]): Command => ({ do: 'subscribe', who: name, ...what, retained })),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('unsubscribe'), who, which }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('revoke'),
      whom: who,
      which,
      reason: fc.constantFrom(undefined, 'why'),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({ do: fc.constant('publish'), who, topic, options, filters: several(filters) }),
  },
);

/** One who is in the realm, in both worlds. */
interface Actor {
  readonly peer: Peer;
  readonly member: Member;
}

class Play {
  readonly stage: Stage;
  readonly #model: BrokerModel;
  /** Those who are here, and those who were the last of their name. */
  readonly #actors = new Map<Who, Actor>();
  /** Every subscription there ever was. */
  readonly #known: Subscription[] = [];
  #payload = 0;

  constructor(stage: Stage, disclosure: boolean) {
    this.stage = stage;
    this.#model = new BrokerModel(disclosure);
    for (const name of NAMES) this.#join(name);
  }

  run(commands: readonly Command[]): void {
    for (const next of commands) this.#step(next);
    for (const name of NAMES) this.#step({ do: 'leave', who: name });
    this.stage.expectEmpty();
    for (const { id } of this.#known) {
      if (this.stage.realm.broker.byId(id.real ?? 0) !== undefined)
        this.stage.fail(`all have left: subscription ${id.real ?? 0} remains`);
    }
  }

  #step(next: Command): void {
    if (next.do === 'join') this.#join(next.who);
    else {
      const actor = this.#here(next.do === 'revoke' ? next.whom : next.who);
      if (actor !== undefined) this.#act(actor, next);
    }
    this.#compare();
  }

  #act(actor: Actor, next: Exclude<Command, { readonly do: 'join' }>): void {
    switch (next.do) {
      case 'leave':
        this.#model.leave(actor.member);
        this.stage.leave(actor.peer);
        return;
      case 'kill':
        this.#kill(actor, this.#idOf(next.whom));
        return;
      case 'subscribe':
        this.#subscribe(actor, next);
        return;
      case 'unsubscribe':
        this.#unsubscribe(actor, next.which);
        return;
      case 'revoke':
        this.#revoke(actor, next.which, next.reason);
        return;
      case 'publish':
        this.#publish(actor, next);
        return;
    }
  }

  #join(name: Who): void {
    if (this.#here(name) !== undefined) return;
    const { authid, authrole, hearsRevocations } = CAST[name];
    const revocation = hearsRevocations ? ALL_FEATURES.subscriber : [];
    const peer = this.stage.join(name, authid, authrole, {
      publisher: [],
      subscriber: revocation,
      caller: [],
    });
    const member = { id: peer.id, authid, authrole, hearsRevocations, hears: [] };
    this.#actors.set(name, { peer, member });
    this.#model.join(member);
  }

  #kill({ peer, member }: Actor, id: number): void {
    const request = (peer.request += 1);
    const reason = 'com.reason';
    this.#model.kill(member, request, id, reason);
    this.stage.say(peer, [48, request, {}, 'wamp.session.kill', [id], { reason }]);
  }

  #subscribe({ peer, member }: Actor, next: Command & { readonly do: 'subscribe' }): void {
    const request = (peer.request += 1);
    const { match, pattern: uri, retained } = next;
    const subscription = this.#model.subscribe(member, request, match, uri, retained);
    if (subscription !== undefined && !this.#known.includes(subscription)) this.#known.push(subscription);
    const wanted = { ...(match === 'exact' ? {} : { match }), ...(retained ? { get_retained: true } : {}) };
    this.stage.say(peer, [32, request, wanted, uri]);
  }

  #unsubscribe({ peer, member }: Actor, index: number): void {
    const request = (peer.request += 1);
    const subscription = this.#pick(index);
    this.#model.unsubscribe(member, request, subscription);
    this.stage.say(peer, [34, request, subscription?.id.real ?? 999]);
  }

  #revoke({ peer, member }: Actor, index: number, reason: string | undefined): void {
    const subscription = this.#pick(index);
    const real = this.stage.realm.broker.byId(subscription?.id.real ?? 0);
    if (subscription === undefined || real === undefined) return;
    const expected = this.#model.revoke(member, subscription, reason);
    this.stage.note(`the router revokes subscription ${real.id} of ${peer.name}`);
    this.stage.run(() => {
      const revoked = this.stage.realm.broker.revoke(real, peer, reason);
      if (revoked !== expected) this.stage.fail(`expected: ${String(expected)}, got: ${String(revoked)}`);
    });
  }

  #publish({ peer, member }: Actor, next: Command & { readonly do: 'publish' }): void {
    const request = (peer.request += 1);
    const payload = (this.#payload += 1);
    const { eligible, exclude } = next.filters;
    const all: PublishOptions = {
      ...next.options,
      ...(eligible === undefined ? {} : { eligible: eligible.map((name) => this.#idOf(name)) }),
      ...(exclude === undefined ? {} : { exclude: exclude.map((name) => this.#idOf(name)) }),
    };
    this.#model.publish(member, request, next.topic, all, payload);
    this.stage.say(peer, [16, request, all, next.topic, [payload]]);
  }

  /** One of the subscriptions there ever were; now and then one that never was. */
  #pick(index: number): Subscription | undefined {
    return this.#known[(this.#known.length - 1 - index) % (this.#known.length + 1)];
  }

  #here(name: Who): Actor | undefined {
    const actor = this.#actors.get(name);
    return actor?.peer.state === 'here' ? actor : undefined;
  }

  #idOf(name: Who): number {
    return this.#actors.get(name)?.peer.id ?? 999;
  }

  #compare(): void {
    for (const { peer, member } of this.#actors.values()) {
      this.stage.compare(peer, member.hears);
      member.hears = [];
    }
  }
}

describe('the broker', () => {
  const sequences = fc.record({
    disclosure: fc.oneof(
      { weight: 4, arbitrary: fc.constant(true) },
      { weight: 1, arbitrary: fc.constant(false) },
    ),
    commands: fc.array(command, { maxLength: 200, size: 'max' }),
  });

  test(
    'matches the model, and keeps no state of sessions that have left',
    () =>
      check('broker', sequences, ({ disclosure, commands }) => {
        new Play(new Stage({ disclosure }), disclosure).run(commands);
      }),
    TIME_LIMIT,
  );

  test('keeps no reference to a session that has left, not even in private fields', async () => {
    const left = await survivors(sequences, (stage, { commands }) => {
      new Play(stage, true).run(commands);
    });
    expect(left).toBe(0);
  });
});
