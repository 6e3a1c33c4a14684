/** What a hostile client may do once it is in (threats 22 to 25 of docs/threats.md). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Fort } from '../support/fort.ts';
import { ask, join, rawSocket, VIOLATION, WAYS, webSocket, type Stranger } from '../support/stranger.ts';

let fort: Fort;
let guarded: Fort;
let unclear: Fort;
let judged: Fort;
beforeAll(async () => {
  [fort, guarded, unclear, judged] = await Promise.all(
    ['plain', 'guarded', 'unclear', 'judged'].map((setup) => Fort.open(setup)) as [
      Promise<Fort>,
      Promise<Fort>,
      Promise<Fort>,
      Promise<Fort>,
    ],
  );
  // The session by which the router asks stays from the first question on.
  const first = await join(rawSocket, judged.port);
  await ask(first, [48, 1, {}, 'com.thing']);
  first.drop();
});
afterAll(async () => {
  for (const one of [fort, guarded, unclear, judged]) await one[Symbol.asyncDispose]();
});

const COUNT = 'wamp.session.count';

/** The four requests for one URI, each to be answered. */
function requests(uri: string): readonly (readonly unknown[])[] {
  return [
    [64, 11, {}, uri],
    [48, 12, {}, uri],
    [32, 13, {}, uri],
    [16, 14, { acknowledge: true }, uri],
  ];
}

/** Nothing has come meanwhile: the answer to a harmless question is the next that is heard. */
async function heardNothing(stranger: Stranger): Promise<void> {
  stranger.send([48, 99, {}, COUNT]);
  expect((await stranger.heard())?.slice(0, 2)).toEqual([50, 99]);
}

describe('squatting', () => {
  async function login(name: string): Promise<Stranger> {
    const stranger = await rawSocket(guarded.port);
    const roles = { caller: {}, callee: {}, publisher: {}, subscriber: {} };
    stranger.send([1, 'realm1', { roles, authid: name, authmethods: ['ticket'] }]);
    await stranger.heard();
    stranger.send([5, `secret of ${name}`, {}]);
    expect((await stranger.heard())?.[0]).toBe(2);
    return stranger;
  }

  test('threat 22: beyond its own names, a role may do nothing unless it is said', () =>
    guarded.withstands(async () => {
      const joe = await login('joe');
      for (const [type] of requests('com.joe.thing').map((request) => [request[0]]))
        expect(type).toBeDefined();
      for (const uri of [
        'com.ann.thing',
        'com.joel.thing',
        'com.joe',
        'com',
        'joe',
        'org.joe.thing',
        'com..thing',
      ]) {
        for (const request of requests(uri)) {
          expect((await ask(joe, request))[4], `${String(request[0])} ${uri}`).toMatch(
            /not_authorized|invalid_uri/,
          );
        }
      }
      for (const [match, pattern] of [
        ['prefix', ''],
        ['prefix', 'com'],
        ['prefix', 'com.'],
        ['prefix', 'com.jo'],
        ['wildcard', '..'],
        ['wildcard', 'com..thing'],
        ['wildcard', '.joe.'],
        ['wildcard', ''],
      ]) {
        for (const type of [64, 32]) {
          const answer = await ask(joe, [type, 20, { match }, pattern]);
          expect(answer[4], `${type} ${match} ${pattern}`).toMatch(/not_authorized|invalid_uri/);
        }
      }
      expect((await ask(joe, [64, 30, {}, 'com.joe.thing']))[0]).toBe(65);
      expect((await ask(joe, [64, 31, { match: 'prefix' }, 'com.joe.things']))[0]).toBe(65);
    }));

  test('threat 22: a registered procedure cannot be taken over, and its callee stays', () =>
    fort.withstands(async () => {
      const [service, squatter, caller] = [
        await join(webSocket, fort.port),
        await join(webSocket, fort.port),
        await join(webSocket, fort.port),
      ];
      await ask(service, [64, 1, {}, 'com.service']);
      for (const options of [
        {},
        { invoke: 'last' },
        { invoke: 'first' },
        { match: 'exact' },
        { force_reregister: true },
      ]) {
        const [, , , , error] = await ask(squatter, [64, 2, options, 'com.service']);
        expect(error, JSON.stringify(options)).toMatch(/procedure_already_exists|not_authorized/);
      }
      for (const [index, options] of [{ match: 'prefix' }, { match: 'wildcard' }].entries()) {
        const pattern = ['', '.'][index] ?? '';
        expect((await ask(squatter, [64, 3 + index, options, pattern]))[0]).toBe(65);
      }
      caller.send([48, 1, {}, 'com.service', ['secret']]);
      expect((await service.heard())?.slice(4)).toEqual([['secret']]);
      await heardNothing(squatter);
    }));
});

