/** What a router counts, each metric shown by what makes it move. */
import { createRouter, Histogram, permissions, quantile, ticket, type Router } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import { expect, test } from 'vitest';
import { LagProbe } from '../../src/metrics/lag.ts';
import { Client } from '../support/client.ts';
import { Login } from '../support/login.ts';

type Options = Partial<Parameters<typeof createRouter>[0]>;

function setUp(options: Options = {}): { readonly router: Router; readonly clock: ManualClock } {
  const clock = new ManualClock();
  return { router: createRouter({ realms: ['realm1'], clock, ...options }), clock };
}

/** The samples of a metric by its labels, as in `realm1 CALL`; of a histogram, how many and the largest, rounded to ms. */
function read(router: Router, name: string): Record<string, unknown> {
  const metric = router.metrics.read().find((each) => each.name === name);
  const samples = metric?.samples ?? [];
  return Object.fromEntries(
    samples.map((sample) => [
      Object.values(sample.labels).join(' '),
      'value' in sample ? sample.value : [sample.count, Math.round(1000 * (quantile(sample, 1) ?? NaN))],
    ]),
  );
}

test('messages and their bytes are counted by realm and type, each way', async () => {
  const { router } = setUp();
  const client = await Client.join(router);
  const publish = [16, 1, { acknowledge: true }, 'com.news', ['hello']];
  await client.say(publish);
  expect(read(router, 'wamp_messages_received_total')).toEqual({ 'realm1 PUBLISH': 1 });
  expect(read(router, 'wamp_received_bytes_total')).toEqual({
    'realm1 PUBLISH': JSON.stringify(publish).length,
  });
  expect(read(router, 'wamp_messages_sent_total')).toEqual({ 'realm1 PUBLISHED': 1 });
  expect(read(router, 'wamp_sent_bytes_total')).toEqual({
    'realm1 PUBLISHED': JSON.stringify(client.heard[0]).length,
  });
});

test('wamp.metrics.get tells the same counts', async () => {
  const { router } = setUp();
  const client = await Client.join(router);
  await client.say([16, 1, { acknowledge: true }, 'com.news'], [48, 2, {}, 'wamp.metrics.get']);
  const [told] = client.heard.at(-1)?.[3] as [{ by_type: { received: Record<string, number> } }];
  const counted = read(router, 'wamp_messages_received_total');
  for (const [type, count] of Object.entries(told.by_type.received)) {
    expect(counted[`realm1 ${type}`]).toBe(count);
  }
});

test('the time of a call is counted by how it ended', async () => {
  const { router, clock } = setUp();
  const callee = await Client.join(router);
  const caller = await Client.join(router);
  await callee.say([64, 1, {}, 'com.work']);
  const call = (request: number, options = {}): Promise<void> =>
    caller.say([48, request, options, 'com.work']);
  await call(1);
  clock.advance(20);
  await callee.say([70, 1, {}]);
  await call(2);
  clock.advance(40);
  await callee.say([8, 68, 2, {}, 'com.error.tired']);
  await call(3);
  await caller.say([49, 3, { mode: 'killnowait' }]);
  await call(4, { timeout: 5000 });
  clock.advance(5000);
  await call(5);
  clock.advance(80);
  expect(read(router, 'wamp_calls_in_flight')).toEqual({ realm1: 1 });
  caller.transport.close();
  await callee.say();
  expect(read(router, 'wamp_call_seconds')).toEqual({
    'realm1 ok': [1, expect.closeTo(20, -1)],
    'realm1 error': [1, expect.closeTo(40, -1)],
    'realm1 canceled': [1, 0],
    'realm1 timeout': [1, expect.closeTo(5000, -3)],
    'realm1 abandoned': [1, expect.closeTo(80, -1)],
  });
  expect(read(router, 'wamp_calls_in_flight')).toEqual({ realm1: 0 });
});

