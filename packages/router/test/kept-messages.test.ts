/**
 * What outlives the call in which it came, over transports that use their memory again: clients of all kinds in one
 * router, and memory that is spoiled as soon as it is free (see support/spoil-what-is-free.ts).
 */
import { json, rolesOf, type Serializer, type Transport } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import {
  defaultFeatures,
  dynamicAuthorizer,
  permissions,
  ticket,
  type Authorizer,
  type Router,
} from '@wamp/router';
import { ALL_FEATURES, converse, type ConversationOptions } from '@wamp/router/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { as, trusting } from './support/people.ts';
import { Place, type KindName } from './support/places.ts';
import { greetingOf, RawPeer, RawSite } from './support/raw-socket.ts';

/** Clients connect in these ways in turn; the first kinds carry most. */
const KINDS: readonly KindName[] = [
  'WebSocket',
  'RawSocket',
  'batched WebSocket',
  'RawSocket on a Unix socket',
  'long-poll',
  'WebSocket over TLS',
  'batched long-poll',
  'in memory',
];

/** A way for each client to connect that is not the one before. */
function anyHow(first: number): (router: Router, serializer: Serializer) => Promise<Transport> {
  const places = new Map<KindName, Place>();
  onTestFinished(async () => {
    for (const place of places.values()) await place[Symbol.asyncDispose]();
  });
  let next = first;
  return (router: Router, serializer: Serializer): Promise<Transport> => {
    const kind = KINDS[next++ % KINDS.length] ?? 'WebSocket';
    const place = places.get(kind) ?? new Place(kind);
    places.set(kind, place);
    return place.connect(router, serializer);
  };
}

/** In the chunk that they came in; in memory of their own; and not to be copied again. */
const SIZES = [10, 9000, 20_000, 70_000];
const SERIALIZERS = [json, msgpack, cbor] as const;
const CASES = SIZES.flatMap((size) =>
  SERIALIZERS.map((serializer, first) => [size, serializer.name, KINDS[first], serializer, first] as const),
);

/** The lines for each number from 1 to `count`. */
function each(count: number, lines: (n: number) => string): string {
  return Array.from({ length: count }, (_item, index) => lines(index + 1)).join('\n');
}

const always: Authorizer = { authorize: () => Promise.resolve(true) };

