/** Conversations about revoked registrations and subscriptions (checklist §2.20, §2.26, T-39). */
import type { Authenticator } from '@wamp/router';
import { converse, type ConversationOptions, type PeerOptions } from '@wamp/router/testing';
import { describe, test } from 'vitest';

/** Lets everybody in as whom they say they are. */
const trusting: Authenticator = {
  method: 'anonymous',
  begin: ({ details: { authid = 'nobody', authrole = 'guest' } }) => ({
    welcome: { authid, authrole, authmethod: 'anonymous', authprovider: 'test' },
  }),
};

const as = (authid: string, authrole: string): PeerOptions => ({ details: { authid, authrole } });

/** Roles of a client that understands revocations, and of one that does not. */
const AWARE = {
  callee: { features: { registration_revocation: true } },
  subscriber: { features: { subscription_revocation: true } },
};
const UNAWARE = { callee: {}, subscriber: {} };

const REMOVES_CALLEE = `
  admin → [48, 1, {}, "wamp.registration.remove_callee", [$add, $callee]]
  admin ← [50, 1, {}]
`;

const REMOVES_SUBSCRIBER = `
  admin → [48, 1, {}, "wamp.subscription.remove_subscriber", [$news, $subscriber]]
  admin ← [50, 1, {}]
`;

