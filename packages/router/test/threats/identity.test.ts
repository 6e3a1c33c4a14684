/** Who a hostile client may pass itself off as (threats 17 to 21 of docs/threats.md). */
import { GlobalScope, json, MAX_ID } from '@wamp/protocol';
import { ticket } from '@wamp/router';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Fort } from '../support/fort.ts';
import { RawPeer } from '../support/raw-socket.ts';
import { ask, join, rawSocket, VIOLATION, WAYS, webSocket } from '../support/stranger.ts';

const DEEP = process.env['WAMP_DEEP'] === '1';

let fort: Fort;
let guarded: Fort;
beforeAll(async () => {
  [fort, guarded] = await Promise.all([Fort.open(), Fort.open('guarded')]);
});
afterAll(async () => {
  for (const one of [fort, guarded]) await one[Symbol.asyncDispose]();
});

/** Says HELLO as somebody. */
function as(authid: string, authmethod: string, more: object = {}): readonly unknown[] {
  return [1, 'realm1', { roles: { caller: {} }, authid, authmethods: [authmethod], ...more }];
}

/** Everything a client is told by a login that fails, without what is drawn anew each time. */
async function failing(authmethod: string, authid: string, signature: string): Promise<string> {
  const stranger = await rawSocket(guarded.port);
  const more = authmethod === 'cryptosign' ? { authextra: { pubkey: 'cd'.repeat(32) } } : {};
  stranger.send(as(authid, authmethod, more));
  const challenge = await stranger.heard();
  stranger.send([5, signature, {}]);
  const abort = challenge?.[0] === 4 ? await stranger.heard() : undefined;
  return JSON.stringify([challenge, abort])
    .replaceAll(authid, 'NAME')
    .replaceAll(/[\da-f]{32,}/g, 'NONCE')
    .replaceAll(/session\\*":\d+/g, 'SESSION')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'NOW')
    .replaceAll(/(salt\\*":\\*")[^"\\]+/g, '$1SALT');
}

/** Welch's t: how surely two samples differ in their means. */
function welch(one: readonly number[], other: readonly number[]): number {
  const [a, b] = [moments(one), moments(other)];
  return (a.mean - b.mean) / Math.sqrt(a.variance / one.length + b.variance / other.length);
}

function moments(sample: readonly number[]): { readonly mean: number; readonly variance: number } {
  const mean = sample.reduce((sum, value) => sum + value, 0) / sample.length;
  const squares = sample.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: squares / (sample.length - 1) };
}

/** Tickets of which the first octet is right, or wrong, shown in turns. @returns the time that each took (ns) */
async function timed(logins: number): Promise<readonly [right: number[], wrong: number[]]> {
  const secret = 'a'.repeat(64);
  const authenticator = ticket(new Map([['joe', { ticket: secret, authrole: 'user' }]]));
  const times: [number[], number[]] = [[], []];
  for (let login = 0; login < logins + 1000; login += 1) {
    const which = login % 2;
    const shown = which === 0 ? `${secret.slice(0, -1)}b` : `b${secret.slice(1)}`;
    const verdict = await authenticator.begin(
      { type: 1, realm: 'realm1', details: { roles: {}, authid: 'joe' } },
      {
        realm: 'realm1',
        session: 1,
        transport: {},
        underlay: {},
        now: 0,
        call: () => Promise.reject(new Error('nobody')),
      },
    );
    if (!('challenge' in verdict)) throw new Error('no challenge');
    const before = process.hrtime.bigint();
    const answer = await verdict.answer({ type: 5, signature: shown, extra: {} });
    const took = Number(process.hrtime.bigint() - before);
    expect(answer).toMatchObject({ abort: 'wamp.error.authentication_denied' });
    // The first thousand warm up.
    if (login >= 1000) times[which]?.push(took);
  }
  return times;
}

/** Without the tenth that took longest: those were interrupted. */
function undisturbed(times: readonly number[]): readonly number[] {
  return [...times].sort((a, b) => a - b).slice(0, Math.floor(times.length * 0.9));
}

test('threat 17: what a wrong ticket costs does not tell how much of it is right', async () => {
  const [right, wrong] = await timed(DEEP ? 20_000 : 500);
  const t = welch(undisturbed(right), undisturbed(wrong));
  console.log(`threat 17: Welch's t of ${right.length + wrong.length} logins is ${t.toFixed(2)}`);
  expect(Number.isFinite(t)).toBe(true);
  // Only a long run is a measurement.
  if (DEEP) expect(Math.abs(t)).toBeLessThan(4.5);
});

test.each([
  ['ticket', 'wrong'],
  ['wampcra', 'd3Jvbmc='],
  ['cryptosign', 'ab'.repeat(96)],
])('threat 18: with %s, who is unknown is told what who is known is told', (method, signature) =>
  guarded.withstands(async () => {
    const known = await failing(method, 'joe', signature);
    expect(await failing(method, 'nobody', signature)).toEqual(known);
    expect(await failing(method, 'constructor', signature)).toEqual(known);
    expect(known).not.toMatch(/exist|unknown|no such|not found/i);
  }),
);

test('threat 18: a salt that is made up is the same every time, and another for others', () =>
  guarded.withstands(async () => {
    const saltOf = async (authid: string): Promise<unknown> => {
      const stranger = await webSocket(guarded.port);
      stranger.send(as(authid, 'wampcra'));
      const [type, , extra] = (await stranger.heard()) ?? [];
      expect(type).toBe(4);
      return (extra as Record<string, unknown>)['salt'];
    };
    const [joe, nobody, none] = [await saltOf('joe'), await saltOf('nobody'), await saltOf('none')];
    expect([typeof nobody, typeof none]).toEqual([typeof joe, typeof joe]);
    expect(await saltOf('nobody')).toBe(nobody);
    expect(new Set([joe, nobody, none]).size).toBe(3);
  }));

test('threat 19: session ids are drawn from 1 to 2^53, at random', () =>
  fort.withstands(async () => {
    const ids: number[] = [];
    for (let count = 0; count < 24; count += 1) {
      const stranger = await rawSocket(fort.port);
      stranger.send(as('x', 'anonymous'));
      ids.push((await stranger.heard())?.[1] as number);
    }
    expect(new Set(ids).size).toBe(24);
    expect(Math.min(...ids)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...ids)).toBeLessThanOrEqual(MAX_ID);
    // Half of all ids are above 2^52: that all of 24 are below is as likely as winning a lottery.
    expect(Math.max(...ids)).toBeGreaterThan(2 ** 48);
    const steps = ids.slice(1).map((id, index) => id - (ids[index] ?? 0));
    expect(new Set(steps).size).toBe(23);
  }));

test('threat 19: a million ids are spread evenly, in their first bits and their last', () => {
  const scope = new GlobalScope();
  const [first, last] = [new Float64Array(256), new Float64Array(256)];
  const COUNT = 1_000_000;
  for (let count = 0; count < COUNT; count += 1) {
    const id = scope.next() - 1;
    for (const [bins, bin] of [
      [first, Math.floor(id / 2 ** 45)],
      [last, id % 256],
    ] as const) {
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
  }
  for (const bins of [first, last]) {
    const expected = COUNT / 256;
    const chiSquare = bins.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 255 degrees of freedom: beyond 400 once in 10^8 runs, below 140 as seldom.
    expect(chiSquare).toBeLessThan(400);
    expect(chiSquare).toBeGreaterThan(140);
  }
});

test('threat 19: invocations are numbered for each callee by itself, and tell nothing of others', () =>
  fort.withstands(async () => {
    const [one, other, caller] = [
      await join(rawSocket, fort.port),
      await join(rawSocket, fort.port),
      await join(rawSocket, fort.port),
    ];
    await ask(one, [64, 1, {}, 'com.one']);
    await ask(other, [64, 1, {}, 'com.other']);
    caller.send([48, 1, {}, 'com.one'], [48, 2, {}, 'com.one'], [48, 3, {}, 'com.other']);
    expect((await one.heard())?.slice(0, 2)).toEqual([68, 1]);
    expect((await one.heard())?.slice(0, 2)).toEqual([68, 2]);
    expect((await other.heard())?.slice(0, 2)).toEqual([68, 1]);
  }));

test.each(WAYS)(
  'threat 20: no session can answer, cancel or revoke what belongs to another, over %s',
  (_name, way, serializer) =>
    fort.withstands(async () => {
      const [callee, caller] = [
        await join(way, fort.port, serializer),
        await join(way, fort.port, serializer),
      ];
      const [, , registration] = await ask(callee, [64, 1, {}, 'com.mine']);
      const [, , subscription] = await ask(callee, [32, 2, {}, 'com.topic']);
      caller.send([48, 7, { receive_progress: true }, 'com.mine']);
      const [, invocation] = (await callee.heard()) ?? [];
      for (const [message, error] of [
        [[70, invocation, {}, ['stolen']]],
        [[70, invocation, { progress: true }, ['stolen']]],
        [[8, 68, invocation, {}, 'com.stolen']],
        [[49, 7, { mode: 'killnowait' }]],
        [[66, 3, registration], 'wamp.error.no_such_registration'],
        [[34, 4, subscription], 'wamp.error.no_such_subscription'],
      ] as const) {
        const thief = await join(way, fort.port, serializer);
        thief.send(message, [48, 99, {}, 'wamp.session.count']);
        const [type, about, reason, , uri] = (await thief.heard()) ?? [];
        if (error !== undefined) expect([type, about, uri]).toEqual([8, message[0], error]);
        // Who answers what it was never asked breaks the rules.
        else if (type === 3) expect(reason).toBe(VIOLATION);
        else expect([type, about]).toEqual([50, 99]);
      }
      callee.send([70, invocation, {}, ['mine']]);
      expect(await caller.heard()).toEqual([50, 7, {}, ['mine']]);
      caller.send([16, 8, {}, 'com.topic', ['still there']]);
      expect((await callee.heard())?.[4]).toEqual(['still there']);
      expect((await ask(caller, [48, 9, {}, 'wamp.session.count']))[0]).toBe(50);
    }),
);

test('threat 21: what HELLO claims to be is not granted', () =>
  fort.withstands(async () => {
    for (const details of [
      { authid: 'admin', authrole: 'admin', authprovider: 'admin', authmethod: 'ticket' },
      { authid: 'admin', authrole: 'trusted', authextra: { authrole: 'admin' } },
      { authrole: 'router', session: 1, x_cb_node: 'admin' },
    ]) {
      const stranger = await webSocket(fort.port, json);
      stranger.send([1, 'realm1', { roles: { caller: {} }, ...details }]);
      const [type, id, told] = (await stranger.heard()) ?? [];
      expect([type, told]).toEqual([
        2,
        expect.objectContaining({ authrole: 'anonymous', authmethod: 'anonymous', authprovider: 'static' }),
      ]);
      expect((told as Record<string, unknown>)['authid']).not.toBe('admin');
      expect(id).not.toBe(1);
      const got = await ask(stranger, [48, 1, {}, 'wamp.session.get', [id]]);
      expect((got[3] as readonly unknown[])[0]).toMatchObject({ authrole: 'anonymous' });
    }
  }));

test('threat 21: a client gets the rights of its principal, whatever else it claims', () =>
  guarded.withstands(async () => {
    const peer = RawPeer.dial(guarded.port);
    peer.write(Buffer.from('7ff10000', 'hex'));
    await peer.reply;
    expect((await peer.ask(as('joe', 'ticket', { authrole: 'admin' })))[0]).toBe(4);
    const [type, , details] = await peer.ask([5, 'secret of joe', { authrole: 'admin', authid: 'ann' }]);
    expect([type, details]).toEqual([2, expect.objectContaining({ authid: 'joe', authrole: 'user' })]);
    peer.socket.destroy();
  }));
