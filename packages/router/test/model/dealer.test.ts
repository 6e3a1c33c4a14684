/** The dealer against its model: every session hears exactly what the specification says (checklist §2.10 … §2.20). */
import type {
  Announcement,
  CallOptions,
  CancelMode,
  InvocationPolicy,
  MatchPolicy,
  RegisterOptions,
} from '@wamp/protocol';
import { ALL_FEATURES } from '@wamp/router/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DealerModel, isPending, type Call, type Member, type Registration } from './dealer-model.ts';
import { survivors } from './leaks.ts';
import { check, TIME_LIMIT } from './sequences.ts';
import { Stage, type Peer } from './stage.ts';

/** Two have the same name and role: one may take the procedures of the other. */
const CAST = {
  ann: { authid: 'ann', authrole: 'staff' },
  bob: { authid: 'bob', authrole: 'staff' },
  eve: { authid: 'ann', authrole: 'staff' },
  joe: { authid: 'joe', authrole: 'guest' },
} as const;
type Who = keyof typeof CAST;
const NAMES: readonly Who[] = ['ann', 'bob', 'eve', 'joe'];

/** What a client has not announced, or that it has announced next to nothing. */
const PROFILES = {
  all: { callee: [], caller: [] },
  'no canceling': { callee: ['call_canceling'], caller: [] },
  'no rerouting': { callee: ['call_reroute', 'registration_revocation'], caller: [] },
  'no progress': { callee: ['progressive_call_results', 'progressive_call_invocations'], caller: [] },
  'no timeout': { callee: ['call_timeout'], caller: ['progressive_call_results'] },
  'nothing as callee': { callee: ALL_FEATURES.callee, caller: [] },
  nothing: { callee: ALL_FEATURES.callee, caller: ALL_FEATURES.caller },
} as const satisfies Record<string, Announcement<'callee' | 'caller'>>;
type Profile = keyof typeof PROFILES;

type Command =
  | { readonly do: 'join'; readonly who: Who; readonly profile: Profile }
  | { readonly do: 'leave' | 'kill'; readonly who: Who }
  | {
      readonly do: 'register';
      readonly who: Who;
      readonly procedure: string;
      readonly options: RegisterOptions;
    }
  | { readonly do: 'unregister'; readonly who: Who; readonly which: number }
  | { readonly do: 'revoke'; readonly who: Who; readonly which: number; readonly reason: string | undefined }
  | { readonly do: 'call'; readonly who: Who; readonly procedure: string; readonly options: CallOptions }
  | {
      readonly do: 'repeat';
      readonly which: number;
      readonly procedure: string | undefined;
      readonly options: CallOptions;
    }
  | {
      readonly do: 'cancel';
      readonly which: number;
      readonly late: boolean;
      readonly mode: CancelMode | undefined;
    }
  | { readonly do: 'yield'; readonly which: number; readonly late: boolean; readonly progress: boolean }
  | { readonly do: 'error'; readonly which: number; readonly late: boolean; readonly error: string }
  | { readonly do: 'stray'; readonly who: Who; readonly type: 49 | 68 | 70; readonly ahead: number }
  | { readonly do: 'random'; readonly value: number }
  | { readonly do: 'wait'; readonly ms: number };

const who = fc.constantFrom(...NAMES);
const profile = fc.constantFrom<Profile>(
  'all',
  'all',
  'all',
  'no canceling',
  'no canceling',
  'no rerouting',
  'no progress',
  'no timeout',
  'nothing as callee',
  'nothing',
);
const which = fc.nat(5);
const late = fc.oneof(
  { weight: 5, arbitrary: fc.constant(false) },
  { weight: 1, arbitrary: fc.constant(true) },
);
const procedure = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom('p', 'p', 'p', 'p', 'p', 'p', 'q', 'p.a', 'p.a.b') },
  { weight: 1, arbitrary: fc.constantFrom('p..a', 'wamp.x', 'nothing') },
);

/** A value that is there, or not. */
function some<T>(
  key: string,
  value: fc.Arbitrary<T>,
  weight: number,
): fc.Arbitrary<Readonly<Record<string, T>>> {
  const empty: Readonly<Record<string, T>> = {};
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 10 - weight, arbitrary: fc.constant(empty) },
    { weight, arbitrary: value.map((content) => ({ [key]: content })) },
  );
}

function merged<T>(...parts: fc.Arbitrary<Readonly<Record<string, unknown>>>[]): fc.Arbitrary<T> {
  return fc.tuple(...parts).map((all) => Object.assign({}, ...all) as T);
}