describe('a registration', () => {
  test('RREV-1 the dealer announces registration_revocation', () =>
    converse(`
      client → [1, "realm1", {"roles": {"callee": {}}}]
      client ← [2, *, {"roles": {"dealer": {"features": {"registration_revocation": true, ...}}, ...}, ...}]
    `));

  test('RREV-1 T-39 its callee is notified, by request 0 and the id', () =>
    converse(
      `
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $add]
      ${REMOVES_CALLEE}
      callee ← [67, 0, {"registration": $add}]
    `,
      { peers: { callee: { roles: AWARE } } },
    ));

  test.each([
    ['{"callee": {}}', { callee: {} }],
    ['{"callee": {"features": {}}}', { callee: { features: {} } }],
    ['the feature switched off', { callee: { features: { registration_revocation: false } } }],
    ['the feature as 1', { callee: { features: { registration_revocation: 1 } } }],
    [
      'the feature of the other role',
      { callee: { features: { subscription_revocation: true } }, subscriber: AWARE.subscriber },
    ],
    ['the feature under the wrong role', { callee: {}, caller: AWARE.callee, subscriber: AWARE.callee }],
  ])('RREV-2 T-39 a callee that announced %s is not told, but loses it', (_what, roles) =>
    converse(
      `
      watcher → [32, 1, {}, "wamp.registration.on_unregister"]
      watcher ← [33, 1, $meta]
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $add]
      ${REMOVES_CALLEE}
      callee ← nothing
      watcher ← [36, $meta, *, {}, [$callee, $add]]
      admin → [48, 2, {}, "com.add"]
      admin ← [8, 48, 2, {}, "wamp.error.no_such_procedure"]
      callee → [66, 2, $add]
      callee ← [8, 66, 2, {}, "wamp.error.no_such_registration"]
    `,
      { peers: { callee: { roles } } },
    ),
  );

  test('RREV-1 T-43 calls that the callee has are finished', () =>
    converse(`
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $add]
      caller → [48, 1, {}, "com.add", [1]]
      callee ← [68, 1, $add, {}, [1]]
      caller → [48, 2, {"receive_progress": true}, "com.add", [2]]
      callee ← [68, 2, $add, {"receive_progress": true}, [2]]
      caller → [48, 3, {}, "com.add", [3]]
      callee ← [68, 3, $add, {}, [3]]
      caller → [48, 4, {"progress": true}, "com.add", [4]]
      callee ← [68, 4, $add, {"progress": true}, [4]]
      ${REMOVES_CALLEE}
      callee ← [67, 0, {"registration": $add}]
      caller ← nothing
      callee → [70, 1, {}, ["one"]]
      caller ← [50, 1, {}, ["one"]]
      callee → [70, 2, {"progress": true}, ["half"]]
      caller ← [50, 2, {"progress": true}, ["half"]]
      callee → [8, 68, 2, {}, "com.error.two"]
      caller ← [8, 48, 2, {}, "com.error.two"]
      caller → [49, 3, {"mode": "kill"}]
      callee ← [69, 3, {"mode": "kill", ...}]
      callee → [8, 68, 3, {}, "wamp.error.canceled"]
      caller ← [8, 48, 3, {}, "wamp.error.canceled"]
      caller → [48, 4, {}, "com.add", [5]]
      callee ← [68, 4, $add, {}, [5]]
      callee → [70, 4, {}, ["four"]]
      caller ← [50, 4, {}, ["four"]]
    `));

  test('RREV-1 REG-2 afterwards it is not the callee’s any more, and the name is free', () =>
    converse(`
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $add]
      ${REMOVES_CALLEE}
      callee ← [67, 0, {"registration": $add}]
      callee → [66, 2, $add]
      callee ← [8, 66, 2, {}, "wamp.error.no_such_registration"]
      callee → [64, 3, {}, "com.add"]
      callee ← [65, 3, $anew]
      admin → [48, 2, {}, "com.add"]
      callee ← [68, 1, $anew, {}]
    `));

  test('RREV-1 SHR-3 the round robin goes on among those who stay', () =>
    converse(`
      one → [64, 1, {"invoke": "roundrobin"}, "com.add"]
      one ← [65, 1, $add]
      callee → [64, 1, {"invoke": "roundrobin"}, "com.add"]
      callee ← [65, 1, $add]
      three → [64, 1, {"invoke": "roundrobin"}, "com.add"]
      three ← [65, 1, $add]
      caller → [48, 1, {}, "com.add", [1]]
      one ← [68, 1, $add, {}, [1]]
      ${REMOVES_CALLEE}
      callee ← [67, 0, {"registration": $add}]
      caller → [48, 2, {}, "com.add", [2]]
      three ← [68, 1, $add, {}, [2]]
      caller → [48, 3, {}, "com.add", [3]]
      one ← [68, 2, $add, {}, [3]]
      caller → [48, 4, {}, "com.add", [4]]
      three ← [68, 2, $add, {}, [4]]
    `));

  test('RREV-1 SHR-3 nor does it skip a callee when one leaves that had its turn', () =>
    converse(`
      callee → [64, 1, {"invoke": "roundrobin"}, "com.add"]
      callee ← [65, 1, $add]
      two → [64, 1, {"invoke": "roundrobin"}, "com.add"]
      two ← [65, 1, $add]
      three → [64, 1, {"invoke": "roundrobin"}, "com.add"]
      three ← [65, 1, $add]
      caller → [48, 1, {}, "com.add", [1]]
      callee ← [68, 1, $add, {}, [1]]
      caller → [48, 2, {}, "com.add", [2]]
      two ← [68, 1, $add, {}, [2]]
      ${REMOVES_CALLEE}
      callee ← [67, 0, {"registration": $add}]
      caller → [48, 3, {}, "com.add", [3]]
      three ← [68, 1, $add, {}, [3]]
      caller → [48, 4, {}, "com.add", [4]]
      two ← [68, 2, $add, {}, [4]]
    `));

  test('RREV-1 remove_callee needs permission like any call', () =>
    converse(
      `
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $add]
      admin → [48, 1, {}, "wamp.registration.remove_callee", [$add, $callee]]
      admin ← [8, 48, 1, {}, "wamp.error.not_authorized", *]
      callee ← nothing
    `,
      { router: { authorizer: { authorize: (_who, _action, uri) => !uri.includes('remove') } } },
    ));

  test('RREV-1 VIO-7 only the router revokes: UNREGISTERED from a client is a violation', () =>
    converse(`
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $add]
      intruder → [67, 0, {"registration": $add}]
      intruder ← [3, {...}, "wamp.error.protocol_violation"]
      intruder ← closed
      callee ← nothing
    `));
});

