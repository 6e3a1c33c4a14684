/** Conversations in a realm with permissions by role (checklist §2.30). */
import { permissions, type PermissionsByRole } from '@wamp/router';
import { converse, type ConversationOptions } from '@wamp/router/testing';
import { describe, test } from 'vitest';
import { as, trusting } from '../support/people.ts';

const ALL = ['call', 'register', 'publish', 'subscribe'] as const;

function ruled(roles: PermissionsByRole['roles']): ConversationOptions {
  return {
    router: { authenticators: [trusting], authorizer: permissions({ roles }) },
    peers: {
      ann: as('ann', 'user'),
      bob: as('bob', 'user'),
      service: as('service', 'backend'),
      eve: as('eve', 'guest'),
    },
  };
}

const SHOP = ruled({
  backend: {
    permissions: [
      { uri: 'com.shop.*', allow: ALL },
      { uri: 'com.user.*', allow: ['publish'] },
    ],
  },
  user: {
    permissions: [
      { uri: 'com.shop.*', allow: ['call', 'subscribe'], disclose: { caller: true } },
      { uri: 'com.shop.admin.*', deny: ALL },
      { uri: 'com.user.{authid}.*', allow: { subscribe: true, publish: true } },
    ],
  },
});

describe('AZN-1 AZN-2 by role', () => {
  test('AZN-1 AZN-2 each may do what its role may, and is known where the role has to be', () =>
    converse(
      `
      service → [64, 1, {}, "com.shop.buy"]
      service ← [65, 1, $buy]
      ann → [64, 1, {}, "com.shop.sell"]
      ann ← [8, 64, 1, {}, "wamp.error.not_authorized", ["register \\"com.shop.sell\\""]]
      ann → [48, 2, {}, "com.shop.buy", ["bread"]]
      service ← [68, 1, $buy, {"caller": $ann, "caller_authid": "ann", "caller_authrole": "user"}, ["bread"]]
      service → [70, 1, {}]
      ann ← [50, 2, {}]
      eve → [48, 1, {}, "com.shop.buy"]
      eve ← [8, 48, 1, {}, "wamp.error.not_authorized", *]
      service ← nothing
    `,
      SHOP,
    ));

  test('AZN-2 what is denied is denied, though more is allowed', () =>
    converse(
      `
      service → [64, 1, {}, "com.shop.admin.close"]
      service ← [65, 1, *]
      ann → [48, 1, {}, "com.shop.admin.close"]
      ann ← [8, 48, 1, {}, "wamp.error.not_authorized", *]
      service ← nothing
    `,
      SHOP,
    ));

  test('AZN-1 PSUB-2 a pattern needs leave for all that it matches', () =>
    converse(
      `
      ann → [32, 1, {"match": "prefix"}, "com.shop.news."]
      ann ← [33, 1, *]
      ann → [32, 2, {"match": "wildcard"}, "com.shop..new"]
      ann ← [8, 32, 2, {}, "wamp.error.not_authorized", *]
      ann → [32, 3, {"match": "prefix"}, "com.shop."]
      ann ← [8, 32, 3, {}, "wamp.error.not_authorized", *]
      ann → [32, 4, {"match": "prefix"}, "com."]
      ann ← [8, 32, 4, {}, "wamp.error.not_authorized", *]
      ann → [32, 5, {"match": "wildcard"}, "..new"]
      ann ← [8, 32, 5, {}, "wamp.error.not_authorized", *]
      service → [64, 1, {"match": "prefix"}, "com.shop.item."]
      service ← [65, 1, *]
      service → [64, 2, {"match": "prefix"}, "com."]
      service ← [8, 64, 2, {}, "wamp.error.not_authorized", *]
    `,
      SHOP,
    ));

  test('AZN-1 {authid} is everyone’s own', () =>
    converse(
      `
      ann → [32, 1, {"match": "prefix"}, "com.user.ann."]
      ann ← [33, 1, $anns]
      bob → [32, 1, {"match": "prefix"}, "com.user.ann."]
      bob ← [8, 32, 1, {}, "wamp.error.not_authorized", *]
      bob → [16, 2, {"acknowledge": true}, "com.user.ann.inbox", ["hello"]]
      bob ← [8, 16, 2, {}, "wamp.error.not_authorized", *]
      service → [16, 1, {}, "com.user.ann.inbox", ["hello"]]
      ann ← [36, $anns, *, {"topic": "com.user.ann.inbox"}, ["hello"]]
    `,
      SHOP,
    ));
});

