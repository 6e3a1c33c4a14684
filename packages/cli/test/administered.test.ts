/** What `wamp` asks the admin realm of a router: sessions of any realm, and the messages of one of them. */
import { ApplicationError } from '@wamp/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Place } from './support/place.ts';

let place: Place;
/** What the router says of its cluster. */
let clusterState = 'joined';

beforeAll(async () => {
  place = await Place.open({ realms: ['realm1', 'wamp.admin'] });
  const router = place.router.join('wamp.admin', { trusted: true });
  const line = (session: number): object => ({
    session,
    authid: `user${session}`,
    authrole: 'user',
    queue_bytes: 5,
  });
  await router.register('wamp.admin.session.list', ({ kwargs }) => {
    if (kwargs['realm'] !== 'realm1') throw new ApplicationError('wamp.error.no_such_realm');
    const isFirst = kwargs['after'] === null;
    return { args: [{ total: 2, sessions: [line(isFirst ? 1 : 2)], next: isFirst ? 1 : null }] };
  });
  let uptime = 0;
  await router.register('wamp.admin.status', () => {
    uptime += 1000;
    return { args: [{ version: '1.2.3', uptime_ms: uptime, sessions: 7, queue_bytes: 5 }] };
  });
  await router.register('wamp.admin.realm.list', () => ({
    args: [[{ realm: 'realm1', sessions: 7, calls: uptime / 100, events: 0 }]],
  }));
  await router.register('wamp.admin.samples', () => ({
    args: [{ columns: ['time', 'call_p50_ms', 'call_p99_ms'], rows: [[1, 0.5, null]] }],
  }));
  const member = { node: 'b', epoch: 'b1', reachable: true, sessions: 3, silent_ms: 250 };
  await router.register('wamp.admin.cluster.status', () => {
    const why = clusterState === 'degraded' ? { why: 'node c is silent' } : {};
    const members = [
      { ...member, calls_out: 2, sent_bytes: 2048 },
      { ...member, node: 'c', reachable: false },
    ];
    return {
      args: [
        { node: 'a', state: clusterState, ...why, members, claims: { held: 4, pending: 0 }, expelled: 0 },
      ],
    };
  });
  await router.register('wamp.admin.cluster.claims', ({ kwargs }) => {
    const claim = { realm: 'realm1', match: 'exact', invoke: 'single', nodes: ['a', 'b'] };
    const isFirst = kwargs['skip'] === 0;
    const uri = isFirst ? 'com.add' : 'com.sub';
    return { args: [{ total: 2, claims: [{ ...claim, uri }], next: isFirst ? 1 : null }] };
  });
  await router.register('wamp.admin.session.get', ({ args }) => ({ args: [line(Number(args[1]))] }));
  await router.register('wamp.admin.session.tail', ({ args, progress }) => {
    const entry = { time: '12:00', direction: 'received', type: 'CALL', procedure: 'com.add' };
    progress({ args: [{ entries: [{ ...entry, asked: args }], omitted: 3 }] });
    return { args: ['ended'] };
  });
});
afterAll(() => place[Symbol.asyncDispose]());

const ADMIN = ['--realm', 'wamp.admin', '--of', 'realm1'];

function lines(text: string): unknown[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);
}

test('sessions --of lists those of another realm, page by page', async () => {
  const { exit, stdout } = await place.wamp(['sessions', ...ADMIN]);
  expect([exit, lines(stdout)]).toMatchObject([0, [{ session: 1, authid: 'user1' }, { session: 2 }]]);
  const table = await place.wamp(['sessions', ...ADMIN, '--output', 'text']);
  expect(table.stdout).toMatch(/SESSION +AUTHID +ROLE/);
  expect(table.stdout).toMatch(/1 +user1 +user/);
  expect(lines((await place.wamp(['sessions', '7', ...ADMIN])).stdout)).toMatchObject([{ session: 7 }]);
  expect((await place.wamp(['sessions', '--realm', 'wamp.admin', '--of', 'realm2'])).exit).not.toBe(0);
});

test('tail --session writes the messages of one session until it ends', async () => {
  const { exit, stdout, stderr } = await place.wamp(['tail', '--session', '7', ...ADMIN, '--payloads']);
  expect(exit).toBe(0);
  expect(lines(stdout)).toMatchObject([{ type: 'CALL', procedure: 'com.add', asked: ['realm1', 7, true] }]);
  expect(stderr).toContain('3 messages are not shown');
  expect(stderr).toContain('session 7 has ended');
});

test('tail --session without a realm says what is missing', async () => {
  const { exit, stderr } = await place.wamp(['tail', '--session', '7']);
  expect([exit, stderr]).toEqual([2, expect.stringContaining('--of REALM') as string]);
});

test('E5 top --router shows all realms of a router from its admin realm', async () => {
  const words = ['top', '--router', '--realm', 'wamp.admin', '--interval', '1ms'];
  const { exit, stdout } = await place.wamp([...words, '--count', '2']);
  const [first, second] = lines(stdout);
  expect([exit, first]).toMatchObject([
    0,
    { version: '1.2.3', realms: [{ realm: 'realm1', per_second: null }] },
  ]);
  expect(second).toMatchObject({
    call_ms: { p50: 0.5, p99: null },
    realms: [{ sessions: 7, per_second: { calls: 10, events: 0 } }],
  });
  const table = await place.wamp([...words, '--count', '1', '--output', 'text']);
  expect(table.stdout).toMatch(/REALM +SESSIONS +CALLS\/S/);
  expect(table.stdout).toContain('latency of calls p50 0.500 ms p99 –');
  const elsewhere = await place.wamp(['top', '--router', '--realm', 'realm1']);
  expect([elsewhere.exit, elsewhere.stderr]).toEqual([
    6,
    expect.stringContaining('no procedures wamp.admin.*') as string,
  ]);
});

test('cluster status shows nodes, links and claims; its exit code says whether all is well', async () => {
  const words = ['cluster', 'status', '--realm', 'wamp.admin'];
  const { exit, stdout } = await place.wamp(words);
  expect([exit, lines(stdout)]).toMatchObject([
    0,
    [{ node: 'a', state: 'joined', members: [{ node: 'b', reachable: true }, { node: 'c' }] }],
  ]);
  const text = await place.wamp([...words, '--claims', '--output', 'text']);
  expect(text.stdout).toContain('node a is joined');
  expect(text.stdout).toContain('claims 4 procedures, waits for 0');
  expect(text.stdout).toMatch(/NODE +LINK +HEARD +SESSIONS +CALLS OUT/);
  expect(text.stdout).toMatch(/b +up +250 ms ago +3 +2 .* 2\.0 KiB/);
  expect(text.stdout).toMatch(/c +down/);
  expect(text.stdout).toMatch(/REALM +URI +MATCH +INVOKE +NODES\nrealm1 +com\.add +exact +single +a, b\n/);
  const claims = await place.wamp([...words, '--claims']);
  expect(lines(claims.stdout)).toMatchObject([{ claimed: [{ uri: 'com.add' }, { uri: 'com.sub' }] }]);
  clusterState = 'degraded';
  const degraded = await place.wamp([...words, '--output', 'text']);
  expect([degraded.exit, degraded.stdout]).toEqual([
    7,
    expect.stringContaining('node a is degraded: node c is silent') as string,
  ]);
  const elsewhere = await place.wamp(['cluster', 'status', '--realm', 'realm1']);
  expect([elsewhere.exit, elsewhere.stderr]).toEqual([
    6,
    expect.stringContaining('no procedures wamp.admin.cluster.*') as string,
  ]);
});