describe('what is the router’s own', () => {
  const FORGED = [
    'wamp.session.on_leave',
    'wamp.session.on_join',
    'wamp.registration.on_create',
    'wamp.',
    'wamp.x',
    'wamp',
  ];

  test.each(WAYS)(
    'threat 23: no client can publish to or register wamp.*, over %s',
    (_name, way, serializer) =>
      fort.withstands(async () => {
        const [subscriber, stranger] = [
          await join(way, fort.port, serializer),
          await join(way, fort.port, serializer),
        ];
        for (const [index, topic] of ['wamp.session.on_leave', 'wamp.x'].entries()) {
          expect((await ask(subscriber, [32, index + 1, {}, topic]))[0]).toBe(33);
        }
        expect((await ask(subscriber, [32, 3, { match: 'prefix' }, 'wamp.registration.on_create']))[0]).toBe(
          33,
        );
        expect((await ask(subscriber, [32, 4, { match: 'prefix' }, 'wam']))[0]).toBe(33);
        for (const uri of FORGED) {
          if (uri !== 'wamp') stranger.send([16, 1, {}, uri, [1]]);
          const published = await ask(stranger, [16, 2, { acknowledge: true }, uri, [1]]);
          expect(published[4], uri).toMatch(/invalid_uri|not_authorized/);
          const registered = await ask(stranger, [64, 3, {}, uri]);
          expect(registered[4], uri).toMatch(/invalid_uri|not_authorized/);
        }
        await heardNothing(subscriber);
      }),
  );

  test('threat 23: no pattern intercepts calls to the router', () =>
    fort.withstands(async () => {
      const [stranger, caller] = [await join(rawSocket, fort.port), await join(rawSocket, fort.port)];
      for (const [match, pattern] of [
        ['prefix', ''],
        ['prefix', 'w'],
        ['prefix', 'wamp'],
        ['prefix', 'wamp.'],
        ['prefix', 'wamp.session'],
        ['wildcard', '..'],
        ['wildcard', '.session.count'],
        ['wildcard', 'wamp..count'],
      ]) {
        // Refused, or harmless.
        await ask(stranger, [64, 1, { match, invoke: 'last' }, pattern]);
      }
      expect((await ask(caller, [48, 1, {}, COUNT]))[0]).toBe(50);
      expect((await ask(caller, [48, 2, {}, 'wamp.no.such']))[4]).toMatch(/no_such_procedure/);
      await heardNothing(stranger);
    }));
});

describe('filters', () => {
  test.each(WAYS)(
    'threat 24: with an empty eligible list, no session is eligible, over %s',
    (_name, way, serializer) =>
      fort.withstands(async () => {
        const [subscriber, publisher] = [
          await join(way, fort.port, serializer),
          await join(way, fort.port, serializer),
        ];
        await ask(subscriber, [32, 1, {}, 'com.topic']);
        const keys = ['eligible', 'eligible_authid', 'eligible_authrole'];
        for (const key of keys) {
          expect((await ask(publisher, [16, 1, { acknowledge: true, [key]: [] }, 'com.topic']))[0]).toBe(17);
        }
        await heardNothing(subscriber);
        // A null is no list, and stands for nothing (T-5).
        const wrong: readonly unknown[] = ['all', 1, true, {}, [null], [[]], [{}], [1.5]];
        for (const key of [...keys, 'exclude', 'exclude_authid', 'exclude_authrole']) {
          const another = key.includes('_auth') ? [7] : ['name'];
          for (const value of [...wrong, another]) {
            const stranger = await join(way, fort.port, serializer);
            const answer = await ask(stranger, [16, 1, { acknowledge: true, [key]: value }, 'com.topic']);
            expect(answer, `${key}: ${JSON.stringify(value)}`).toEqual([3, expect.anything(), VIOLATION]);
          }
        }
        await heardNothing(subscriber);
      }),
  );
});

