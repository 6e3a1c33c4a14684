/** Realms with settings of their own, and what they have from the router (checklist §2.6, §2.30). */
import { createRouter, type Authenticator, type Authorizer } from '@wamp/router';
import { converse, type PeerOptions } from '@wamp/router/testing';
import { describe, expect, test } from 'vitest';

const OPEN: Authorizer = { authorize: () => true };
const CLOSED: Authorizer = { authorize: () => false };

function named(authrole: string): Authenticator {
  return {
    method: 'anonymous',
    begin: () => ({
      welcome: { authid: 'joe', authrole, authmethod: 'anonymous', authprovider: 'test' },
    }),
  };
}

function at(realm: string): PeerOptions {
  return { realm };
}

const peers = { one: at('realm1'), two: at('realm2') };

describe('a realm that says nothing has from the router', () => {
  test.each(['realm2', { name: 'realm2' }, { name: 'realm2', authorizer: undefined, disclosure: undefined }])(
    'AZN-2 the authorizer, the authenticators and all the rest: %j',
    (realm) =>
      converse(
        `
        two → [1, "realm2", {"roles": {"caller": {}}}]
        two ← [2, *, {"realm": "realm2", "authrole": "guest", ...}]
        two → [48, 1, {}, "com.closed"]
        two ← [8, 48, 1, {}, "wamp.error.not_authorized", *]
      `,
        {
          router: { realms: ['realm1', realm], authorizer: CLOSED, authenticators: [named('guest')] },
          peers,
        },
      ),
  );
});

describe('a realm may have of its own', () => {
  test('AUTH-2 AUTH-4 T-25 authenticators', () =>
    converse(
      `
      one → [1, "realm1", {"roles": {"caller": {}}}]
      one ← [2, *, {"authrole": "guest", ...}]
      two → [1, "realm2", {"roles": {"caller": {}}}]
      two ← [2, *, {"authrole": "staff", ...}]
      three → [1, "realm3", {"roles": {"caller": {}}}]
      three ← [3, {...}, "wamp.error.authentication_required"]
      three ← closed
    `,
      {
        router: {
          realms: [
            'realm1',
            { name: 'realm2', authenticators: [named('staff')] },
            { name: 'realm3', authenticators: [] },
          ],
          authenticators: [named('guest')],
        },
        peers,
      },
    ));

  test('AZN-1 AZN-2 an authorizer', () =>
    converse(
      `
      one → [48, 1, {}, "com.work"]
      one ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
      two → [48, 1, {}, "com.work"]
      two ← [8, 48, 1, {}, "wamp.error.not_authorized", *]
    `,
      { router: { realms: ['realm1', { name: 'realm2', authorizer: CLOSED }], authorizer: OPEN }, peers },
    ));

  test('AZN-2 T-46 an authorizer that is asked for testaments, too', () =>
    converse(
      `
      one → [48, 1, {}, "wamp.session.add_testament", ["com.last", [], {}]]
      one ← [50, 1, {}]
      two → [48, 1, {}, "wamp.session.add_testament", ["com.last", [], {}]]
      two ← [8, 48, 1, {}, "wamp.error.not_authorized"]
    `,
      {
        router: {
          realms: [
            { name: 'realm1', authorizer: OPEN },
            { name: 'realm2', authorizer: { authorize: (_who, action) => action === 'call' } },
          ],
          authorizer: CLOSED,
        },
        peers,
      },
    ));

  test('URI-3 rules for URIs', () =>
    converse(
      `
      one → [48, 1, {}, "com.Work!"]
      one ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
      two → [48, 1, {}, "com.Work!"]
      two ← [8, 48, 1, {}, "wamp.error.invalid_uri", *]
    `,
      { router: { realms: ['realm1', { name: 'realm2', uriRules: 'strict' }] }, peers },
    ));

  test('CID-2 T-13 a mind of its own about disclosure', () =>
    converse(
      `
      one → [48, 1, {"disclose_me": true}, "com.work"]
      one ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
      two → [48, 1, {"disclose_me": true}, "com.work"]
      two ← [8, 48, 1, {}, "wamp.error.option_disallowed.disclose_me"]
    `,
      { router: { realms: [{ name: 'realm1', disclosure: true }, 'realm2'], disclosure: false }, peers },
    ));

  test('quotas, one by one', () =>
    converse(
      `
      two → [32, 1, {}, "com.one"]
      two ← [33, 1, *]
      two → [32, 2, {}, "com.two"]
      two ← [8, 32, 2, {}, "wamp.error.limit_exceeded", *]
      two → [64, 3, {}, "com.one"]
      two ← [8, 64, 3, {}, "wamp.error.limit_exceeded", *]
    `,
      {
        router: {
          realms: [{ name: 'realm2', quotas: { subscriptions: 1 } }],
          quotas: { subscriptions: 2, registrations: 0 },
          features: [],
        },
        peers,
      },
    ));

  test('ROLE-1 features', () =>
    converse(
      `
      one → [48, 1, {}, "wamp.session.count"]
      one ← [50, 1, {}, [1]]
      two → [48, 1, {}, "wamp.session.count"]
      two ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
    `,
      { router: { realms: ['realm1', { name: 'realm2', features: [] }] }, peers },
    ));

  test('TRL-1 a trust level', () =>
    converse(
      `
      one → [32, 1, {}, "com.news"]
      one ← [33, 1, $one_news]
      two → [32, 1, {}, "com.news"]
      two ← [33, 1, $two_news]
      one → [16, 2, {"exclude_me": false}, "com.news"]
      one ← [36, $one_news, *, {"trustlevel": 1}]
      two → [16, 2, {"exclude_me": false}, "com.news"]
      two ← [36, $two_news, *, {"trustlevel": 2}]
    `,
      {
        router: { realms: ['realm1', { name: 'realm2', trustLevel: () => 2 }], trustLevel: () => 1 },
        peers,
      },
    ));
});

test('two realms of one name are a mistake', () => {
  expect(() => createRouter({ realms: ['realm1', { name: 'realm1' }] })).toThrow('realm1');
});

test('SES-5 URI-3 a realm is found under its configured name, with any URI rules', () =>
  converse(
    `
    client → [1, "Realm-2", {"roles": {"caller": {}}}]
    client ← [2, *, {...}]
    stranger → [1, "Realm-3", {"roles": {"caller": {}}}]
    stranger ← [3, {...}, "wamp.error.invalid_uri"]
    stranger ← closed
  `,
    { router: { realms: ['Realm-2'], uriRules: 'strict' } },
  ));