const yes = fc.constant(true);
const policy = fc.constantFrom<InvocationPolicy>('roundrobin', 'first', 'last', 'random', 'load', 'single');
const registerOptions = merged<RegisterOptions>(
  some('concurrency', fc.constantFrom(1, 1, 1, 2, 0), 6),
  some('forward_timeout', yes, 3),
  some('disclose_caller', yes, 2),
  some('force_reregister', yes, 1),
);
const pattern = fc.oneof(
  { weight: 3, arbitrary: procedure.map((uri) => ({ match: 'exact', uri })) },
  {
    weight: 1,
    arbitrary: fc.record({
      match: fc.constant<MatchPolicy>('prefix'),
      uri: fc.constantFrom('p', 'p.', 'p.a', '', 'wamp.', 'p..a'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      match: fc.constant<MatchPolicy>('wildcard'),
      uri: fc.constantFrom('p.', '.a', '..', 'p..b', '.a.b', 'p', '', '.a.'),
    }),
  },
);
const callOptions = merged<CallOptions>(
  some('receive_progress', yes, 4),
  some('progress', yes, 2),
  some('timeout', fc.constantFrom(10, 20, 35, 0), 3),
  some('disclose_me', yes, 2),
);

/** @param usual the invocation policy that most callees of this sequence agree upon */
function commands(usual: InvocationPolicy): fc.Arbitrary<Command[]> {
  const invoke = fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: policy });
  const register = fc
    .tuple(who, pattern, invoke, registerOptions)
    .map(([name, { match, uri }, policyOfThis, more]): Command => ({
      do: 'register',
      who: name,
      procedure: uri,
      options: {
        ...(match === 'exact' ? {} : { match: match as MatchPolicy }),
        ...(policyOfThis === 'single' ? {} : { invoke: policyOfThis }),
        ...more,
      },
    }));
  const again = merged<CallOptions>(some('progress', yes, 7), some('timeout', fc.constant(5), 1));
  const command = fc.oneof(
    { weight: 2, arbitrary: fc.record({ do: fc.constant('join'), who, profile }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('leave', 'leave', 'kill'), who }) },
    { weight: 10, arbitrary: register },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('unregister'), who, which }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('revoke'),
        who,
        which,
        reason: fc.constantFrom(undefined, 'why'),
      }),
    },
    { weight: 16, arbitrary: fc.record({ do: fc.constant('call'), who, procedure, options: callOptions }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('repeat'),
        which,
        procedure: fc.constantFrom(undefined, undefined, undefined, undefined, undefined, undefined, 'q'),
        options: again,
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('cancel'),
        which,
        late,
        mode: fc.constantFrom<CancelMode | undefined>('skip', 'kill', 'kill', 'killnowait', undefined),
      }),
    },
    { weight: 9, arbitrary: fc.record({ do: fc.constant('yield'), which, late, progress: fc.boolean() }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('error'),
        which,
        late,
        error: fc.constantFrom('wamp.error.unavailable', 'wamp.error.unavailable', 'com.error'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('stray'),
        who,
        type: fc.constantFrom(49, 68, 70),
        ahead: fc.constantFrom(-2, -1, 0, 0, 1),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('random'), value: fc.constantFrom(0, 0.4, 0.6, 0.99) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.constantFrom(5, 10, 20) }) },
  ) as fc.Arbitrary<Command>;
  return fc.array(command, { maxLength: 200, size: 'max' });
}

/** One who is in the realm, in both worlds. */
interface Actor {
  readonly peer: Peer;
  readonly member: Member;
}

class Play {
  readonly stage: Stage;
  readonly #model: DealerModel;
  /** Those who are here, and those who were the last of their name. */
  readonly #actors = new Map<Who, Actor>();
  readonly #profiles = new Map<Who, Profile>();
  /** Every registration there ever was. */
  readonly #known: Registration[] = [];
  #payload = 0;

  constructor(stage: Stage, disclosure: boolean, profiles: readonly Profile[]) {
    this.stage = stage;
    this.#model = new DealerModel(disclosure, () => stage.random);
    NAMES.forEach((name, index) => {
      this.#join(name, profiles[index] ?? 'all');
    });
  }

