/** What a reload has to do, and whom it sends away: pure functions of two configurations. */
import fc from 'fast-check';
import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { readConfiguration } from '../src/config/load.ts';
import { same } from '../src/config/same.ts';
import type { Configuration } from '../src/config/schema.ts';
import { whyLeave } from '../src/departures.ts';
import { byPlace, describeChange, planReload, type Change } from '../src/plan.ts';

function read(value: object): Configuration {
  // Whatever is JSON is YAML.
  return readConfiguration(JSON.stringify(value), { file: 'wamp.yaml', environment: {} }).configuration;
}

const permissions = fc.subarray(['call', 'publish', 'subscribe']).map((allow) => [{ uri: 'com.a', allow }]);
const realm = fc.record(
  {
    roles: fc.record({ anonymous: fc.record({ permissions }) }),
    uri_rules: fc.constantFrom('loose', 'strict'),
    max_sessions: fc.integer({ min: 1, max: 2 }),
    quotas: fc.record({ calls: fc.integer({ min: 0, max: 1 }) }),
  },
  { requiredKeys: [] },
);
const listener = fc.record(
  { pages: fc.boolean(), transports: fc.constantFrom(['websocket'], ['websocket', 'rawsocket']) },
  { requiredKeys: [] },
);
const configuration = fc
  .record({
    realms: fc.dictionary(fc.constantFrom('com.a', 'com.b', 'com.c'), realm, { minKeys: 1 }),
    listeners: fc.dictionary(fc.constantFrom('1001', '1002', '0'), listener, { minKeys: 1 }),
    limits: fc.record(
      { hello_timeout: fc.constantFrom('1s', '2s'), ping_interval: fc.constantFrom('1s', '2s') },
      { requiredKeys: [] },
    ),
    attempts: fc.record({ per_authid: fc.constantFrom(1, 2) }, { requiredKeys: [] }),
    drain: fc.constantFrom('1s', '2s'),
    log: fc.record(
      { level: fc.constantFrom('info', 'warn'), format: fc.constantFrom('json', 'pretty') },
      { requiredKeys: [] },
    ),
  })
  .map(({ realms, listeners, ...rest }) =>
    read({
      ...rest,
      realms: Object.entries(realms).map(([name, each]) => ({ name, ...each })),
      listeners: Object.entries(listeners).map(([port, each]) => ({ port, ...each })),
    }),
  );

/** What comes of a plan, by its own words: what it does not name stays. */
function after(before: Configuration, wanted: Configuration, plan: readonly Change[]): Configuration {
  const listeners = new Map(byPlace(before.listeners));
  const realms = new Map(before.realms.map((each) => [each.name, each]));
  const result = structuredClone({ ...before, listeners: [], realms: [] }) as unknown as Record<
    string,
    unknown
  >;
  for (const change of plan) {
    const place = 'listener' in change ? change.place : '';
    if (change.kind === 'listener_closed') listeners.delete(place);
    else if ('listener' in change) listeners.set(place, change.listener);
    else if (change.kind === 'realm_removed') realms.delete(change.realm.name);
    else if ('realm' in change) realms.set(change.realm.name, change.realm);
    else if (change.kind === 'setting_changed') {
      const [part = '', key] = change.path.split('.').map(camel);
      const source = (wanted as unknown as Record<string, unknown>)[part];
      if (key === undefined) result[part] = source;
      else Object.assign(result[part] as object, { [key]: (source as Record<string, unknown>)[key] });
    }
  }
  return {
    ...result,
    listeners: [...listeners.values()],
    realms: [...realms.values()],
  } as unknown as Configuration;
}

