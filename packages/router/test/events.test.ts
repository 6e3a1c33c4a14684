/** The events of a router, each shown by what brings it about. */
import { createRouter, permissions, ticket, type Log, type Router, type RouterEvent } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import { expect, test, vi } from 'vitest';
import { Client } from './support/client.ts';
import { Login } from './support/login.ts';

type Options = Partial<Parameters<typeof createRouter>[0]>;

/** A router, and what happens in it. */
function watched(options: Options = {}) {
  const clock = new ManualClock();
  const router = createRouter({ realms: ['realm1'], clock, ...options });
  const events: RouterEvent[] = [];
  router.events.on((event) => events.push(event));
  return { router, clock, events };
}

const CONNECTION = { connection: 1, transport: 'in-memory' };
const SESSION = { realm: 'realm1', session: expect.any(Number) as number };

test('a client connects, authenticates, joins, leaves and disconnects', async () => {
  const { router, events } = watched();
  const client = await Client.join(router, undefined, {}, { address: '192.0.2.1' });
  await client.say([6, {}, 'wamp.close.close_realm']);
  const connection = { ...CONNECTION, address: '192.0.2.1' };
  const who = { authid: expect.any(String) as string, authrole: 'anonymous' };
  expect(events).toEqual([
    { code: 'connection_opened', ...connection },
    { code: 'login_accepted', ...connection, ...SESSION, method: 'anonymous', ...who },
    { code: 'session_joined', ...SESSION, ...who },
    { code: 'session_left', ...SESSION },
    { code: 'connection_closed', ...connection, ...SESSION, by: 'client', reason: 'wamp.close.close_realm' },
  ]);
});

/** How a connection ended. */
function endOf(events: readonly RouterEvent[]): unknown {
  const end = events.find(({ code }) => code === 'connection_closed');
  return end?.code === 'connection_closed' ? [end.by, end.reason] : undefined;
}

test.each<readonly [string, string, (client: Client, router: Router) => Promise<void>]>([
  ['client', 'wamp.error.invalid', (client) => client.say([3, {}, 'wamp.error.invalid'])],
  ['router', 'wamp.error.protocol_violation', (client) => client.say([2, 1, {}])],
  ['router', 'wamp.close.killed', async (client, router) => {
    for (const session of router.realm('realm1')?.sessions.values() ?? []) session.end('wamp.close.killed');
    await client.say([6, {}, 'wamp.close.goodbye_and_out']);
  }], // prettier-ignore
  ['transport', 'the other side closed', async (client) => {
    client.transport.close();
    await client.say();
  }], // prettier-ignore
])('a connection that the %s ends with %s says so', async (by, reason, end) => {
  const { router, events } = watched();
  await end(await Client.join(router), router);
  expect(endOf(events)).toEqual([by, by === 'transport' ? (expect.any(String) as string) : reason]);
});

test('a refused log-in has the claimed authid, and the reason', async () => {
  const tickets = new Map([['joe', { ticket: 'secret', authrole: 'user' }]]);
  const { router, events } = watched({ authenticators: [ticket(tickets)] });
  const login = new Login(router);
  await login.challenge('ticket', { authid: 'joe' });
  await login.authenticate('wrong');
  await new Login(router).hello('ticket', { authid: 'joe' }, 'no.such.realm');
  const refused = events.filter(({ code }) => code === 'login_refused');
  expect(refused).toEqual([
    {
      code: 'login_refused',
      ...CONNECTION,
      address: undefined,
      realm: 'realm1',
      method: 'ticket',
      authid: 'joe',
      reason: 'wamp.error.authentication_denied',
      message: 'the credentials are not valid',
    },
    {
      code: 'login_refused',
      ...CONNECTION,
      connection: 2,
      address: undefined,
      realm: undefined,
      method: undefined,
      authid: undefined,
      reason: 'wamp.error.no_such_realm',
      message: 'there is no such realm',
    },
  ]);
});

test.each([
  ['call', 'com.secret', [48, 1, {}, 'com.secret']],
  ['register', 'com.secret', [64, 1, {}, 'com.secret']],
  ['publish', 'com.secret', [16, 1, {}, 'com.secret']],
  ['subscribe', 'com.secret', [32, 1, {}, 'com.secret']],
])('a request to %s that is denied is told with its URI', async (action, uri, message) => {
  const { router, events } = watched({ authorizer: permissions({ roles: {} }) });
  await (await Client.join(router)).say(message);
  expect(events.at(-1)).toEqual({
    code: 'authorization_denied',
    ...SESSION,
    action,
    uri,
    reason: 'wamp.error.not_authorized',
  });
});

test('limits that are met are reported, those of a realm with its name', async () => {
  const { router, clock, events } = watched({ quotas: { subscriptions: 0 } });
  await (await Client.join(router)).say([32, 1, {}, 'com.news']);
  new Client(router);
  clock.advance(5000);
  expect(events.filter(({ code }) => code === 'limit_met')).toEqual([
    { code: 'limit_met', limit: 'subscriptions', realm: 'realm1', amount: 1 },
    { code: 'limit_met', limit: 'hello_timeout', realm: undefined, amount: 1 },
  ]);
});

test('a listener that throws is logged, and others are called all the same', async () => {
  const log = vi.fn();
  const { router } = watched({ log });
  const error = new Error('out of order');
  router.events.on(() => {
    throw error;
  });
  const heard = vi.fn();
  router.events.on(heard);
  await Client.join(router);
  expect(heard).toHaveBeenCalledTimes(3);
  expect(log).toHaveBeenCalledWith('error', 'a listener of router.events failed', {
    code: 'event_listener_failed',
    error,
  });
});

test('entries of the log have the code of the event that they are about', async () => {
  const log = vi.fn<Log>();
  const { router } = watched({ log });
  await (await Client.join(router)).say([2, 1, {}]);
  const entries = log.mock.calls.map(([level, text, facts]) => [
    level,
    text,
    (facts as { code: string }).code,
  ]);
  expect(entries).toEqual([
    ['debug', 'connection opened', 'connection_opened'],
    ['debug', 'log-in accepted', 'login_accepted'],
    ['debug', 'session joined', 'session_joined'],
    ['info', 'protocol violation', 'connection_closed'],
    ['debug', 'session left', 'session_left'],
    ['debug', 'connection closed', 'connection_closed'],
  ]);
});
