/** DYN-1: an authenticator names the realm that its client joins, among those that it may name. */
import { ApplicationError } from '@wamp/protocol';
import {
  anonymous,
  both,
  createRouter,
  isNameable,
  permissions,
  remembering,
  ticket,
  type Authenticator,
  type Identity,
  type Log,
  type Router,
  type RouterEvent,
  type RouterOptions,
  type Underlay,
} from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import { describe, expect, test, vi } from 'vitest';
import { coreOf } from '../support/core.ts';
import { settle } from '../support/client.ts';
import { DENIED, FAILED, Login, welcomed } from '../support/login.ts';

const CLERKS = permissions({
  roles: { clerk: { permissions: [{ uri: 'com.*', allow: ['call', 'register'] }] } },
});

/** A router whose realm `front` has this authenticator. */
function stage(identity: Identity, realms?: readonly string[], more: Partial<RouterOptions> = {}) {
  const log = vi.fn<Log>();
  const clock = new ManualClock();
  const authenticator = { ...anonymous(() => identity), realms };
  const router = createRouter({
    clock,
    log,
    realms: [
      { name: 'front', authenticators: [authenticator] },
      { name: 'com.acme', maxSessions: 1, authorizer: remembering(CLERKS), authenticators: [] },
      { name: 'com.tenant.known', authorizer: CLERKS },
    ],
    realmTemplates: [{ uri: 'com.tenant.*', authorizer: CLERKS, maxRealmsPerAddress: 1 }],
    ...more,
  });
  const events: RouterEvent[] = [];
  router.events.on((event) => events.push(event));
  return { router, clock, log, events };
}

const ACME: Identity = { authrole: 'clerk', realm: 'com.acme' };

function join(router: Router, underlay: Underlay = {}): Promise<readonly unknown[]> {
  return new Login(router, underlay).hello('anonymous', {}, 'front');
}

function namesOf(router: Router): readonly string[] {
  return [...router.realms()].map(({ name }) => name);
}

describe('DYN-1 a function that names a realm', () => {
  test('needs the option on its authenticator', async () => {
    const { router } = stage(ACME);
    expect(await join(router)).toEqual(FAILED);
    const other = stage(ACME, ['com.acme']);
    expect(await join(other.router)).toEqual(welcomed({ realm: 'com.acme', authrole: 'clerk' }));
  });

  test('is logged with the name and what to do when it may not', async () => {
    const { router, log } = stage(ACME);
    await join(router);
    const [level, , facts] = log.mock.calls.find(([, what]) => what === 'authentication failed') ?? [];
    expect(level).toBe('warn');
    expect(facts).toMatchObject({ code: 'authentication_failed', realm: 'front', method: 'anonymous' });
    expect(String(facts?.['error'])).toContain('named the realm com.acme, which its option realms');
  });

  test('events say both realms', async () => {
    const { router, events } = stage(ACME, ['com.acme']);
    await join(router);
    const accepted = events.find(({ code }) => code === 'login_accepted');
    expect(accepted).toMatchObject({ realm: 'com.acme', loginRealm: 'front' });
    const [session] = router.realm('com.acme')?.sessions.values() ?? [];
    expect(session?.principal).toMatchObject({ loginRealm: 'front' });
  });

  test('meets the limits of that realm, not those of the realm in HELLO', async () => {
    const { router } = stage(ACME, ['com.acme']);
    expect((await join(router))[0]).toBe(2);
    expect((await join(router))[2]).toBe('wamp.error.limit_exceeded');
    expect(router.realm('com.acme')?.limited.of('sessions')).toBe(1);
    expect(router.realm('front')?.limited.of('sessions')).toBe(0);
  });

  test('meets the limit of realms by the address of its client', async () => {
    let tenant = 0;
    const functions = { ...anonymous(() => ({ authrole: 'clerk', realm: `com.tenant.t${(tenant += 1)}` })) };
    const { router } = stage(ACME, undefined, {
      realms: [{ name: 'front', authenticators: [{ ...functions, realms: ['com.tenant.*'] }] }],
    });
    expect((await join(router, { address: '192.0.2.1' }))[0]).toBe(2);
    expect((await join(router, { address: '192.0.2.1' }))[2]).toBe('wamp.error.limit_exceeded');
    expect((await join(router, { address: '192.0.2.2' }))[0]).toBe(2);
  });

  test('a refusal for the role creates no realm on demand', async () => {
    const { router } = stage({ authrole: 'boss', realm: 'com.tenant.new' }, ['com.tenant.*']);
    expect((await join(router))[2]).toBe('wamp.error.no_such_role');
    expect(namesOf(router)).not.toContain('com.tenant.new');
  });

  test('an address with a list of realms keeps to it', async () => {
    const { router } = stage(ACME, ['com.acme']);
    const only = { entrance: { realms: ['front'] } };
    expect((await join(router, only))[2]).toBe('wamp.error.no_such_realm');
    const two = { entrance: { realms: ['front', 'com.acme'] } };
    expect((await join(router, two))[0]).toBe(2);
  });

  test('a log-in without a connection stays in its realm', async () => {
    const { router } = stage({ authrole: 'clerk', realm: 'com.tenant.new' }, ['com.tenant.*']);
    const refused = router.logIn('front', {}).catch((error: unknown) => error);
    expect(((await refused) as ApplicationError).uri).toBe('wamp.error.no_such_realm');
    expect(namesOf(router)).not.toContain('com.tenant.new');
  });

  test('an id that a session there has already is not given again', async () => {
    const ids = [1, 2, 3, 4, 5, 6, 7, 8, 77, 77];
    const { router } = stage(ACME, ['com.acme'], { globalId: () => ids.shift() ?? 77 });
    while (ids.length > 2) ids.shift();
    const session = router.join('com.acme', { trusted: true });
    expect(session.id).toBe(77);
    coreOf(router).reconfigureRealm('com.acme', { maxSessions: 9, authenticators: [] });
    expect((await join(router))[2]).toBe('wamp.error.unavailable');
    expect(router.realm('com.acme')?.sessions.get(77)?.principal.authrole).toBe('trusted');
  });
});

