/** Realms on demand: created from a template for the client that is admitted, and removed when nobody uses them. */
import {
  createRouter,
  isRealmPattern,
  ticket,
  type RealmTemplate,
  type Router,
  type RouterEvent,
  type RouterOptions,
} from '@wamp/router';
import { converse, ManualClock, type PeerOptions } from '@wamp/router/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Client, settle } from '../support/client.ts';
import { DENIED, Login, welcomed } from '../support/login.ts';

const TENANTS: RealmTemplate = { uri: 'com.tenants.*', maxRealms: 3, maxRealmsPerAddress: 2, idle: 60_000 };
const FULL: readonly unknown[] = [3, { message: expect.any(String) as unknown }, 'wamp.error.limit_exceeded'];
const UNKNOWN = [3, { message: 'there is no such realm' }, 'wamp.error.no_such_realm'];

function at(realm: string): PeerOptions {
  return { realm };
}

interface Stage {
  readonly router: Router;
  readonly clock: ManualClock;
  readonly events: readonly RouterEvent[];
  /** Joins, and returns the client, or what it was told instead of WELCOME. */
  readonly join: (realm: string, address?: string) => Promise<Client | readonly unknown[]>;
}

function stage(options: Partial<RouterOptions> = {}): Stage {
  const clock = new ManualClock();
  const router = createRouter({ realms: ['realm1'], realmTemplates: [TENANTS], clock, ...options });
  const events: RouterEvent[] = [];
  router.events.on((event) => events.push(event));
  return {
    router,
    clock,
    events,
    async join(realm, address) {
      const login = new Login(router, address === undefined ? {} : { address });
      const told = await login.hello('anonymous', {}, realm);
      return told[0] === 2 ? login.client : told;
    },
  };
}

function names(router: Router): readonly string[] {
  return [...router.realms()].map(({ name }) => name);
}

async function joined(found: Promise<Client | readonly unknown[]>): Promise<Client> {
  const client = await found;
  if (!(client instanceof Client)) throw new Error(`not admitted: ${JSON.stringify(client)}`);
  return client;
}

describe('C6 a HELLO to a realm that nobody has configured', () => {
  test('creates it where a template matches, and the next client finds it', () =>
    converse(
      `
      one → [1, "com.tenants.a", {"roles": {"caller": {}, "callee": {}}}]
      one ← [2, *, {"realm": "com.tenants.a", "authrole": "anonymous", ...}]
      two → [1, "com.tenants.a", {"roles": {"caller": {}}}]
      two ← [2, *, {"realm": "com.tenants.a", ...}]
      other → [1, "com.tenants.b", {"roles": {"caller": {}}}]
      other ← [2, *, {"realm": "com.tenants.b", ...}]
      one → [64, 1, {}, "com.work"]
      one ← [65, 1, *]
      other → [48, 1, {}, "com.work"]
      other ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
      two → [48, 1, {}, "com.work"]
      one ← [68, 1, *, {}]
    `,
      {
        router: { realmTemplates: [TENANTS] },
        peers: { one: at('com.tenants.a'), two: at('com.tenants.a'), other: at('com.tenants.b') },
      },
    ));

  test.each([
    ['com.other.a', 'wamp.error.no_such_realm'],
    ['com.tenants', 'wamp.error.no_such_realm'],
    ['wamp.tenants.a', 'wamp.error.no_such_realm'],
    ['com.tenants.a b', 'wamp.error.invalid_uri'],
    [`com.tenants.${'x'.repeat(600)}`, 'wamp.error.invalid_uri'],
  ])('is refused where none matches: %s', async (realm, uri) => {
    const { router } = stage({ realmTemplates: [TENANTS, { uri: 'wamp*' }] });
    expect((await new Login(router).hello('anonymous', {}, realm))[2]).toBe(uri);
    expect(names(router)).toEqual(['realm1']);
  });

  test('takes the first template that matches; a configured realm is no business of theirs', async () => {
    const realmTemplates = [{ uri: 'com.*.live', maxSessions: 1 }, { uri: '*' }];
    const { router, join } = stage({ realmTemplates });
    await joined(join('com.a.live'));
    await joined(join('com.b'));
    await joined(join('realm1'));
    expect([...router.realms()].map(({ template }) => template)).toEqual([undefined, 'com.*.live', '*']);
    expect(await join('com.a.live')).toEqual(FULL);
  });

  test('creates nothing for a client that is not admitted', async () => {
    const authenticators = [ticket(new Map([['joe', { ticket: 'secret', authrole: 'user' }]]))];
    const { router } = stage({ realmTemplates: [{ ...TENANTS, authenticators }] });
    const login = new Login(router);
    await login.hello('ticket', { authid: 'joe' }, 'com.tenants.a');
    expect(await login.authenticate('wrong')).toEqual(DENIED);
    expect(names(router)).toEqual(['realm1']);
    const again = new Login(router);
    await again.hello('ticket', { authid: 'joe' }, 'com.tenants.a');
    expect(await again.authenticate('secret')).toEqual(
      welcomed({ realm: 'com.tenants.a', authrole: 'user' }),
    );
    expect(names(router)).toEqual(['realm1', 'com.tenants.a']);
  });

  test('counts failed log-ins for the template: guessing under other names of realms is of no use', async () => {
    const authenticators = [ticket(new Map([['joe', { ticket: 'secret', authrole: 'user' }]]))];
    const { router } = stage({
      realmTemplates: [{ ...TENANTS, authenticators }],
      attempts: { perAuthid: 2 },
    });
    const tries: unknown[] = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      const login = new Login(router, { address: '192.0.2.1' });
      await login.hello('ticket', { authid: 'joe' }, `com.tenants.${name}`);
      tries.push((await login.authenticate('wrong'))[2]);
    }
    expect(tries.slice(0, 2)).toEqual(Array(2).fill('wamp.error.authentication_denied'));
    expect(tries.at(-1)).toBe('wamp.error.unavailable');
  });
});