test('connections, sessions and what they hold are counted as they come and go', async () => {
  const { router } = setUp();
  const client = await Client.join(router);
  new Client(router);
  await client.say([32, 1, {}, 'com.news'], [64, 2, {}, 'com.work']);
  expect(read(router, 'wamp_connections')).toEqual({ 'in-memory': 2 });
  expect(read(router, 'wamp_handshakes')).toEqual({ joining: 1, waiting: 0, silent: 0 });
  expect(read(router, 'wamp_sessions')).toEqual({ realm1: 1 });
  expect(read(router, 'wamp_subscriptions')).toEqual({ realm1: 1 });
  expect(read(router, 'wamp_registrations')).toEqual({ realm1: 1 });
  await client.say([6, {}, 'wamp.close.close_realm']);
  expect(read(router, 'wamp_connections')).toEqual({ 'in-memory': 1 });
  expect(read(router, 'wamp_connections_opened_total')).toEqual({ 'in-memory': 2 });
  expect(read(router, 'wamp_connections_closed_total')).toEqual({ 'in-memory client': 1 });
  expect(read(router, 'wamp_sessions')).toEqual({ realm1: 0 });
});

test('log-ins are counted by realm and method, refused ones with the reason, and no client invents a realm', async () => {
  const tickets = new Map([['joe', { ticket: 'secret', authrole: 'user' }]]);
  const { router } = setUp({ authenticators: [ticket(tickets)] });
  for (const secret of ['secret', 'wrong']) {
    const login = new Login(router);
    await login.challenge('ticket', { authid: 'joe' });
    await login.authenticate(secret);
  }
  await new Login(router).hello('ticket', { authid: 'joe' }, 'invented.1');
  await new Login(router).hello('ticket', { authid: 'joe' }, 'invented.2');
  await new Login(router).hello('cryptosign');
  expect(read(router, 'wamp_logins_accepted_total')).toEqual({ 'realm1 ticket': 1 });
  expect(read(router, 'wamp_logins_refused_total')).toEqual({
    'realm1 ticket wamp.error.authentication_denied': 1,
    '  wamp.error.no_such_realm': 2,
    '  wamp.error.no_matching_auth_method': 1,
  });
});

test('limits that were met, requests denied and what is kept are counted', async () => {
  const { router } = setUp({
    quotas: { subscriptions: 0 },
    authorizer: permissions({
      roles: { anonymous: { permissions: [{ uri: 'com.news', allow: ['publish', 'subscribe'] }] } },
    }),
    limits: { helloTimeout: 100 },
  });
  const client = await Client.join(router);
  await client.say(
    [32, 1, {}, 'com.news'],
    [16, 2, { retain: true }, 'com.news', ['x']],
    [48, 3, {}, 'com.work'],
  );
  expect(read(router, 'wamp_realm_limits_met_total')).toEqual({ 'realm1 subscriptions': 1 });
  expect(read(router, 'wamp_requests_denied_total')).toEqual({ 'realm1 CALL': 1 });
  const total = router.realm('realm1')?.kept.used;
  expect(total).toBeGreaterThan(0);
  expect(read(router, 'wamp_kept_bytes')).toMatchObject({ 'realm1 retained_events': total });
  expect(read(router, 'wamp_process_kept_bytes')).toEqual({ '': total });
});

test('time passes, and turns are counted', async () => {
  const { router, clock } = setUp({ limits: { helloTimeout: 1000 } });
  new Client(router);
  clock.advance(2000);
  expect(read(router, 'wamp_uptime_seconds')).toEqual({ '': 2 });
  expect(read(router, 'wamp_limits_met_total')).toEqual({ hello_timeout: 1 });
  await (await Client.join(router)).say([16, 1, {}, 'com.news']);
  expect(read(router, 'wamp_turn_seconds')).toEqual({ '': [expect.any(Number), 0] });
  expect(read(router, 'wamp_queue_bytes')).toEqual({ 'in-memory': 0 });
});

test('a timer that is late is lag of the event loop', () => {
  const clock = new ManualClock();
  const lag = new Histogram(1e-6);
  let late = 0;
  const probe = new LagProbe(lag, {
    elapsed: () => clock.elapsed() + late,
    after: (delay, task) => clock.after(delay, task),
  });
  probe.start();
  clock.advance(500);
  late = 30;
  clock.advance(500);
  probe.stop();
  clock.advance(5000);
  const { count, sum } = lag.read();
  expect(count).toBe(2);
  expect(sum).toBeCloseTo(0.03);
  expect(clock.pending).toBe(0);
});
