/** The admin realm: what operators see of a router and change in it, procedure by procedure. */
import { readFileSync } from 'node:fs';
import { ApplicationError } from '@wamp/protocol';
import { createRouter, type LocalSession, type Log, type LogLevel, type Router } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hostOf } from '../../../packages/router/src/host.ts';
import type { Member } from '../../../packages/router/src/session/member.ts';
import { Client } from '../../../packages/router/test/support/client.ts';
import { AdminRealm } from '../src/admin-realm/admin-realm.ts';
import { RecentEntries } from '../src/admin-realm/recent-entries.ts';

/** A router with an admin realm, and an operator in it. */
interface Office {
  readonly router: Router;
  readonly clock: ManualClock;
  readonly admin: AdminRealm;
  readonly operator: LocalSession;
  readonly recent: RecentEntries;
  readonly log: { level: LogLevel };
  readonly asked: string[];
  /** The one result of a procedure of the admin realm. */
  readonly ask: (name: string, ...args: readonly unknown[]) => Promise<unknown>;
  /** The URI of its ERROR. */
  readonly refused: (name: string, ...args: readonly unknown[]) => Promise<string>;
}

/** Waits until what has been caused is done. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

function open(): Office {
  const clock = new ManualClock();
  const recent = new RecentEntries();
  const note: Log = (level, what, facts) => {
    if (level !== 'debug') recent.note(level, what, facts, clock.now());
  };
  const router = createRouter({ realms: ['realm1', 'realm2', 'wamp.admin'], clock, log: note });
  const log: { level: LogLevel } = { level: 'warn' };
  const asked: string[] = [];
  const admin = new AdminRealm('wamp.admin', {
    ...{ router, log, recent },
    about: () => ({ version: '1.2.3' }),
    readProcess: () => [1, 2, 3, 0.5],
    reload: (dryRun) => {
      asked.push(dryRun ? 'dry run' : 'reload');
      return Promise.resolve({ ok: true, lines: ['drain: changed'] });
    },
    drain: () => {
      asked.push('drain');
    },
    seesPayloads: (role) => role === 'auditor',
  });
  onTestFinished(() => {
    admin.close();
  });
  const operator = router.join('wamp.admin', { principal: { authid: 'olga', authrole: 'operator' } });
  const ask = async (name: string, ...args: readonly unknown[]): Promise<unknown> =>
    (await operator.call(`wamp.admin.${name}`, args)).args[0];
  const refused = (name: string, ...args: readonly unknown[]): Promise<string> =>
    ask(name, ...args).then(
      () => 'granted',
      (error: unknown) => (error instanceof ApplicationError ? error.uri : String(error)),
    );
  return { router, clock, admin, operator, recent, log, asked, ask, refused };
}

test('the realms are listed with their numbers', async () => {
  const { router, ask } = open();
  const joe = router.join('realm1', { principal: { authid: 'joe' } });
  await joe.subscribe('com.news', () => undefined);
  await joe.register('com.add', () => ({ args: [5] }));
  expect(await ask('realm.list')).toMatchObject([
    { realm: 'realm1', sessions: 1, subscriptions: 1, registrations: 1, calls_in_flight: 0 },
    { realm: 'realm2', sessions: 0, subscriptions: 0, registrations: 0 },
    { realm: 'wamp.admin', sessions: 2 },
  ]);
});

test('sessions are listed by page, each once, even when others join and leave in between', async () => {
  const { router, ask } = open();
  const all = Array.from({ length: 25 }, (_, index) =>
    router.join('realm1', { principal: { authid: `user${index}` } }),
  );
  const seen: number[] = [];
  let after: number | null = null;
  do {
    const page = (await ask('session.list', 'realm1', null, null, null, after, 10)) as {
      sessions: { session: number }[];
      next: number | null;
    };
    expect(page.sessions.length).toBeLessThanOrEqual(10);
    seen.push(...page.sessions.map(({ session }) => session));
    after = page.next;
    all.find(({ id }) => seen.includes(id))?.leave();
    router.join('realm1', { principal: { authid: 'late' } });
  } while (after !== null);
  expect(new Set(seen).size).toBe(seen.length);
  for (const { id } of all) expect(seen).toContain(id);
});

test('E5 thousands of sessions are sorted by what they have done, and come in parts that are searched', async () => {
  const { router, operator } = open();
  const all = Array.from({ length: 2_000 }, (_, index) =>
    router.join('realm1', { principal: { authid: `user${(index * 7) % 2_000}`, authrole: 'user' } }),
  );
  for (let count = 0; count < 3; count += 1) await all[5]?.subscribe(`com.topic${count}`, () => undefined);
  interface Part {
    readonly total: number;
    readonly matched: number;
    readonly next: number | null;
    readonly sessions: readonly { readonly session: number; readonly authid: string }[];
  }
  const part = async (wanted: object): Promise<Part> => {
    const { args } = await operator.call('wamp.admin.session.list', [], { realm: 'realm1', ...wanted });
    return args[0] as Part;
  };
  const seen: string[] = [];
  for (let skip: number | null = 0; skip !== null;) {
    const page: Part = await part({ sort: 'authid', descending: true, skip, limit: 700 });
    expect([page.total, page.matched]).toEqual([2_000, 2_000]);
    seen.push(...page.sessions.map(({ authid }) => authid));
    skip = page.next;
  }
  const names = all.map((_, index) => `user${index}`);
  expect(seen).toEqual(names.sort().reverse());
  const [busiest] = (await part({ sort: 'subscriptions', descending: true, limit: 1 })).sessions;
  expect(busiest?.session).toBe(all[5]?.id);
  const found = await part({ sort: 'session', text: 'USER199', limit: 100 });
  expect(found.matched).toBe(11);
  expect(found.sessions.map(({ session }) => session)).toEqual(
    found.sessions.map(({ session }) => session).sort((a, b) => a - b),
  );
  const wrong = operator.call('wamp.admin.session.list', [], { realm: 'realm1', sort: 'authid', after: 5 });
  await expect(wrong).rejects.toThrow('after: does not go with sort');
});

test('sessions are filtered by authid, role and transport', async () => {
  const { router, operator } = open();
  const joe = router.join('realm1', { principal: { authid: 'joe', authrole: 'user' } });
  router.join('realm1', { principal: { authid: 'ann', authrole: 'user' } });
  const found = async (filter: object): Promise<unknown> => {
    const { args } = await operator.call('wamp.admin.session.list', [], { realm: 'realm1', ...filter });
    return (args[0] as { sessions: { session: number }[] }).sessions.length;
  };
  expect(await found({ authid: 'joe' })).toBe(1);
  expect(await found({ authrole: 'user' })).toBe(2);
  expect(await found({ authrole: 'user', transport: 'websocket' })).toBe(0);
  expect(joe.isOpen).toBe(true);
});

test('a session is described with what it holds, sends and receives', async () => {
  const { router, ask } = open();
  const joe = router.join('realm1', { principal: { authid: 'joe', authrole: 'user' } });
  await joe.subscribe('com.news', () => undefined, { match: 'prefix' });
  await joe.register('com.add', () => ({ args: [5] }));
  expect(await ask('session.get', 'realm1', joe.id)).toMatchObject({
    session: joe.id,
    authid: 'joe',
    authrole: 'user',
    authmethod: 'local',
    transport: { type: 'local' },
    features: { callee: expect.arrayContaining(['call_canceling']) as unknown },
    subscriptions: { total: 1, first: [{ uri: 'com.news', match: 'prefix' }] },
    registrations: { total: 1, first: [{ uri: 'com.add', match: 'exact' }] },
    queue_bytes: 0,
    traffic: { received: 2, sent: 2 },
  });
});

test('a session is killed with a reason, but neither that of the operator nor that of the router', async () => {
  const { router, admin, operator, ask, refused } = open();
  const joe = router.join('realm1');
  await ask('session.kill', 'realm1', joe.id, 'com.example.banned', 'enough');
  expect(await joe.closed).toEqual({ reason: 'com.example.banned', message: 'enough' });
  const sessions = [...(router.realm(admin.name)?.sessions.keys() ?? [])];
  for (const id of sessions) {
    expect(await refused('session.kill', 'wamp.admin', id)).toBe('wamp.error.no_such_session');
  }
  expect(operator.isOpen).toBe(true);
});

test('an operator who kills the session of the router by the session meta API finds the procedures still', async () => {
  const { router, operator, ask } = open();
  const other = [...(router.realm('wamp.admin')?.sessions.keys() ?? [])].find((id) => id !== operator.id);
  await operator.call('wamp.session.kill', [other]);
  await Promise.resolve();
  expect(await ask('log.get_level')).toBe('warn');
});

test('registrations and subscriptions are listed with those who have them, the own ones of the router not among them', async () => {
  const { router, ask } = open();
  const [joe, ann] = [router.join('realm1'), router.join('realm1')];
  await joe.register('com.add', () => ({ args: [5] }), { invoke: 'roundrobin', concurrency: 2 });
  await ann.register('com.add', () => ({ args: [6] }), { invoke: 'roundrobin' });
  await ann.register('com.sub.', () => ({ args: [6] }), { match: 'prefix' });
  await joe.subscribe('com..a', () => undefined, { match: 'wildcard' });
  expect(await ask('registration.list', 'realm1', 'add')).toMatchObject({
    total: 2,
    registrations: [
      {
        uri: 'com.add',
        match: 'exact',
        invoke: 'roundrobin',
        callees: 2,
        sessions: [
          { session: joe.id, invocations: 0, concurrency: 2 },
          { session: ann.id, invocations: 0 },
        ],
      },
    ],
    next: null,
  });
  expect(await ask('subscription.list', 'realm1')).toMatchObject({
    total: 1,
    subscriptions: [{ uri: 'com..a', match: 'wildcard', subscribers: 1, sessions: [joe.id], history: false }],
  });
});

test('E5 registrations and subscriptions are sorted by the router, and come in parts', async () => {
  const { router, operator } = open();
  const session = router.join('realm1');
  for (const name of ['b', 'a', 'c']) {
    await session.register(`com.${name}`, () => ({ args: [1] }));
    await session.subscribe(`com.${name}`, () => undefined);
  }
  await router.join('realm1').subscribe('com.c', () => undefined);
  for (let count = 0; count < 3; count += 1) await session.call('com.b');
  const uris = async (list: 'registration' | 'subscription', wanted: object): Promise<readonly unknown[]> => {
    const { args } = await operator.call(`wamp.admin.${list}.list`, [], { realm: 'realm1', ...wanted });
    const told = args[0] as Readonly<Record<string, unknown>>;
    const entries = told[`${list}s`] as readonly { readonly uri: string }[];
    return [told['matched'], told['next'], ...entries.map(({ uri }) => uri)];
  };
  expect(await uris('registration', { sort: 'uri' })).toEqual([3, null, 'com.a', 'com.b', 'com.c']);
  expect(await uris('registration', { sort: 'invocations', descending: true, limit: 1 })).toEqual([
    3,
    1,
    'com.b',
  ]);
  expect(await uris('registration', { sort: 'uri', skip: 2 })).toEqual([3, null, 'com.c']);
  expect(await uris('subscription', { sort: 'subscribers', descending: true, limit: 1 })).toEqual([
    3,
    1,
    'com.c',
  ]);
  expect(await uris('subscription', { sort: 'uri', uri: 'com.b' })).toEqual([1, null, 'com.b']);
  const wrong = operator.call('wamp.admin.registration.list', [], { realm: 'realm1', sort: 'uri', after: 5 });
  await expect(wrong).rejects.toThrow('after: does not go with sort');
});

test('the level of the log can be read and set', async () => {
  const { log, ask, refused } = open();
  expect(await ask('log.get_level')).toBe('warn');
  expect(await ask('log.set_level', 'debug')).toBe('warn');
  expect(log.level).toBe('debug');
  expect(await refused('log.set_level', 'loud')).toBe('wamp.error.invalid_argument');
});

test('the last entries of the log can be read by code, within the limits of memory', async () => {
  const { clock, recent, ask } = open();
  recent.note(
    'info',
    'not let in',
    { code: 'login_refused', authid: 'joe', error: new Error('bad') },
    clock.now(),
  );
  for (let count = 0; count < 2000; count += 1) recent.note('warn', 'slow', { code: 'slow_consumer' });
  recent.note('warn', 'without a code', {});
  recent.note('info', 'long', { code: 'login_refused', authid: 'x'.repeat(5000) });
  expect(await ask('log.recent', 'login_refused')).toMatchObject({
    counts: { slow_consumer: 999, login_refused: 1 },
    entries: [{ level: 'info', message: 'long', facts: { omitted: 'too long' } }],
    next: 2002,
  });
  expect(await ask('log.recent', null, 2001)).toMatchObject({ entries: [{ number: 2002 }] });
});

test('reload, its dry run, and drain are passed on', async () => {
  const { asked, ask } = open();
  expect(await ask('reload', true)).toEqual({ ok: true, lines: ['drain: changed'] });
  await ask('reload');
  expect(await ask('drain')).toEqual({ calls_in_flight: 0 });
  expect(asked).toEqual(['dry run', 'reload', 'drain']);
});

test('limits are listed with how often each was met', async () => {
  const { router, ask } = open();
  router.reconfigureRealm('realm1', { quotas: { subscriptions: 0 } });
  const joe = router.join('realm1');
  await expect(joe.subscribe('com.a', () => undefined)).rejects.toThrow('limit_exceeded');
  expect(await ask('limits')).toMatchObject({
    limits: { messageSize: 1024 * 1024 },
    met_by_realm: { realm1: { subscriptions: 1 } },
  });
});

test('the status counts all realms, or all but the own one', async () => {
  const { router, ask } = open();
  router.join('realm1');
  const whole = await ask('status');
  expect(whole).toMatchObject({
    version: '1.2.3',
    realms: 3,
    sessions: 3,
    log_level: 'warn',
    queue_bytes: 0,
  });
  expect(await ask('status', true)).toMatchObject({ realms: 2, sessions: 1, messages: { received: 0 } });
});

test('samples cover the last hour before the first request, and can exclude the admin realm', async () => {
  const { router, clock, ask } = open();
  const start = clock.now();
  router.join('realm1');
  clock.advance(5_000);
  const whole = (await ask('samples')) as { columns: string[]; rows: number[][]; interval_ms: number };
  expect(whole.interval_ms).toBe(5_000);
  expect(whole.columns.slice(0, 3)).toEqual(['time', 'sessions', 'calls_in_flight']);
  expect(whole.rows.map((row) => row.slice(0, 2))).toEqual([
    [start, 0],
    [start + 5_000, 3],
  ]);
  expect(whole.rows[0]?.slice(-4)).toEqual([1, 2, 3, 0.5]);
  const others = (await ask('samples', start, 10, true)) as { rows: number[][] };
  expect(others.rows.map((row) => row.slice(0, 2))).toEqual([[start + 5_000, 1]]);
  clock.advance(2 * 3_600_000);
  expect(((await ask('samples')) as { rows: number[][] }).rows).toHaveLength(720);
});

test('samples count the limits that were met, but not the turns whose work was divided', async () => {
  const { router, clock, ask } = open();
  const { limited } = hostOf(router);
  limited.add('turns_exhausted');
  limited.add('ping_timeout');
  limited.add('connections_dropped');
  clock.advance(5_000);
  const { columns, rows } = (await ask('samples')) as { columns: string[]; rows: number[][] };
  expect(rows.map((row) => row[columns.indexOf('limits_met')])).toEqual([0, 2]);
});

test('E5 samples tell how long calls took in the interval, of all realms and without the admin realm', async () => {
  const { router, clock, ask } = open();
  const [joe, ann] = [router.join('realm1'), router.join('realm1')];
  let answer = (): void => undefined;
  await joe.register('com.slow', () => new Promise((resolve) => (answer = () => resolve({ args: [] }))));
  const call = ann.call('com.slow');
  await settled();
  clock.advance(40);
  answer();
  await call;
  clock.advance(4_960);
  clock.advance(5_000);
  const { columns, rows } = (await ask('samples', null, null, true)) as {
    readonly columns: readonly string[];
    readonly rows: readonly (readonly (number | null)[])[];
  };
  const of = (name: string): readonly unknown[] => rows.map((row) => row[columns.indexOf(name)]);
  const [before, during, later] = of('call_p99_ms');
  expect([before, later]).toEqual([null, null]);
  expect(during).toBeGreaterThanOrEqual(40);
  expect(during).toBeLessThan(43);
  expect(of('calls')).toEqual([0, 1, 1]);
  expect(of('queue_bytes')).toEqual([0, 0, 0]);
});

test('E5 registrations and subscriptions tell how much they are used, and realms what they have done', async () => {
  const { router, ask } = open();
  const [joe, ann] = [router.join('realm1'), router.join('realm1')];
  await joe.register('com.add', () => ({ args: [5] }));
  await joe.subscribe('com.news', () => undefined);
  for (let count = 0; count < 3; count += 1) await ann.call('com.add');
  await ann.publish('com.news', ['hello'], {}, { acknowledge: true });
  await ann.publish('com.other', ['hello'], {}, { acknowledge: true });
  expect(await ask('registration.list', 'realm1')).toMatchObject({
    registrations: [{ uri: 'com.add', invocations: 3 }],
  });
  expect(await ask('subscription.list', 'realm1')).toMatchObject({
    subscriptions: [{ uri: 'com.news', publications: 1 }],
  });
  expect(await ask('realm.list')).toMatchObject([
    { realm: 'realm1', calls: 3, publications: 2, events: 1, errors: 0, dropped: 0 },
    {},
    {},
  ]);
});

describe('a tail', () => {
  /** A tail that has begun, and what it has told. */
  function follow({ operator }: Pick<Office, 'operator'>, name: string, ...args: readonly unknown[]) {
    const entries: Record<string, unknown>[] = [];
    let omitted = 0;
    const controller = new AbortController();
    const ended = operator.call(`wamp.admin.${name}`, args, undefined, {
      signal: controller.signal,
      onProgress: ({ args: [part] }) => {
        const told = part as { entries: Record<string, unknown>[]; omitted: number };
        entries.push(...told.entries);
        omitted += told.omitted;
      },
    });
    ended.catch(() => undefined);
    return { entries, ended, omitted: () => omitted, cancel: () => controller.abort() };
  }

  test('of a session shows its messages without payloads, until the session ends', async () => {
    const { router, clock, operator } = open();
    const joe = await Client.join(router);
    const [id] = [...(router.realm('realm1')?.sessions.keys() ?? [])];
    const tail = follow({ operator }, 'session.tail', 'realm1', id);
    await joe.say([48, 7, {}, 'com.add', ['secret']]);
    clock.advance(200);
    await settled();
    expect(tail.entries).toMatchObject([
      { direction: 'received', type: 'CALL', request: 7, procedure: 'com.add', payload_bytes: 10 },
      { direction: 'sent', type: 'ERROR', request: 7, error: 'wamp.error.no_such_procedure' },
    ]);
    expect(JSON.stringify(tail.entries)).not.toContain('secret');
    await joe.say([6, {}, 'wamp.close.close_realm']);
    expect((await tail.ended).args).toEqual(['ended']);
  });

  test('costs nothing once it is canceled: messages go the plain way again', async () => {
    const { router, clock, operator } = open();
    const joe = await Client.join(router);
    const [session] = [...(router.realm('realm1')?.sessions.values() ?? [])] as Member[];
    const plain = session?.entrance;
    const tail = follow({ operator }, 'session.tail', 'realm1', session?.id);
    await settled();
    expect(session?.entrance).not.toBe(plain);
    tail.cancel();
    await expect(tail.ended).rejects.toThrow('wamp.error.canceled');
    expect(session?.entrance).toBe(plain);
    await joe.say([48, 7, {}, 'com.add', ['secret']]);
    clock.advance(1000);
    expect(tail.entries).toEqual([]);
  });

  test('shows payloads to roles that may see them, and to no others', async () => {
    const { router, clock, operator, refused } = open();
    const auditor = router.join('wamp.admin', { principal: { authid: 'ann', authrole: 'auditor' } });
    const denied = follow({ operator }, 'topic.tail', 'realm1', 'com.news', 'exact', true);
    await expect(denied.ended).rejects.toThrow('wamp.error.not_authorized');
    expect(await refused('topic.tail', 'realm1', 'com.news')).toBe('wamp.error.invalid_argument');
    const tail = follow({ operator: auditor }, 'topic.tail', 'realm1', 'com..a', 'wildcard', true);
    const joe = await Client.join(router);
    await joe.say([16, 1, { acknowledge: true }, 'com.x.a', ['hello'], { n: 1 }]);
    await joe.say([16, 2, { acknowledge: true }, 'com.x.b', ['other']]);
    await joe.say([16, 3, { acknowledge: true }, 'com.y.a', ['x'.repeat(20_000)]]);
    clock.advance(200);
    await settled();
    expect(tail.entries).toMatchObject([
      { topic: 'com.x.a', origin: 'session', subscribers: 0, args: ['hello'], kwargs: { n: 1 } },
      { topic: 'com.y.a', payload_bytes: 20_004 },
    ]);
    expect(tail.entries[1]).not.toHaveProperty('args');
  });

  test('of a topic ends with its realm', async () => {
    const { router, operator } = open();
    const tail = follow({ operator }, 'topic.tail', 'realm1', 'com.', 'prefix');
    await settled();
    router.removeRealm('realm1');
    expect(await tail.ended).toMatchObject({ args: ['ended'] });
  });

  test('shows a hundred entries at a time, and counts the others', async () => {
    const { router, clock, operator } = open();
    const tail = follow({ operator }, 'topic.tail', 'realm1', 'com.', 'prefix');
    const joe = await Client.join(router);
    for (let request = 1; request <= 150; request += 1) await joe.say([16, request, {}, 'com.a', []]);
    clock.advance(200);
    await settled();
    expect([tail.entries.length, tail.omitted()]).toEqual([100, 50]);
  });

  test('is refused beyond ten, in the admin realm, and of sessions without a connection', async () => {
    const { router, operator } = open();
    const joe = router.join('realm1');
    const refusalOf = (name: string, ...args: readonly unknown[]): Promise<unknown> =>
      follow({ operator }, name, ...args).ended.catch((error: unknown) => (error as ApplicationError).uri);
    expect(await refusalOf('session.tail', 'realm1', joe.id)).toBe('wamp.error.feature_not_supported');
    expect(await refusalOf('topic.tail', 'wamp.admin', 'com.a')).toBe('wamp.error.invalid_argument');
    for (let count = 0; count < 10; count += 1) follow({ operator }, 'topic.tail', 'realm1', 'com.a');
    expect(await refusalOf('topic.tail', 'realm1', 'com.a')).toBe('wamp.error.limit_exceeded');
  });
});