describe('C6 realms of a template are bounded', () => {
  test('in number: beyond it, clients are refused and counted, and nobody else notices', async () => {
    const { router, join } = stage({ realmTemplates: [{ ...TENANTS, maxRealms: 2 }] });
    const one = await joined(join('com.tenants.a'));
    await joined(join('com.tenants.b'));
    expect(await join('com.tenants.c')).toEqual(FULL);
    await joined(join('com.tenants.b'));
    await one.say([32, 1, {}, 'com.news']);
    expect(one.heard.at(-1)?.[0]).toBe(33);
    expect(router.limited.of('realms')).toBe(1);
  });

  test('by address, whose own idle realm makes room first', async () => {
    const { router, join } = stage({ realmTemplates: [{ ...TENANTS, maxRealms: 10 }] });
    const first = await joined(join('com.tenants.a', '192.0.2.1'));
    await joined(join('com.tenants.b', '192.0.2.1'));
    expect(await join('com.tenants.c', '192.0.2.1')).toEqual(FULL);
    expect(router.limited.of('realms_per_address')).toBe(1);
    // What others have created can be joined all the same.
    await joined(join('com.tenants.x', '192.0.2.2'));
    await joined(join('com.tenants.x', '192.0.2.1'));
    await first.say([6, {}, 'wamp.close.close_realm']);
    await joined(join('com.tenants.c', '192.0.2.1'));
    expect(names(router)).toEqual(['realm1', 'com.tenants.b', 'com.tenants.x', 'com.tenants.c']);
  });

  test('so that 10,000 names of a hostile client cost others nothing', async () => {
    const { router, join, clock } = stage({ realmTemplates: [{ ...TENANTS, maxRealms: 8 }] });
    const victim = await joined(join('com.tenants.victim', '192.0.2.1'));
    await victim.say([32, 1, {}, 'com.news']);
    const [timers, ofVictim] = [clock.pending, router.kept.used];
    for (let batch = 0; batch < 100; batch += 1) {
      const hostile = Array.from({ length: 100 }, (_, name) =>
        join(`com.tenants.${100 * batch + name}`, '198.51.100.1'),
      );
      for (const found of await Promise.all(hostile))
        if (found instanceof Client) found.send([6, {}, 'wamp.close.close_realm']);
    }
    await settle(router);
    expect(names(router)).toHaveLength(4);
    expect(clock.pending - timers).toBeLessThanOrEqual(4);
    expect(router.kept.used).toBe(ofVictim);
    const labels = router.metrics
      .read(['wamp_sessions', 'wamp_logins_accepted_total', 'wamp_messages_sent_total'])
      .flatMap(({ samples }) => samples.map((sample) => sample.labels['realm']));
    expect(new Set(labels)).toEqual(new Set(['realm1', 'com.tenants.*']));
    await joined(join('com.tenants.victim', '192.0.2.1'));
    await victim.say([16, 2, { exclude_me: false, acknowledge: true }, 'com.news']);
    expect(victim.heard.map(([type]) => type)).toEqual([33, 17, 36]);
  });
});