describe('a subscription', () => {
  test('SREV-1 the broker announces subscription_revocation', () =>
    converse(`
      client → [1, "realm1", {"roles": {"callee": {}}}]
      client ← [2, *, {"roles": {"broker": {"features": {"subscription_revocation": true, ...}}, ...}, ...}]
    `));

  test('SREV-1 T-39 its subscriber is notified, by request 0 and the id', () =>
    converse(
      `
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      ${REMOVES_SUBSCRIBER}
      subscriber ← [35, 0, {"subscription": $news}]
    `,
      { peers: { subscriber: { roles: AWARE } } },
    ));

  test.each([
    ['nothing', { subscriber: {} }],
    ['the feature switched off', { subscriber: { features: { subscription_revocation: false } } }],
    ['the feature under the wrong role', { ...UNAWARE, callee: AWARE.subscriber }],
    ['the feature of the other role', { callee: AWARE.callee, subscriber: AWARE.callee }],
  ])('SREV-2 T-39 a subscriber that announced %s is not told, but loses it', (_what, roles) =>
    converse(
      `
      watcher → [32, 1, {}, "wamp.subscription.on_unsubscribe"]
      watcher ← [33, 1, $meta]
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      ${REMOVES_SUBSCRIBER}
      subscriber ← nothing
      watcher ← [36, $meta, *, {}, [$subscriber, $news]]
      admin → [16, 2, {}, "com.news", [1]]
      subscriber ← nothing
      subscriber → [34, 2, $news]
      subscriber ← [8, 34, 2, {}, "wamp.error.no_such_subscription"]
    `,
      { peers: { subscriber: { roles } } },
    ),
  );

  test('SREV-1 ORD-1 what was published before arrives before, and nothing after', () =>
    converse(`
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      admin → [16, 9, {}, "com.news", [1]]
      ${REMOVES_SUBSCRIBER}
      admin → [16, 10, {}, "com.news", [2]]
      subscriber ← [36, $news, *, {}, [1]]
      subscriber ← [35, 0, {"subscription": $news}]
      subscriber → [32, 2, {}, "com.news"]
      subscriber ← [33, 2, $again]
      admin → [16, 11, {}, "com.news", [3]]
      subscriber ← [36, $again, *, {}, [3]]
    `));

  test('SREV-1 remove_subscriber needs permission like any call', () =>
    converse(
      `
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      admin → [48, 1, {}, "wamp.subscription.remove_subscriber", [$news, $subscriber]]
      admin ← [8, 48, 1, {}, "wamp.error.not_authorized", *]
      subscriber ← nothing
    `,
      { router: { authorizer: { authorize: (_who, _action, uri) => !uri.includes('remove') } } },
    ));
});