test('wrong arguments are refused in words', async () => {
  const { operator, refused } = open();
  expect(await refused('session.list', 'nowhere')).toBe('wamp.error.no_such_realm');
  expect(await refused('session.get', 'realm1', 5)).toBe('wamp.error.no_such_session');
  expect(await refused('session.get', 'realm1', 'five')).toBe('wamp.error.invalid_argument');
  expect(await refused('status', true, 1)).toBe('wamp.error.invalid_argument');
  const told = (kwargs: object): Promise<unknown> =>
    operator.call('wamp.admin.session.list', ['realm1'], { ...kwargs }).catch((error: unknown) => error);
  expect(await told({ colour: 'red' })).toMatchObject({
    args: [expect.stringContaining('colour: no such argument; this procedure takes realm, authid') as string],
  });
  expect(await told({ realm: 'realm1' })).toMatchObject({
    args: ['realm: given twice, by position and by name'],
  });
  expect(await told({ x_trace: 'abc', limit: 1 })).toMatchObject({ args: [{ total: 0 }] });
});

test('docs/admin.md lists every procedure with its arguments', () => {
  const page = readFileSync(new URL('../../../docs/admin.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(wamp\.admin\.[\w.]+)\(([^)]*)\)`/gm)].map(
    ([, uri = '', parameters = '']) => [uri, parameters],
  );
  const served = open().admin.procedures.map(({ uri, parameters }) => [uri, parameters.join(', ')]);
  expect(rows.sort()).toEqual(served.sort());
});
