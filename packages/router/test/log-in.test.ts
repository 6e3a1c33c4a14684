/** Log-ins without a connection: the same authenticators, events, limits and sessions as over a transport. */
import { ApplicationError } from '@wamp/protocol';
import { createRouter, ticket, wampcra, type RouterEvent, type RouterOptions } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import { expect, test } from 'vitest';

const JOE = ticket(new Map([['joe', { ticket: 'secret', authrole: 'user' }]]));
const secret = (text: string) => ({ authid: 'joe', authmethods: ['ticket'], answer: () => text });

function make(options: Partial<RouterOptions> = {}) {
  const clock = new ManualClock();
  const router = createRouter({ realms: [{ name: 'realm1', authenticators: [JOE] }], clock, ...options });
  const events: RouterEvent[] = [];
  router.events.on((event) => events.push(event));
  return { router, clock, events };
}

function uriOf(error: unknown): string {
  return error instanceof ApplicationError ? error.uri : String(error);
}

test('a principal with the right secret gets a session with its role, and the details of its transport', async () => {
  const { router, events } = make();
  const peer = { type: 'http', peer: 'tcp:192.0.2.1:1' };
  const session = await router.logIn('realm1', secret('secret'), {
    peer,
    underlay: { address: '192.0.2.1' },
  });
  expect(session.principal).toMatchObject({ authid: 'joe', authrole: 'user', authmethod: 'ticket' });
  expect(router.realm('realm1')?.sessions.get(session.id)?.transport).toEqual(peer);
  expect(events.find(({ code }) => code === 'login_accepted')).toMatchObject({
    connection: 0,
    transport: 'http',
    address: '192.0.2.1',
    session: session.id,
  });
  session.leave();
});

test.each([
  ['a wrong secret', secret('wrong'), 'wamp.error.authentication_denied'],
  [
    'no answer to the challenge',
    { authid: 'joe', authmethods: ['ticket'] },
    'wamp.error.authentication_required',
  ],
  ['nothing', {}, 'wamp.error.authentication_required'],
  ['another method', { authmethods: ['tls'] }, 'wamp.error.no_matching_auth_method'],
])('%s is refused with the URI of ABORT, and told as an event', async (_, credentials, uri) => {
  const { router, events } = make();
  expect(await router.logIn('realm1', credentials).catch(uriOf)).toBe(uri);
  expect(events).toMatchObject([{ code: 'login_refused', reason: uri }]);
  expect(router.realm('realm1')?.sessions.size).toBe(0);
});

test('a method with a challenge gets its answer', async () => {
  const credentials = new Map([['joe', { secret: 'x', authrole: 'user' }]]);
  const { router } = make({ realms: [{ name: 'realm1', authenticators: [wampcra(credentials)] }] });
  const asked: unknown[] = [];
  const answer = (method: string, extra: object): string => {
    asked.push(method, Object.keys(extra));
    return 'no signature';
  };
  const refused = router.logIn('realm1', { authid: 'joe', authmethods: ['wampcra'], answer });
  expect(await refused.catch(uriOf)).toBe('wamp.error.authentication_denied');
  expect(asked[0]).toBe('wampcra');
  expect(asked[1]).toContain('challenge');
});

test('attempts that fail count: the address has to wait, and gets the right answer refused meanwhile', async () => {
  const { router, clock } = make({ attempts: { perAuthid: 1 } });
  const options = { underlay: { address: '192.0.2.1' } };
  for (let count = 0; count < 2; count += 1)
    await router.logIn('realm1', secret('wrong'), options).catch(uriOf);
  expect(await router.logIn('realm1', secret('secret'), options).catch(uriOf)).toBe('wamp.error.unavailable');
  clock.advance(60_000);
  expect(await router.logIn('realm1', secret('secret'), options)).toHaveProperty('isOpen', true);
});

test('an authenticator that never answers is given up, and its slot is free again', async () => {
  const verify = (): Promise<never> => new Promise(() => undefined);
  const { router, clock } = make({
    realms: [{ name: 'realm1', authenticators: [ticket({ verify })] }],
    limits: { handshakes: 1 },
  });
  const [one, other] = [router.logIn('realm1', secret('x')), router.logIn('realm1', secret('x'))];
  await expect.poll(() => clock.pending).toBeGreaterThan(0);
  clock.advance(5000);
  expect(await one.catch(uriOf)).toBe('wamp.error.unavailable');
  expect(router.limited.of('authenticate_timeout')).toBe(1);
  await expect.poll(() => clock.pending).toBeGreaterThan(0);
  clock.advance(30_000);
  expect(await other.catch(uriOf)).toBe('wamp.error.unavailable');
});

test('a realm that is full or is not there, and a router that closes, refuse', async () => {
  const { router } = make({ realms: [{ name: 'realm1', maxSessions: 0 }] });
  expect(await router.logIn('realm1', {}).catch(uriOf)).toBe('wamp.error.limit_exceeded');
  expect(await router.logIn('realm2', {}).catch(uriOf)).toBe('wamp.error.no_such_realm');
  await router.close();
  expect(await router.logIn('realm1', {}).catch(uriOf)).toBe('wamp.close.system_shutdown');
});