describe.each(CASES)('%i bytes of %s, from %s on', (size, _name, _kind, serializer, first) => {
  const text = (letter: string): string => `"${letter.repeat(size)}"`;
  const [A, B, C] = [text('a'), text('b'), text('c')];
  const play = (script: string, options: ConversationOptions = {}): Promise<void> =>
    converse(script, { serializer, connect: anyHow(first), ...options });

  test('RET-1 an event that is retained, and HIST-1 one that is remembered', () =>
    play(
      `
      pub → [16, 1, {"retain": true, "acknowledge": true}, "com.news", [${A}], {"b": ${B}}]
      pub ← [17, 1, $one]
      pub → [16, 2, {"retain": true, "acknowledge": true}, "com.other", [${B}]]
      pub ← [17, 2, *]
      pub → [16, 3, {"acknowledge": true}, "com.noise", [${C}]]
      pub ← [17, 3, *]
      sub → [32, 1, {"get_retained": true}, "com.news"]
      sub ← [33, 1, $news]
      sub ← [36, $news, $one, {"retained": true}, [${A}], {"b": ${B}}]
      late → [32, 1, {"match": "prefix", "get_retained": true}, "com."]
      late ← [33, 1, $all]
      late ← [36, $all, $one, {"topic": "com.news", "retained": true}, [${A}], {"b": ${B}}]
      late ← [36, $all, *, {"topic": "com.other", "retained": true}, [${B}]]
      late → [48, 2, {}, "wamp.subscription.get_events", [$news]]
      late ← [50, 2, {}, [{"args": [${A}], "kwargs": {"b": ${B}}, ...}]]
      `,
      { router: { features: defaultFeatures({ history: [{ topic: 'com.news' }] }) } },
    ));

  test('TST-2 a testament', () =>
    play(`
      heir → [32, 1, {}, "com.will"]
      heir ← [33, 1, $will]
      owner → [48, 1, {}, "wamp.session.add_testament", ["com.will", [${A}], {"b": ${B}}]]
      owner ← [50, 1, {}]
      owner → [16, 2, {"acknowledge": true}, "com.noise", [${C}]]
      owner ← [17, 2, *]
      owner → closed
      heir ← [36, $will, *, {}, [${A}], {"b": ${B}}]
    `));

  test('calls that wait for a callee with room, and RRT-3 one that goes on to another', () =>
    play(`
      one → [64, 1, {"concurrency": 1, "invoke": "roundrobin"}, "com.work"]
      one ← [65, 1, $work]
      ann → [48, 1, {}, "com.work", [${A}]]
      bob → [48, 1, {}, "com.work", [${B}], {"c": ${C}}]
      ann → [48, 2, {}, "com.work", [${C}]]
      one ← [68, 1, $work, {}, [${A}]]
      one → [70, 1, {}, [${A}]]
      ann ← [50, 1, {}, [${A}]]
      one ← [68, 2, $work, {}, [${B}], {"c": ${C}}]
      two → [64, 1, {"concurrency": 1, "invoke": "roundrobin"}, "com.work"]
      two ← [65, 1, $work]
      two ← [68, 1, $work, {}, [${C}]]
      two → [70, 1, {}, [${C}]]
      ann ← [50, 2, {}, [${C}]]
      one → [8, 68, 2, {}, "wamp.error.unavailable"]
      two ← [68, 2, $work, {}, [${B}], {"c": ${C}}]
      two → [8, 68, 2, {}, "com.error", [${A}]]
      bob ← [8, 48, 1, {}, "com.error", [${A}]]
    `));

  test('RRT-3 a call that goes on to another callee without having waited', () =>
    play(`
      one → [64, 1, {"invoke": "first"}, "com.work"]
      one ← [65, 1, $work]
      two → [64, 1, {"invoke": "first"}, "com.work"]
      two ← [65, 1, $work]
      ann → [48, 1, {}, "com.work", [${A}], {"b": ${B}}]
      one ← [68, 1, $work, {}, [${A}], {"b": ${B}}]
      one → [8, 68, 1, {}, "wamp.error.unavailable", [${C}]]
      two ← [68, 1, $work, {}, [${A}], {"b": ${B}}]
      two → [70, 1, {}, [${C}]]
      ann ← [50, 1, {}, [${C}]]
    `));

  test('AZN-3 requests that an authorizer takes its time for, and those that queue behind', () =>
    play(
      `
      callee → [64, 1, {}, "com.echo"]
      callee ← [65, 1, $echo]
      callee → [32, 2, {}, "com.topic"]
      callee ← [33, 2, $topic]
      caller → [48, 1, {}, "com.echo", [${A}]]
      caller → [16, 2, {}, "com.topic", [${B}]]
      caller → [48, 3, {}, "com.echo", [${C}], {"a": ${A}}]
      callee ← [68, 1, $echo, {}, [${A}]]
      callee ← [36, $topic, *, {}, [${B}]]
      callee ← [68, 2, $echo, {}, [${C}], {"a": ${A}}]
      callee → [70, 2, {}, [${B}]]
      caller ← [50, 3, {}, [${B}]]
      `,
      { router: { authorizer: always } },
    ));

  test('AZN-3 T-27 what a procedure has to decide about, and its answer', async () => {
    const roles = {
      judge: { permissions: [{ uri: 'com.auth.*', allow: ['register'] }] },
      user: { authorizer: dynamicAuthorizer('com.auth.decide') },
    } as const;
    await using site = await RawSite.open({
      authenticators: [trusting],
      authorizer: permissions({ roles }),
    });
    const enter = async (authid: string, authrole: string): Promise<RawPeer> => {
      const peer = RawPeer.dial(site.port, serializer);
      peer.write(greetingOf(serializer));
      await peer.ask([1, 'realm1', { roles: rolesOf(ALL_FEATURES), authid, authrole }]);
      return peer;
    };
    const [judge, ann, bob] = [
      await enter('', 'judge'),
      await enter('ann', 'user'),
      await enter('bob', 'user'),
    ];
    const decide = async (): Promise<void> => {
      const [, request, , , args] = await judge.message();
      expect(args).toMatchObject([{ authrole: 'user' }, 'com.topic', expect.any(String), {}]);
      judge.send([70, request, {}, [true], { why: 'c'.repeat(size) }]);
    };
    await judge.ask([64, 1, {}, 'com.auth.decide']);
    ann.send([32, 1, {}, 'com.topic']);
    await decide();
    const [, , subscription] = await ann.message();
    for (const letter of ['a', 'b', 'a']) bob.send([16, 1, {}, 'com.topic', [letter.repeat(size)]]);
    for (const letter of ['a', 'b', 'a']) {
      await decide();
      const event = await ann.message();
      expect(event).toEqual([36, subscription, expect.any(Number), {}, [letter.repeat(size)]]);
    }
  });

  test('T-27 a procedure that provides the principals', () =>
    play(
      `
      doorman → [64, 1, {}, "com.authenticate"]
      doorman ← [65, 1, $authenticate]
      ann → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["ticket"], "authid": "ann"}]
      ann ← [4, "ticket", {}]
      ann → [5, ${A}, {}]
      doorman ← [68, 1, $authenticate, {...}, ["realm1", "ann", {"ticket": ${A}, ...}]]
      doorman → [70, 1, {}, [{"role": "user", "extra": {"b": ${B}}}]]
      ann ← [2, *, {"authid": "ann", "authrole": "user", "authextra": {"b": ${B}}, ...}]
      `,
      {
        router: {
          authenticators: [trusting, ticket({ procedure: 'com.authenticate' })],
          limits: { handshakeSize: 1024 * 1024 },
        },
        peers: { doorman: as('doorman', 'trusted') },
      },
    ));

  test('results in parts, and a caller of another serializer', () =>
    play(
      `
      callee → [64, 1, {}, "com.stream"]
      callee ← [65, 1, $stream]
      caller → [48, 1, {"receive_progress": true}, "com.stream", [${A}]]
      callee ← [68, 1, $stream, {"receive_progress": true}, [${A}]]
      callee → [70, 1, {"progress": true}, [${B}]]
      callee → [70, 1, {"progress": true}, [${C}]]
      callee → [70, 1, {}, [${A}], {"b": ${B}}]
      caller ← [50, 1, {"progress": true}, [${B}]]
      caller ← [50, 1, {"progress": true}, [${C}]]
      caller ← [50, 1, {}, [${A}], {"b": ${B}}]
      `,
      { peers: { caller: { serializer: serializer === json ? cbor : json } } },
    ));

  test('an event to clients of every kind', () =>
    play(
      `
      ${each(9, (n) => `s${n} → [32, 1, {}, "com.topic"]\ns${n} ← [33, 1, $topic]`)}
      pub → [16, 1, {}, "com.topic", [${A}]]
      pub → [16, 2, {}, "com.topic", [${B}], {"c": ${C}}]
      ${each(9, (n) => `s${n} ← [36, $topic, *, {}, [${A}]]\ns${n} ← [36, $topic, *, {}, [${B}], {"c": ${C}}]`)}
      `,
      { peers: { s3: { serializer: msgpack }, s4: { serializer: msgpack }, s5: { serializer: cbor } } },
    ));

  test('an answer to a call of a local session, looked at much later', async () => {
    await using site = await RawSite.open();
    const callee = await RawPeer.join(site.port, serializer);
    await callee.ask([64, 1, {}, 'com.echo']);
    const answer = site.router.join('realm1', { trusted: true }).call('com.echo');
    await callee.message();
    callee.send([70, 1, {}, ['a'.repeat(size)]]);
    const { args } = await answer;
    await callee.ask([16, 2, { acknowledge: true }, 'com.noise', ['b'.repeat(size)]]);
    expect(args).toEqual(['a'.repeat(size)]);
  });

  test('C4 events that wait before the socket of a slow reader, of which the oldest give way', async () => {
    const limits = { queueSize: 2048 * 1024 };
    await using site = await RawSite.open({ slowConsumers: 'drop_oldest', limits });
    const slow = await RawPeer.join(site.port, serializer);
    const fast = await RawPeer.join(site.port, serializer);
    const publisher = await RawPeer.join(site.port, serializer);
    for (const reader of [slow, fast]) await reader.ask([32, 1, {}, 'com.news']);
    slow.socket.pause();
    const letters = 'abcdefghijklmnopqrstuvwxyz';
    const payloadOf = (number: number): readonly unknown[] => [
      number,
      (letters[number % letters.length] ?? '').repeat(size),
    ];
    /** Reads an event, which must be this one, or any, and have the payload of its number. */
    const reads = async (reader: RawPeer, due?: number): Promise<number> => {
      const args = (await reader.message())[4] as readonly unknown[];
      const number = due ?? Number(args[0]);
      const [wantedNumber, wantedText] = payloadOf(number);
      if (args.length !== 2 || args[0] !== wantedNumber || args[1] !== wantedText)
        expect(args).toEqual([wantedNumber, wantedText]);
      return number;
    };
    const count = Math.min(20_000, Math.ceil((8 * limits.queueSize) / (size + 100)));
    for (let number = 1; number <= count; number += 1) {
      publisher.send([16, number, {}, 'com.news', payloadOf(number)]);
      if (number % 16 > 0 && number < count) continue;
      for (let due = number - ((number - 1) % 16); due <= number; due += 1) await reads(fast, due);
    }
    slow.socket.resume();
    for (let last = 0; last < count;) {
      const number = await reads(slow);
      if (number <= last) expect(number).toBeGreaterThan(last);
      last = number;
    }
  });
});