describe('force_reregister', () => {
  const people = {
    router: { authenticators: [trusting] },
    peers: {
      ann: as('ann', 'staff'),
      ann2: as('ann', 'staff'),
      ann3: { ...as('ann', 'staff'), roles: UNAWARE },
      guest: as('ann', 'guest'),
      bob: as('bob', 'staff'),
      root: as('root', 'trusted'),
      caller: as('caller', 'guest'),
    },
  } satisfies ConversationOptions;

  test('T-39 the dealer announces it under a name of its own', () =>
    converse(`
      client → [1, "realm1", {"roles": {"callee": {}}}]
      client ← [2, *, {"roles": {"dealer": {"features": {"x_force_reregister": true, ...}}, ...}, ...}]
    `));

  test('RREV-1 T-39 takes the procedure from an older session of the same principal', () =>
    converse(
      `
      ann → [64, 1, {}, "com.add"]
      ann ← [65, 1, $old]
      ann2 → [64, 1, {"force_reregister": true}, "com.add"]
      ann ← [67, 0, {"registration": $old, "reason": *}]
      ann2 ← [65, 1, $new]
      caller → [48, 1, {}, "com.add", [1]]
      ann2 ← [68, 1, $new, {}, [1]]
      ann → [66, 2, $old]
      ann ← [8, 66, 2, {}, "wamp.error.no_such_registration"]
      ann → closed
      caller → [48, 2, {}, "com.add", [2]]
      ann2 ← [68, 2, $new, {}, [2]]
    `,
      people,
    ));

  test('RREV-2 T-39 without a word to a callee that does not understand it', () =>
    converse(
      `
      ann3 → [64, 1, {}, "com.add"]
      ann3 ← [65, 1, *]
      ann2 → [64, 1, {"force_reregister": true}, "com.add"]
      ann2 ← [65, 1, $new]
      ann3 ← nothing
      caller → [48, 1, {}, "com.add"]
      ann2 ← [68, 1, $new, {}]
    `,
      people,
    ));

  test.each(['', '"force_reregister": false', '"force_reregister": null'])(
    'REG-1 T-17 not with options {%s}',
    (options) =>
      converse(
        `
        ann → [64, 1, {}, "com.add"]
        ann ← [65, 1, $add]
        ann2 → [64, 1, {${options}}, "com.add"]
        ann2 ← [8, 64, 1, {}, "wamp.error.procedure_already_exists", *]
        caller → [48, 1, {}, "com.add"]
        ann ← [68, 1, $add, {}]
      `,
        people,
      ),
  );

  test.each(['1', '"true"'])('EXT-3 T-5 a force_reregister of %s is a violation', (value) =>
    converse(
      `
      ann → [64, 1, {"force_reregister": ${value}}, "com.add"]
      ann ← [3, {...}, "wamp.error.protocol_violation"]
      ann ← closed
    `,
      people,
    ),
  );

  test.each(['bob', 'guest'])('REG-1 T-39 not for another principal: %s', (name) =>
    converse(
      `
      ann → [64, 1, {}, "com.add"]
      ann ← [65, 1, $add]
      ${name} → [64, 1, {"force_reregister": true}, "com.add"]
      ${name} ← [8, 64, 1, {}, "wamp.error.procedure_already_exists", *]
      ann ← nothing
      caller → [48, 1, {}, "com.add"]
      ann ← [68, 1, $add, {}]
    `,
      people,
    ),
  );

  test('T-39 the authrole trusted may revoke any registration and subscription', () =>
    converse(
      `
      ann → [64, 1, {}, "com.add"]
      ann ← [65, 1, $old]
      root → [64, 1, {"force_reregister": true}, "com.add"]
      ann ← [67, 0, {"registration": $old, "reason": *}]
      root ← [65, 1, $new]
      caller → [48, 1, {}, "com.add"]
      root ← [68, 1, $new, {...}]
      ann → [64, 2, {"force_reregister": true}, "com.add"]
      ann ← [8, 64, 2, {}, "wamp.error.procedure_already_exists", *]
    `,
      people,
    ));

  test('T-39 but not even the authrole trusted can take the procedures of the router', () =>
    converse(
      `
      root → [64, 1, {"force_reregister": true}, "wamp.session.count"]
      root ← [8, 64, 1, {}, "wamp.error.procedure_already_exists", *]
      caller → [48, 1, {}, "wamp.session.count"]
      caller ← [50, 1, {}, [2]]
    `,
      { ...people, peers: { root: people.peers.root, caller: people.peers.caller } },
    ));

  test('REG-1 it has no effect on a procedure that is not registered', () =>
    converse(
      `
      ann → [64, 1, {"force_reregister": true}, "com.add"]
      ann ← [65, 1, $add]
      caller → [48, 1, {}, "com.add"]
      ann ← [68, 1, $add, {}]
    `,
      people,
    ));

  test('T-39 T-17 a session may replace its own registration', () =>
    converse(
      `
      ann → [64, 1, {}, "com.add"]
      ann ← [65, 1, $old]
      ann → [64, 2, {"force_reregister": true, "invoke": "roundrobin"}, "com.add"]
      ann ← [67, 0, {"registration": $old, "reason": *}]
      ann ← [65, 2, $new]
      caller → [48, 1, {}, "com.add"]
      ann ← [68, 1, $new, {}]
    `,
      people,
    ));

  test('T-39 T-15 the same name under another match policy is another registration', () =>
    converse(
      `
      ann → [64, 1, {}, "com.add"]
      ann ← [65, 1, $exact]
      ann → [64, 2, {"match": "prefix"}, "com.add"]
      ann ← [65, 2, $old]
      ann2 → [64, 1, {"match": "prefix", "force_reregister": true}, "com.add"]
      ann ← [67, 0, {"registration": $old, "reason": *}]
      ann2 ← [65, 1, $prefix]
      caller → [48, 1, {}, "com.add"]
      ann ← [68, 1, $exact, {}]
      caller → [48, 2, {}, "com.add.more"]
      ann2 ← [68, 1, $prefix, {"procedure": "com.add.more"}]
    `,
      people,
    ));

  test('T-43 RREV-1 calls in flight are finished by the one that lost the procedure', () =>
    converse(
      `
      ann → [64, 1, {}, "com.add"]
      ann ← [65, 1, $old]
      caller → [48, 1, {}, "com.add", [1]]
      ann ← [68, 1, $old, {}, [1]]
      ann2 → [64, 1, {"force_reregister": true}, "com.add"]
      ann ← [67, 0, {...}]
      ann2 ← [65, 1, $new]
      caller → [48, 2, {}, "com.add", [2]]
      ann2 ← [68, 1, $new, {}, [2]]
      ann → [70, 1, {}, ["one"]]
      caller ← [50, 1, {}, ["one"]]
      ann2 → [70, 1, {}, ["two"]]
      caller ← [50, 2, {}, ["two"]]
    `,
      people,
    ));

  test('T-39 of a shared registration, it takes what is the principal’s and leaves the others', () =>
    converse(
      `
      ann → [64, 1, {"invoke": "roundrobin"}, "com.add"]
      ann ← [65, 1, $add]
      bob → [64, 1, {"invoke": "roundrobin"}, "com.add"]
      bob ← [65, 1, $add]
      guest → [64, 1, {"invoke": "roundrobin"}, "com.add"]
      guest ← [65, 1, $add]
      ann3 → [64, 1, {"invoke": "roundrobin"}, "com.add"]
      ann3 ← [65, 1, $add]
      ann2 → [64, 1, {"invoke": "roundrobin", "force_reregister": true}, "com.add"]
      ann ← [67, 0, {"registration": $add, ...}]
      ann2 ← [65, 1, $add]
      caller → [48, 1, {}, "wamp.registration.list_callees", [$add]]
      caller ← [50, 1, {}, [[$bob, $guest, $ann2]]]
    `,
      people,
    ));

  test('T-17 T-39 a REGISTER that is refused all the same takes nothing', () =>
    converse(
      `
      ann → [64, 1, {"invoke": "roundrobin"}, "com.add"]
      ann ← [65, 1, $add]
      bob → [64, 1, {"invoke": "roundrobin"}, "com.add"]
      bob ← [65, 1, $add]
      ann2 → [64, 1, {"force_reregister": true}, "com.add"]
      ann2 ← [8, 64, 1, {}, "wamp.error.procedure_already_exists", *]
      ann2 → [64, 2, {"force_reregister": true, "invoke": "first"}, "com.add"]
      ann2 ← [8, 64, 2, {}, "wamp.error.procedure_already_exists", *]
      ann ← nothing
      caller → [48, 1, {}, "wamp.registration.list_callees", [$add]]
      caller ← [50, 1, {}, [[$ann, $bob]]]
    `,
      people,
    ));

  test('T-39 a REGISTER that the authorizer refuses takes nothing', () =>
    converse(
      `
      ann → [64, 1, {}, "com.add"]
      ann ← [65, 1, $add]
      ann2 → [64, 1, {"force_reregister": true}, "com.add"]
      ann2 ← [8, 64, 1, {}, "wamp.error.not_authorized", *]
      ann ← nothing
      caller → [48, 1, {}, "com.add"]
      ann ← [68, 1, $add, {}]
    `,
      {
        ...people,
        router: {
          ...people.router,
          authorizer: { authorize: (_who, _action, _uri, options) => !('force_reregister' in options) },
        },
      },
    ));

  test('META-4 meta events report the loss, then the new registration', () =>
    converse(
      `
      ann → [64, 1, {}, "com.add"]
      ann ← [65, 1, $old]
      caller → [32, 1, {"match": "prefix"}, "wamp.registration."]
      caller ← [33, 1, $meta]
      ann2 → [64, 1, {"force_reregister": true}, "com.add"]
      ann ← [67, 0, {...}]
      ann2 ← [65, 1, $new]
      caller ← [36, $meta, *, {"topic": "wamp.registration.on_unregister"}, [$ann, $old]]
      caller ← [36, $meta, *, {"topic": "wamp.registration.on_delete"}, [$ann, $old]]
      caller ← [36, $meta, *, {"topic": "wamp.registration.on_create"}, [$ann2, {"id": $new, ...}]]
      caller ← [36, $meta, *, {"topic": "wamp.registration.on_register"}, [$ann2, $new]]
    `,
      people,
    ));
});