describe('C6 realms of a template are removed', () => {
  test('after they had no session for `idle`, with what they kept', async () => {
    const { router, join, clock, events } = stage();
    const client = await joined(join('com.tenants.a'));
    await client.say([16, 1, { acknowledge: true, retain: true }, 'com.news', ['x'.repeat(1000)]]);
    expect(router.kept.used).toBeGreaterThan(1000);
    clock.advance(10 * 60_000);
    expect(names(router)).toContain('com.tenants.a');
    await client.say([6, {}, 'wamp.close.close_realm']);
    clock.advance(59_000);
    const other = await joined(join('com.tenants.a'));
    clock.advance(59_000);
    await other.say([6, {}, 'wamp.close.close_realm']);
    clock.advance(59_999);
    expect(names(router)).toContain('com.tenants.a');
    clock.advance(1);
    expect(names(router)).toEqual(['realm1']);
    expect(router.kept.used).toBe(0);
    const facts = { realm: 'com.tenants.a', template: 'com.tenants.*' };
    expect(events.filter(({ code }) => code.startsWith('realm_'))).toEqual([
      { code: 'realm_opened', ...facts },
      { code: 'realm_closed', ...facts, why: 'idle' },
    ]);
  });

  test('when the client for which they were created is lost before it joins', async () => {
    const { router, clock } = stage();
    const client = new Client(router);
    client.send([1, 'com.tenants.a', { roles: { caller: {} } }]);
    client.transport.close();
    await settle(router);
    clock.advance(60_000);
    expect(names(router)).toEqual(['realm1']);
  });

  test('by the operator, and sessions are told', async () => {
    const { router, join } = stage();
    const client = await joined(join('com.tenants.a'));
    expect(router.removeRealm('com.tenants.a')).toBe(true);
    await client.say();
    expect(client.heard).toEqual([[6, {}, 'wamp.close.close_realm']]);
    await joined(join('com.tenants.a'));
  });

  test('leaving the counters of their template as they are', async () => {
    const { router, join, clock } = stage();
    const client = await joined(join('com.tenants.a'));
    await client.say([48, 1, {}, 'wamp.session.count'], [16, 2, { acknowledge: true }, 'com.news']);
    const total = (name: string, type: string): number | undefined => {
      const [metric] = router.metrics.read([name]);
      const found = metric?.samples.find(({ labels }) => Object.values(labels).includes(type));
      return found === undefined ? undefined : 'value' in found ? found.value : found.count;
    };
    await client.say([6, {}, 'wamp.close.close_realm']);
    const before = ['PUBLISH', 'CALL'].map((type) => total('wamp_messages_received_total', type));
    const calls = total('wamp_call_seconds', 'ok');
    expect(before).toEqual([1, 1]);
    clock.advance(60_000);
    expect(names(router)).toEqual(['realm1']);
    expect(['PUBLISH', 'CALL'].map((type) => total('wamp_messages_received_total', type))).toEqual(before);
    expect(total('wamp_call_seconds', 'ok')).toBe(calls);
    const again = await joined(join('com.tenants.a'));
    await again.say([16, 1, { acknowledge: true }, 'com.news']);
    expect(total('wamp_messages_received_total', 'PUBLISH')).toBe(2);
  });
});