  run(sequence: readonly Command[]): void {
    for (const next of sequence) this.#step(next);
    for (const name of NAMES) if (this.#here(name) !== undefined) this.#step({ do: 'leave', who: name });
    this.stage.expectEmpty();
    for (const { id } of this.#known) {
      if (this.stage.realm.dealer.byId(id.real ?? 0) !== undefined)
        this.stage.fail(`all have left: registration ${id.real ?? 0} remains`);
    }
  }

  #step(next: Command): void {
    this.#act(next);
    for (const { peer, member } of this.#actors.values()) {
      this.stage.compare(peer, member.hears);
      member.hears = [];
    }
  }

  #act(next: Command): void {
    switch (next.do) {
      case 'join':
        if (this.#here(next.who) === undefined) this.#join(next.who, next.profile);
        return;
      case 'random':
        this.stage.random = next.value;
        return;
      case 'wait':
        this.#model.wait(next.ms);
        this.stage.wait(next.ms);
        return;
      case 'repeat':
        this.#repeat(next);
        return;
      case 'cancel':
        this.#cancel(next);
        return;
      case 'yield':
      case 'error':
        this.#answer(next);
        return;
      default: {
        // Who is not there comes first, as the one it was before.
        const actor = this.#here(next.who) ?? this.#join(next.who, this.#profiles.get(next.who) ?? 'all');
        this.#actAs(actor, next);
      }
    }
  }