describe('the router’s own procedures', () => {
  const GONE = 'bob ← [6, {}, "wamp.close.killed"]';
  /** Each with arguments that would do something to `$bob`, and what comes of it. */
  const POWERFUL = [
    ['wamp.session.kill', '[$bob]', `ann ← [50, 1, {}]\n${GONE}`],
    ['wamp.session.kill_by_authid', '["bob"]', `ann ← [50, 1, {}, [[$bob]]]\n${GONE}`],
    ['wamp.session.kill_by_authrole', '["user"]', `ann ← [50, 1, {}, [1]]\n${GONE}`],
    ['wamp.session.kill_all', '[]', `ann ← [50, 1, {}, [1]]\n${GONE}`],
    ['wamp.registration.remove_callee', '[$work, $bob]', 'ann ← [50, 1, {}]\nbob ← [67, 0, {...}]'],
    ['wamp.subscription.remove_subscriber', '[$news, $bob]', 'ann ← [50, 1, {}]\nbob ← [35, 0, {...}]'],
    ['wamp.session.add_testament', '["com.last", [], {}]', 'ann ← [50, 1, {}]'],
    ['wamp.session.list', '[]', 'ann ← [50, 1, {}, [*]]'],
    ['wamp.metrics.get', '[]', 'ann ← [50, 1, {}, [{...}]]'],
  ] as const;

  const SETTING = `
    bob → [64, 1, {}, "com.work"]
    bob ← [65, 1, $work]
    bob → [32, 2, {}, "com.news"]
    bob ← [33, 2, $news]`;

  test.each(POWERFUL)(
    'META-3 T-23 %s needs an explicit permission: one for everything does not suffice',
    (procedure, args) =>
      converse(
        `
      ${SETTING}
      ann → [48, 1, {}, "${procedure}", ${args}]
      ann ← [8, 48, 1, {}, "wamp.error.not_authorized", *]
      bob ← nothing
    `,
        ruled({ user: { permissions: [{ uri: '*', allow: ALL }] } }),
      ),
  );

  test.each([
    { uri: 'wamp.*' },
    { uri: 'wamp.session.*' },
    { uri: 'wamp.session.kill' },
    { uri: 'wamp..kill', match: 'wildcard' as const },
  ])('META-3 T-23 with one that does, sessions can be sent away: %j', (rule) =>
    converse(
      `
      ann → [48, 1, {}, "wamp.session.kill", [$bob]]
      ann ← [50, 1, {}]
      bob ← [6, {}, "wamp.close.killed"]
    `,
      ruled({ user: { permissions: [{ ...rule, allow: ['call'] }] } }),
    ),
  );

  test.each(POWERFUL)(
    'META-3 T-23 %s is permitted to every session only if there is no authorizer',
    (procedure, args, outcome) =>
      converse(
        `
        ${SETTING}
        ann → [48, 1, {}, "${procedure}", ${args}]
        ${outcome}
      `,
        { router: { authenticators: [trusting] }, peers: { ann: as('ann', 'user'), bob: as('bob', 'user') } },
      ),
  );

  test('T-40 META-1 its events are not delivered to a session that may receive everything else', () =>
    converse(
      `
      ann → [32, 1, {}, "wamp.session.on_join"]
      ann ← [8, 32, 1, {}, "wamp.error.not_authorized", *]
      ann → [32, 2, {"match": "prefix"}, ""]
      ann ← [33, 2, *]
      late → [1, "realm1", {"roles": {"caller": {}}}]
      late ← [2, *, {...}]
      ann ← nothing
    `,
      ruled({ user: { permissions: [{ uri: '*', allow: ALL }] } }),
    ));
});

describe('rules that change', () => {
  test('AZN-2 T-41 hold from the next message on', async () => {
    const authorizer = permissions({ roles: { user: { permissions: [{ uri: 'com.a', allow: ['call'] }] } } });
    const spy = {
      authorize: (...args: Parameters<typeof authorizer.authorize>) => {
        if (args[2] === 'com.change')
          authorizer.replace({ roles: { user: { permissions: [{ uri: 'com.b', allow: ['call'] }] } } });
        return authorizer.authorize(...args);
      },
    };
    await converse(
      `
      ann → [48, 1, {}, "com.a"]
      ann ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
      ann → [48, 2, {}, "com.b"]
      ann ← [8, 48, 2, {}, "wamp.error.not_authorized", *]
      ann → [48, 3, {}, "com.change"]
      ann ← [8, 48, 3, {}, "wamp.error.not_authorized", *]
      ann → [48, 4, {}, "com.a"]
      ann ← [8, 48, 4, {}, "wamp.error.not_authorized", *]
      ann → [48, 5, {}, "com.b"]
      ann ← [8, 48, 5, {}, "wamp.error.no_such_procedure"]
    `,
      { router: { authenticators: [trusting], authorizer: spy }, peers: { ann: as('ann', 'user') } },
    );
  });
});