describe('DYN-1 a realm that changes during the handshake', () => {
  function waiting(realms: readonly string[] = ['com.acme']) {
    let decide: (identity: Identity) => void = () => undefined;
    const authenticator: Authenticator = {
      ...anonymous(() => new Promise<Identity>((resolve) => (decide = resolve))),
      realms,
    };
    const { router } = stage(ACME, undefined, {
      realms: [
        { name: 'front', authenticators: [authenticator] },
        { name: 'com.acme', authorizer: CLERKS, authenticators: [] },
      ],
    });
    const told = join(router);
    return { router, told, decide: () => decide(ACME) };
  }

  test.each<[string, (router: Router) => void, string]>([
    ['is removed', (router) => router.removeRealm('com.acme'), 'wamp.error.no_such_realm'],
    ['in HELLO is removed', (router) => router.removeRealm('front'), 'wamp.error.unavailable'],
    [
      'in HELLO may be left no more',
      (router) => {
        router.reconfigureRealm('front', { authenticators: [anonymous(() => ACME)] });
      },
      'wamp.error.unavailable',
    ],
  ])('and %s', async (_what, change, uri) => {
    const { router, told, decide } = waiting();
    await settle(router);
    change(router);
    decide();
    expect((await told)[2]).toBe(uri);
    expect(router.realm('com.acme')?.sessions.size ?? 0).toBe(0);
  });

  test('and is removed right after the verdict gets no session', async () => {
    const { router, told, decide } = waiting();
    await settle(router);
    const open = coreOf(router).destination.bind(coreOf(router));
    coreOf(router).destination = (name) => {
      const found = open(name);
      if (name === 'com.acme') queueMicrotask(() => router.removeRealm('com.acme'));
      return found;
    };
    decide();
    expect((await told)[2]).toBe('wamp.error.unavailable');
  });

  test('and is opened anew is joined as it is then', async () => {
    const { router, told, decide } = waiting();
    await settle(router);
    router.removeRealm('com.acme');
    router.addRealm({ name: 'com.acme', authorizer: CLERKS });
    decide();
    expect((await told)[0]).toBe(2);
    expect(router.realm('com.acme')?.sessions.size).toBe(1);
  });
});