function camel(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Without what a plan cannot change, and without order. */
function comparable({ listeners, realms, limits, log, ...rest }: Configuration): unknown {
  const { pingInterval: _, ...others } = limits;
  return {
    ...rest,
    limits: others,
    level: log.level,
    listeners: byPlace(listeners),
    realms: new Map(realms.map(({ uriRules: _rules, ...each }) => [each.name, each])),
  };
}

test('a plan does what differs, all of it and nothing else', () => {
  fc.assert(
    fc.property(configuration, configuration, (before, wanted) => {
      const plan = planReload(before, wanted);
      expect(comparable(after(before, wanted, plan))).toEqual(comparable(wanted));
      expect(plan.length === 0).toBe(same(withoutOrder(before), withoutOrder(wanted)));
      // What it cannot do is named.
      if (before.limits.pingInterval !== wanted.limits.pingInterval) {
        expect(plan).toContainEqual({ kind: 'needs_restart', path: 'limits.ping_interval' });
      }
      for (const change of plan) expect(describeChange(change)).toMatch(/^\S.*: \S/);
    }),
    { numRuns: 40 },
  );
});

function withoutOrder({ listeners, realms, ...rest }: Configuration): unknown {
  return { ...rest, listeners: byPlace(listeners), realms: new Map(realms.map((each) => [each.name, each])) };
}

test('the same configuration, read again, has nothing to do, whatever keys it holds', () => {
  fc.assert(
    fc.property(configuration, (one) => {
      expect(planReload(one, structuredClone(one))).toEqual([]);
    }),
    { numRuns: 10 },
  );
  const key = () => generateKeyPairSync('ed25519').publicKey;
  const [one, other] = [key(), key()];
  expect([same({ one }, { one }), same({ one }, { one: other })]).toEqual([true, false]);
  expect(same(new Map([['a', Buffer.of(1)]]), new Map([['a', Buffer.of(2)]]))).toBe(false);
});

const AUTH = {
  anonymous: { role: 'guest' },
  ticket: { principals: { joe: { role: 'user', ticket: 'a' }, ann: { role: 'user', ticket: 'b' } } },
};
const ROLES = { guest: { permissions: [] }, user: { permissions: [] }, staff: { permissions: [] } };
const joe = { authid: 'joe', authrole: 'user', authmethod: 'ticket', authprovider: 'static' };
const guest = { authid: 'X', authrole: 'guest', authmethod: 'anonymous', authprovider: 'static' };
const local = { authid: 'local', authrole: 'trusted', authmethod: 'local', authprovider: 'local' };

test.each([
  ['nothing changed', joe, {}, undefined],
  ['the ticket is another', joe, { principals: { joe: { role: 'user', ticket: 'z' } } }, undefined],
  [
    'the principal is gone',
    joe,
    { principals: { ann: { role: 'user', ticket: 'b' } } },
    'joe is no longer admitted',
  ],
  [
    'the role is another',
    joe,
    { principals: { joe: { role: 'staff', ticket: 'a' } } },
    'joe has another role now',
  ],
  ['a procedure decides', joe, { principals: undefined, procedure: 'com.who' }, undefined],
  ['somebody else is gone', guest, { principals: { ann: { role: 'user', ticket: 'b' } } }, undefined],
  ['it is code of the process', local, { principals: { ann: { role: 'user', ticket: 'b' } } }, undefined],
])('whether a session goes on when %s', (_, principal, ticket, why) => {
  const realmOf = (changed: object) => ({
    name: 'realm1',
    roles: ROLES,
    auth: { ...AUTH, ticket: { ...AUTH.ticket, ...changed } },
  });
  const configured = (changed: object) => read({ listeners: [{}], realms: [realmOf(changed)] }).realms[0];
  const [before, now] = [configured({}), configured(ticket)];
  if (before === undefined || now === undefined) throw new Error('no realm');
  expect(whyLeave(principal, before, now)).toBe(why);
});

test('a session whose role is gone has to leave, and so has one whose method is', () => {
  const configured = (roles: object, auth: object) => {
    const [found] = read({ listeners: [{}], realms: [{ name: 'realm1', roles, auth }] }).realms;
    if (found === undefined) throw new Error('no realm');
    return found;
  };
  const before = configured(ROLES, AUTH);
  const without = configured({ user: { permissions: [] } }, { ticket: AUTH.ticket });
  expect(whyLeave(guest, before, without)).toBe('the role guest is gone');
  expect(whyLeave(joe, before, without)).toBeUndefined();
  expect(whyLeave(guest, before, configured(ROLES, { ticket: AUTH.ticket }))).toBe('X is no longer admitted');
});