describe('C6 templates change while the router runs', () => {
  test('realms whose template is gone end; the others get its settings', async () => {
    const other = { uri: 'org.*' };
    const { router, join, clock } = stage({ realmTemplates: [TENANTS, other] });
    const [tenant, stranger] = [await joined(join('com.tenants.a')), await joined(join('org.b'))];
    router.reconfigure({ realmTemplates: [{ ...TENANTS, quotas: { subscriptions: 0 }, idle: 5000 }] });
    await stranger.say();
    expect(stranger.heard).toEqual([[6, {}, 'wamp.close.close_realm']]);
    expect(await join('org.b')).toEqual(UNKNOWN);
    await tenant.say([32, 1, {}, 'com.news']);
    expect(tenant.heard.at(-1)?.[4]).toBe('wamp.error.limit_exceeded');
    await tenant.say([6, {}, 'wamp.close.close_realm']);
    clock.advance(5000);
    expect(names(router)).toEqual(['realm1']);
  });

  test('a client that is authenticating is refused when the authenticators have changed', async () => {
    const tickets = (secret: string) => [ticket(new Map([['joe', { ticket: secret, authrole: 'user' }]]))];
    const { router } = stage({ realmTemplates: [{ ...TENANTS, authenticators: tickets('old') }] });
    const login = new Login(router);
    await login.hello('ticket', { authid: 'joe' }, 'com.tenants.a');
    router.reconfigure({ realmTemplates: [{ ...TENANTS, authenticators: tickets('new') }] });
    expect((await login.authenticate('old'))[2]).toBe('wamp.error.unavailable');
  });

  test('a pattern needs stars, and belongs to one template', () => {
    const valid = ['com.example.*', '*', 'com.*.live', 'com.ex*', 'com.*.a.*'];
    const others = ['com.example', '', 'com..*', 'a b*', 'com.a*b.c'];
    expect([...valid, ...others].filter(isRealmPattern)).toEqual(valid);
    const make = (...uris: string[]) => stage({ realmTemplates: uris.map((uri) => ({ uri })) });
    expect(() => make('com.example')).toThrow('expected a pattern with stars, such as com.example.*');
    expect(() => make('a.*', 'a.*')).toThrow('there are two with this pattern');
  });
});

test('C6 creation and removal agree with a model, whatever clients do', async () => {
  const command = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.constant('join' as const), fc.nat(5), fc.nat(2)) },
    { weight: 3, arbitrary: fc.tuple(fc.constant('leave' as const), fc.nat(20), fc.constant(0)) },
    {
      weight: 2,
      arbitrary: fc.tuple(fc.constant('wait' as const), fc.constantFrom(10, 30, 61), fc.constant(0)),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
      const { router, join, clock } = stage();
      const model = new Map<string, { creator: number; sessions: Client[]; since: number }>();
      let now = 0;
      const idle = (creator?: number) =>
        [...model]
          .filter(
            ([, each]) => each.sessions.length === 0 && (creator === undefined || each.creator === creator),
          )
          .sort(([, a], [, b]) => a.since - b.since)[0]?.[0];
      for (const [kind, number, from] of commands) {
        now += 0.001;
        if (kind === 'wait') {
          now += number;
          clock.advance(number * 1000);
          for (const [name, { sessions, since }] of [...model])
            if (sessions.length === 0 && now - since >= 60) model.delete(name);
        } else if (kind === 'leave') {
          const open = [...model.values()].flatMap((realm) =>
            realm.sessions.map((client) => ({ realm, client })),
          );
          const { realm, client } = open[number % Math.max(1, open.length)] ?? {};
          if (realm === undefined || client === undefined) continue;
          await client.say([6, {}, 'wamp.close.close_realm']);
          realm.sessions.splice(realm.sessions.indexOf(client), 1);
          if (realm.sessions.length === 0) realm.since = now;
        } else {
          const name = `com.tenants.${number}`;
          const known = model.get(name);
          const own = [...model.values()].filter(({ creator }) => creator === from).length;
          let fits = true;
          if (known === undefined && own >= 2) {
            const gone = idle(from);
            fits = gone !== undefined;
            if (gone !== undefined) model.delete(gone);
          }
          if (known === undefined && fits && model.size >= 3) {
            const gone = idle();
            fits = gone !== undefined;
            if (gone !== undefined) model.delete(gone);
          }
          const found = await join(name, `192.0.2.${from + 1}`);
          expect(found instanceof Client).toBe(fits);
          if (!(found instanceof Client)) expect(found).toEqual(FULL);
          else if (known === undefined) model.set(name, { creator: from, sessions: [found], since: 0 });
          else known.sessions.push(found);
        }
        expect(names(router).slice(1).toSorted()).toEqual([...model.keys()].toSorted());
      }
      void router.close();
      clock.advance(10_000);
      expect(clock.pending).toBe(0);
    }),
    { numRuns: 40 },
  );
});