describe('DYN-1 two factors', () => {
  const passwords = (realm?: string) =>
    ticket({
      verify: (shown) => (shown === 'right' ? { authid: 'joe', authrole: 'clerk', realm } : undefined),
    });

  async function logIn(first: Authenticator, second: Authenticator): Promise<readonly unknown[]> {
    const authenticators = [both(first, { ...second, method: 'code' })];
    const { router } = stage(ACME, undefined, {
      realms: [{ name: 'front', authenticators }, 'com.acme', 'com.b'],
    });
    const client = new Login(router);
    await client.hello('ticket', { authid: 'joe', authmethods: ['ticket', 'code'] }, 'front');
    await client.authenticate('right');
    return client.authenticate('right');
  }

  test('the first names the realm', async () => {
    const first = { ...passwords('com.acme'), realms: ['com.acme'] };
    expect(await logIn(first, passwords())).toEqual(welcomed({ realm: 'com.acme' }));
    expect(await logIn(first, passwords('com.acme'))).toEqual(welcomed({ realm: 'com.acme' }));
  });

  test('the second cannot name another', async () => {
    const first = { ...passwords('com.acme'), realms: ['com.acme', 'com.b'] };
    expect(await logIn(first, { ...passwords('com.b'), realms: ['com.b'] })).toEqual(FAILED);
    expect(await logIn(passwords(), { ...passwords('com.b'), realms: ['com.b'] })).toEqual(FAILED);
  });
});

test('DYN-1 a client that does not prove who it is learns nothing of the realm', async () => {
  const known = new Map([['joe', { ticket: 'right', authrole: 'clerk', realm: 'com.nowhere' }]]);
  const { router } = stage(ACME, undefined, { realms: [{ name: 'front', authenticators: [ticket(known)] }] });
  for (const authid of ['joe', 'nobody']) {
    const client = new Login(router);
    await client.hello('ticket', { authid }, 'front');
    expect(await client.authenticate('wrong')).toEqual(DENIED);
  }
});

test('DYN-1 guesses count for the realm in HELLO, whatever realm is named', async () => {
  const known = new Map([['joe', { ticket: 'right', ...ACME }]]);
  const authenticators = [{ ...ticket(known), realms: ['com.acme'] }];
  const { router } = stage(ACME, undefined, {
    realms: [{ name: 'front', authenticators }, 'com.acme'],
    attempts: { perAuthid: 2 },
  });
  const guess = async (shown: string, address = '192.0.2.2'): Promise<readonly unknown[]> => {
    const client = new Login(router, { address });
    await client.hello('ticket', { authid: 'joe' }, 'front');
    return client.authenticate(shown);
  };
  expect((await guess('right', '192.0.2.1'))[0]).toBe(2);
  for (let number = 0; number < 2; number += 1) expect(await guess('wrong')).toEqual(DENIED);
  expect((await guess('right'))[2]).toBe('wamp.error.unavailable');
  // The authid has logged in from there before.
  expect((await guess('right', '192.0.2.1'))[0]).toBe(2);
});

test.each([
  ['com.acme', true],
  ['com.acme.*', true],
  ['com.*.live', true],
  ['*.live', true],
  ['*', false],
  ['*.*', false],
  ['wamp', false],
  ['wamp.admin', false],
  ['wamp.*', false],
  ['wamp*', false],
  ['', false],
  ['com..a', false],
  ['com.a*b', false],
])('DYN-1 %s may be listed: %s', (pattern, valid) => {
  expect(isNameable(pattern)).toBe(valid);
  const authenticators = [{ ...anonymous(), realms: [pattern] }];
  const create = () => createRouter({ realms: [{ name: 'front', authenticators }] });
  if (valid) expect(create).not.toThrow();
  else expect(create).toThrow(/authenticator anonymous: realms: .*expected the name of a realm/);
});

test('DYN-1 an invalid list changes nothing', () => {
  const { router } = stage(ACME);
  const authenticators = [{ ...anonymous(), realms: ['*'] }];
  const own = coreOf(router).guardedRealm('com.acme');
  expect(() => {
    router.reconfigureRealm('com.acme', { authenticators, maxSessions: 5 });
  }).toThrow(TypeError);
  expect(() => {
    router.addRealm({ name: 'com.new', authenticators });
  }).toThrow(TypeError);
  expect(() => {
    router.reconfigure({ realmTemplates: [{ uri: 'a.*' }, { uri: 'b.*', authenticators }] });
  }).toThrow(TypeError);
  expect(coreOf(router).guardedRealm('com.acme')).toBe(own);
  expect(router.realm('com.new')).toBeUndefined();
  expect(coreOf(router).destination('a.x')).toBeUndefined();
});