  #actAs(actor: Actor, next: Command & { readonly who: Who }): void {
    switch (next.do) {
      case 'leave':
        this.#model.leave(actor.member);
        this.stage.leave(actor.peer);
        return;
      case 'kill':
        this.#kill(actor);
        return;
      case 'register':
        this.#register(actor, next);
        return;
      case 'unregister':
        this.#unregister(actor, next.which);
        return;
      case 'revoke':
        this.#revoke(actor, next.which, next.reason);
        return;
      case 'call':
        this.#call(actor, (actor.peer.request += 1), next.procedure, next.options);
        return;
      case 'stray':
        this.#stray(actor, next);
        return;
      case 'join':
        return;
    }
  }

  #join(name: Who, as: Profile): Actor {
    this.#profiles.set(name, as);
    const { authid, authrole } = CAST[name];
    const lacks: Announcement<'callee' | 'caller'> = PROFILES[as];
    const callee = ALL_FEATURES.callee.filter((feature) => lacks.callee?.includes(feature) !== true);
    const caller = ALL_FEATURES.caller.filter((feature) => lacks.caller?.includes(feature) !== true);
    const peer = this.stage.join(name, authid, authrole, { caller, callee });
    if (as !== 'all') this.stage.note(`  with ${as}`);
    const announces = new Set([
      ...caller.map((feature) => `caller.${feature}`),
      ...callee.map((feature) => `callee.${feature}`),
    ]);
    const { id } = peer;
    const member: Member = {
      id,
      authid,
      authrole,
      announces,
      hears: [],
      invoked: 0,
      highest: 0,
      overtaken: [],
    };
    const actor = { peer, member };
    this.#actors.set(name, actor);
    this.#model.join(member);
    return actor;
  }

  #kill({ peer, member }: Actor): void {
    member.hears.push([6, {}, 'com.reason']);
    this.#model.leave(member);
    this.stage.note(`the router ends ${peer.name}`);
    this.stage.run(() => {
      peer.end('com.reason');
    });
  }

  #register({ peer, member }: Actor, next: Command & { readonly do: 'register' }): void {
    const request = (peer.request += 1);
    const registration = this.#model.register(member, request, next.procedure, next.options);
    if (registration !== undefined && !this.#known.includes(registration)) this.#known.push(registration);
    this.stage.say(peer, [64, request, next.options, next.procedure]);
  }

  #unregister({ peer, member }: Actor, index: number): void {
    const request = (peer.request += 1);
    const registration = this.#pick(index);
    this.#model.unregister(member, request, registration);
    this.stage.say(peer, [66, request, registration?.id.real ?? 999]);
  }

  #revoke({ peer, member }: Actor, index: number, reason: string | undefined): void {
    const registration = this.#pick(index);
    const { dealer } = this.stage.realm;
    const real = dealer.byId(registration?.id.real ?? 0);
    if (registration === undefined || real === undefined) return;
    const expected = this.#model.revoke(member, registration, reason);
    this.stage.note(`the router revokes registration ${real.id} of ${peer.name}`);
    this.stage.run(() => {
      const revoked = dealer.revoke(real, peer, reason);
      if (revoked !== expected) this.stage.fail(`expected: ${String(expected)}, got: ${String(revoked)}`);
    });
  }

  #call({ peer, member }: Actor, request: number, uri: string, options: CallOptions): void {
    const payload = (this.#payload += 1);
    this.#model.call(member, request, uri, options, payload);
    this.stage.say(peer, [48, request, options, uri, [payload]]);
  }

  /** A CALL under a number that was used before: more input, most likely. */
  #repeat(next: Command & { readonly do: 'repeat' }): void {
    const streams = this.#model.calls.filter(
      ({ options, streaming, caller }) => options.progress === true && streaming && this.#isHere(caller),
    );
    const all = this.#model.calls.filter(({ caller }) => this.#isHere(caller));
    const call = latest(streams, next.which) ?? (next.which === 5 ? latest(all, next.which) : undefined);
    const actor = this.#actorOf(call?.caller);
    if (call === undefined || actor === undefined) return;
    this.#call(actor, call.request, next.procedure ?? call.procedure, next.options);
  }

  #cancel({ which: index, late: isLate, mode }: Command & { readonly do: 'cancel' }): void {
    const calls = this.#model.calls.filter((call) => isPending(call) !== isLate && this.#isHere(call.caller));
    const call = latest(calls, index);
    const actor = this.#actorOf(call?.caller);
    if (call === undefined || actor === undefined) return;
    this.#model.cancel(actor.member, call.request, mode);
    this.stage.say(actor.peer, [49, call.request, mode === undefined ? {} : { mode }]);
  }

  #answer(next: Command & { readonly do: 'yield' | 'error' }): void {
    const calls = this.#model.calls.filter(
      (call) => (call.state === 'invoked') !== next.late && this.#isHere(call.callee?.member),
    );
    const call = latest(calls, next.which);
    const actor = this.#actorOf(call?.callee?.member);
    if (call === undefined || actor === undefined) return;
    if (next.do === 'yield') this.#yield(actor, call.invocation, next.progress);
    else this.#error(actor, call.invocation, next.error);
  }

  #yield({ peer, member }: Actor, invocation: number, progress: boolean): void {
    const payload = (this.#payload += 1);
    this.#model.yield(member, invocation, progress, payload);
    this.stage.say(peer, [70, invocation, progress ? { progress } : {}, [payload]]);
  }

  #error({ peer, member }: Actor, invocation: number, error: string): void {
    const payload = (this.#payload += 1);
    this.#model.error(member, invocation, error, payload);
    this.stage.say(peer, [8, 68, invocation, {}, error, [payload]]);
  }

  /** Answers or cancels by a number of its own: old, in use, or never heard of. */
  #stray({ peer, member }: Actor, { type, ahead }: Command & { readonly do: 'stray' }): void {
    const number = Math.max(1, (type === 49 ? member.highest : member.invoked) + ahead);
    if (type === 70) this.#yield({ peer, member }, number, false);
    else if (type === 68) this.#error({ peer, member }, number, 'com.error');
    else {
      this.#model.cancel(member, number);
      this.stage.say(peer, [49, number, {}]);
    }
  }

  /** One of the registrations there ever were; now and then one that never was. */
  #pick(index: number): Registration | undefined {
    return this.#known[(this.#known.length - 1 - index) % (this.#known.length + 1)];
  }

  #here(name: Who): Actor | undefined {
    const actor = this.#actors.get(name);
    return actor?.peer.state === 'here' ? actor : undefined;
  }

  #actorOf(member: Member | undefined): Actor | undefined {
    return [...this.#actors.values()].find((actor) => actor.member === member && actor.peer.state === 'here');
  }

  #isHere(member: Member | undefined): boolean {
    return this.#actorOf(member) !== undefined;
  }
}

/** Counted from the end, and round again. */
function latest(calls: readonly Call[], index: number): Call | undefined {
  return calls[calls.length - 1 - (index % Math.max(1, calls.length))];
}

describe('the dealer', () => {
  const sequences = fc.record({
    disclosure: fc.oneof(
      { weight: 5, arbitrary: fc.constant(true) },
      { weight: 1, arbitrary: fc.constant(false) },
    ),
    profiles: fc.tuple(profile, profile, profile, profile),
    sequence: policy.chain(commands),
  });

  test(
    'matches the model, answers every call once, and keeps no state of sessions that have left',
    () =>
      check('dealer', sequences, ({ disclosure, profiles, sequence }) => {
        new Play(new Stage({ disclosure }), disclosure, profiles).run(sequence);
      }),
    TIME_LIMIT,
  );

  test('keeps no reference to a session that has left, not even in private fields', async () => {
    const left = await survivors(sequences, (stage, { profiles, sequence }) => {
      new Play(stage, true, profiles).run(sequence);
    });
    expect(left).toBe(0);
  });
});