describe('authorizers', () => {
  const FAILED = 'wamp.error.authorization_failed';

  test.each([
    ['throws', FAILED],
    ['rejects', FAILED],
    ['never', FAILED],
    ['nothing', FAILED],
    ['null', FAILED],
    ['text', FAILED],
    ['one', FAILED],
    ['list', FAILED],
    ['object', FAILED],
    ['textual', FAILED],
    ['more', FAILED],
    ['later', FAILED],
    ['no', 'wamp.error.not_authorized'],
  ])('threat 25: an authorizer that %s permits nothing', (answer, error) =>
    unclear.withstands(async () => {
      const [stranger, other] = [await join(rawSocket, unclear.port), await join(rawSocket, unclear.port)];
      for (const [index, type] of [64, 32].entries()) await ask(other, [type, index + 1, {}, 'com.yes']);
      for (const request of requests(`com.${answer}`)) {
        expect((await ask(stranger, request))[4], String(request[0])).toBe(error);
      }
      // What was asked behind it is answered all the same.
      stranger.send([48, 20, {}, `com.${answer}`], [48, 21, {}, COUNT]);
      expect((await stranger.heard())?.[4]).toBe(error);
      expect((await stranger.heard())?.[0]).toBe(50);
      await heardNothing(other);
    }),
  );

  test('threat 25: a dynamic authorizer that is missing permits nothing', () =>
    judged.withstands(async () => {
      const stranger = await join(rawSocket, judged.port);
      for (const request of requests('com.thing')) expect((await ask(stranger, request))[4]).toBe(FAILED);
    }));

  test('threat 25: nor does one that dies while it is asked, or answers nonsense, or not at all', () =>
    judged.withstands(async () => {
      const stranger = await join(rawSocket, judged.port);
      for (const answer of ['die', 'leave', 'nothing', 'error', 'text', 'silence', 'progress']) {
        const judge = await join(rawSocket, judged.port);
        expect((await ask(judge, [64, 1, {}, 'com.judge']))[0]).toBe(65);
        stranger.send([48, 1, {}, 'com.thing']);
        const [type, invocation] = (await judge.heard()) ?? [];
        expect(type).toBe(68);
        if (answer === 'die') judge.drop();
        if (answer === 'leave') judge.send([6, {}, 'wamp.close.close_realm']);
        if (answer === 'nothing') judge.send([70, invocation, {}]);
        if (answer === 'error') judge.send([8, 68, invocation, {}, 'com.error']);
        if (answer === 'text') judge.send([70, invocation, {}, ['true']]);
        if (answer === 'progress') judge.send([70, invocation, { progress: true }, [true]]);
        expect((await stranger.heard())?.[4], answer).toBe(FAILED);
        judge.drop();
        // Until it is gone, its successor would not be let in.
        for (let gone = false; !gone;) {
          gone = (await judged.holdings())['sessions'] === 3;
        }
      }
    }));

  test('threat 25: what it has said is remembered for so many URIs, and no more', () =>
    judged.withstands(async () => {
      const [stranger, judge] = [await join(rawSocket, judged.port), await join(rawSocket, judged.port)];
      await ask(judge, [64, 1, {}, 'com.judge']);
      const asked: unknown[] = [];
      const judging = (async (): Promise<void> => {
        for (let heard = await judge.heard(); heard?.[0] === 68; heard = await judge.heard()) {
          asked.push((heard[4] as readonly unknown[])[1]);
          judge.send([70, heard[1], {}, [{ allow: true, cache: true }]]);
        }
      })();
      const topics = Array.from({ length: 101 }, (_, index) => `com.topic.${index}`);
      // The setup remembers 100.
      for (const topic of ['com.topic.0', ...topics, 'com.topic.0']) {
        expect((await ask(stranger, [16, 1, { acknowledge: true }, topic]))[0]).toBe(17);
      }
      expect(asked).toEqual([...topics, 'com.topic.0']);
      judge.drop();
      await judging;
    }));
});
