/** Conversations about testaments (checklist §2.27, T-46). */
import { defaultFeatures, createRouter, type Authenticator, type Authorizer } from '@wamp/router';
import { converse, ManualClock, type ConversationOptions, type PeerOptions } from '@wamp/router/testing';
import { describe, expect, test, vi } from 'vitest';
import { Client, settle } from '../support/client.ts';

/** Lets everybody in as whom they say they are. */
const trusting: Authenticator = {
  method: 'anonymous',
  begin: ({ details: { authid = 'nobody', authrole = 'guest' } }) => ({
    welcome: { authid, authrole, authmethod: 'anonymous', authprovider: 'test' },
  }),
};

const as = (authid: string, authrole: string): PeerOptions => ({ details: { authid, authrole } });

/** A realm of three people. */
const people = {
  router: { authenticators: [trusting] },
  peers: { ann: as('ann', 'staff'), bob: as('bob', 'staff'), eve: as('eve', 'guest') },
} satisfies ConversationOptions;

const LISTENS = `
  heir → [32, 1, {}, "com.will"]
  heir ← [33, 1, $will]
`;

/** A testament with these arguments, and further keywords. */
function adds(request: number, args: string, kwargs = ''): string {
  return `
    owner → [48, ${request}, {}, "wamp.session.add_testament", ${args}${kwargs === '' ? '' : `, {${kwargs}}`}]
    owner ← [50, ${request}, {}]
  `;
}

describe('writing a testament', () => {
  test('TST-1 the dealer announces testament_meta_api', () =>
    converse(`
      client → [1, "realm1", {"roles": {"caller": {}}}]
      client ← [2, *, {"roles": {"dealer": {"features": {"testament_meta_api": true, ...}}, ...}, ...}]
    `));

  test('TST-2 it is published when its session has ended, not before', () =>
    converse(`
      ${LISTENS}
      ${adds(1, '["com.will", ["my", {"last": null}], {"words": 1.5}]')}
      heir ← nothing
      owner → closed
      heir ← [36, $will, *, {}, ["my", {"last": null}], {"words": 1.5}]
    `));

  test.each([
    ['["com.will", [], {}]', ''],
    ['["com.will"]', ''],
    ['["com.will", ["a"]]', ', ["a"]'],
    ['["com.will", [], {"b": 1}]', ', [], {"b": 1}'],
  ])('TST-2 MSG-5 arguments %s arrive as %j', (args, payload) =>
    converse(`
      ${LISTENS}
      ${adds(1, args)}
      owner → closed
      heir ← [36, $will, *, {}${payload}]
    `),
  );

  test.each([
    ['', 'wamp.error.invalid_argument'],
    [', []', 'wamp.error.invalid_argument'],
    [', [1, [], {}]', 'wamp.error.invalid_argument'],
    [', [null, [], {}]', 'wamp.error.invalid_argument'],
    [', ["com.will", "args", {}]', 'wamp.error.invalid_argument'],
    [', ["com.will", {}, {}]', 'wamp.error.invalid_argument'],
    [', ["com.will", [], []]', 'wamp.error.invalid_argument'],
    [', ["com.will", [], "kwargs"]', 'wamp.error.invalid_argument'],
    [', ["com.will", [], 1]', 'wamp.error.invalid_argument'],
    [', ["com.will", [], {}], {"scope": "forever"}', 'wamp.error.invalid_argument'],
    [', ["com.will", [], {}], {"scope": 1}', 'wamp.error.invalid_argument'],
    [', ["com.will", [], {}], {"scope": ["destroyed"]}', 'wamp.error.invalid_argument'],
    [', ["com.will", [], {}], {"publish_options": 1}', 'wamp.error.invalid_argument'],
    [', ["com.will", [], {}], {"publish_options": []}', 'wamp.error.invalid_argument'],
    [', ["com.will", [], {}], {"publish_options": {"retain": 1}}', 'wamp.error.invalid_argument'],
    [', ["com.will", [], {}], {"publish_options": {"exclude_me": "no"}}', 'wamp.error.invalid_argument'],
    [', ["com.will", [], {}], {"publish_options": {"eligible": [0]}}', 'wamp.error.invalid_argument'],
    [', ["com.will", [], {}], {"publish_options": {"eligible": 1}}', 'wamp.error.invalid_argument'],
    [', ["com.will", [], {}], {"publish_options": {"exclude_authid": [1]}}', 'wamp.error.invalid_argument'],
    [', ["com.will", [], {}], {"publish_options": {"ppt_scheme": 1}}', 'wamp.error.invalid_argument'],
    [', ["com..will", [], {}]', 'wamp.error.invalid_uri'],
    [', ["", [], {}]', 'wamp.error.invalid_uri'],
    [', ["com will", [], {}]', 'wamp.error.invalid_uri'],
    [', ["wamp", [], {}]', 'wamp.error.invalid_uri'],
    [', ["wamp.session.on_join", [], {}]', 'wamp.error.invalid_uri'],
  ])('TST-2 T-46 URI-6 URI-8 bad arguments %j are refused: %s', (args, error) =>
    converse(`
      heir → [32, 1, {"match": "prefix"}, "com"]
      heir ← [33, 1, *]
      heir → [32, 2, {"match": "prefix"}, "wamp.session.on_join"]
      heir ← [33, 2, *]
      owner → [48, 1, {}, "wamp.session.add_testament"${args}]
      owner ← [8, 48, 1, {}, "${error}", *]
      owner → closed
      heir ← nothing
    `),
  );

  test('TST-2 T-5 null stands for what is absent', () =>
    converse(`
      ${LISTENS}
      ${adds(1, '["com.will", [1], {}]', '"scope": null, "publish_options": null')}
      ${adds(2, '["com.will", [2], {}]', '"publish_options": {"retain": null, "eligible": null}')}
      owner → closed
      heir ← [36, $will, *, {}, [1]]
      heir ← [36, $will, *, {}, [2]]
    `));

  test('TST-2 EXT-1 unknown keywords and options are ignored', () =>
    converse(`
      ${LISTENS}
      ${adds(1, '["com.will", [1], {}]', '"x_more": 1, "publish_options": {"x_more": 1, "moreover": []}')}
      owner → closed
      heir ← [36, $will, *, {}, [1]]
    `));

  test('T-4 T-46 the authrole trusted may leave testaments to wamp', () =>
    converse(
      `
      heir → [32, 1, {}, "wamp.will"]
      heir ← [33, 1, $will]
      ${adds(1, '["wamp.will", [1], {}]')}
      owner → closed
      heir ← [36, $will, *, {}, [1]]
    `,
      { router: { authenticators: [trusting] }, peers: { owner: as('root', 'trusted') } },
    ));

  test("TST-2 a session has its own testaments, which another session's leaving does not publish", () =>
    converse(`
      ${LISTENS}
      ${adds(1, '["com.will", ["owner"], {}]')}
      other → [48, 1, {}, "wamp.session.add_testament", ["com.will", ["other"], {}]]
      other ← [50, 1, {}]
      bystander → closed
      heir ← nothing
      other → closed
      heir ← [36, $will, *, {}, ["other"]]
      owner → closed
      heir ← [36, $will, *, {}, ["owner"]]
    `));
});

describe('order and scopes', () => {
  test('TST-4 testaments are published in the order in which they were written', () =>
    converse(`
      heir → [32, 1, {"match": "prefix"}, "com"]
      heir ← [33, 1, $all]
      ${adds(1, '["com.b", [1], {}]')}
      ${adds(2, '["com.a", [2], {}]')}
      ${adds(3, '["com.b", [3], {}]')}
      ${adds(4, '["com.b", [3], {}]')}
      owner → closed
      heir ← [36, $all, $p1, {"topic": "com.b"}, [1]]
      heir ← [36, $all, $p2, {"topic": "com.a"}, [2]]
      heir ← [36, $all, $p3, {"topic": "com.b"}, [3]]
      heir ← [36, $all, $p4, {"topic": "com.b"}, [3]]
    `));

  test('TST-4 all that are for detached come before those for destroyed', () =>
    converse(`
      ${LISTENS}
      ${adds(1, '["com.will", ["destroyed 1"], {}]')}
      ${adds(2, '["com.will", ["detached 1"], {}]', '"scope": "detached"')}
      ${adds(3, '["com.will", ["destroyed 2"], {}]', '"scope": "destroyed"')}
      ${adds(4, '["com.will", ["detached 2"], {}]', '"scope": "detached"')}
      owner → closed
      heir ← [36, $will, *, {}, ["detached 1"]]
      heir ← [36, $will, *, {}, ["detached 2"]]
      heir ← [36, $will, *, {}, ["destroyed 1"]]
      heir ← [36, $will, *, {}, ["destroyed 2"]]
    `));

  test.each([
    ['', ['detached']],
    [', [], {}', ['detached']],
    [', [], {"scope": "destroyed"}', ['detached']],
    [', [], {"scope": null}', ['detached']],
    [', [], {"scope": "detached"}', ['destroyed']],
  ])('TST-3 flush_testaments%s leaves %j', (args, left) =>
    converse(`
      ${LISTENS}
      ${adds(1, '["com.will", ["destroyed"], {}]')}
      ${adds(2, '["com.will", ["detached"], {}]', '"scope": "detached"')}
      owner → [48, 3, {}, "wamp.session.flush_testaments"${args}]
      owner ← [50, 3, {}]
      owner → closed
      ${left.map((scope) => `heir ← [36, $will, *, {}, ["${scope}"]]`).join('\n')}
    `),
  );

  test('TST-3 flushing is for what was written before, and of the session itself', () =>
    converse(`
      ${LISTENS}
      ${adds(1, '["com.will", ["before"], {}]')}
      other → [48, 1, {}, "wamp.session.add_testament", ["com.will", ["other"], {}]]
      other ← [50, 1, {}]
      owner → [48, 2, {}, "wamp.session.flush_testaments"]
      owner ← [50, 2, {}]
      owner → [48, 3, {}, "wamp.session.flush_testaments"]
      owner ← [50, 3, {}]
      ${adds(4, '["com.will", ["after"], {}]')}
      owner → closed
      heir ← [36, $will, *, {}, ["after"]]
      other → closed
      heir ← [36, $will, *, {}, ["other"]]
    `));

  test.each(['"forever"', '1', '""', '["destroyed"]'])(
    'TST-3 T-46 flushing the scope %s is an invalid argument, with testaments or without',
    (scope) =>
      converse(`
        ${LISTENS}
        owner → [48, 1, {}, "wamp.session.flush_testaments", [], {"scope": ${scope}}]
        owner ← [8, 48, 1, {}, "wamp.error.invalid_argument", *]
        ${adds(2, '["com.will", [1], {}]')}
        owner → [48, 3, {}, "wamp.session.flush_testaments", [], {"scope": ${scope}}]
        owner ← [8, 48, 3, {}, "wamp.error.invalid_argument", *]
        owner → closed
        heir ← [36, $will, *, {}, [1]]
      `),
  );

  test('TST-4 T-41 what a client says in one breath counts in that order', async () => {
    const router = createRouter({ realms: ['realm1'], clock: new ManualClock() });
    const heir = await Client.join(router);
    await heir.say([32, 1, {}, 'com.will']);
    const owner = await Client.join(router);
    await owner.say(
      [48, 1, {}, 'wamp.session.add_testament', ['com.will', ['flushed'], {}]],
      [48, 2, {}, 'wamp.session.flush_testaments'],
      [48, 3, {}, 'wamp.session.add_testament', ['com.will', ['kept'], {}]],
      [6, {}, 'wamp.close.close_realm'],
    );
    expect(heir.heard.filter(([type]) => type === 36).map((event) => event[4])).toEqual([['kept']]);
  });

  test('TST-4 T-41 an authorizer that takes its time for one does not put the next before it', async () => {
    const authorizer: Authorizer = {
      async authorize(_who, action, uri) {
        if (action === 'publish' && uri === 'com.slow')
          for (let turn = 0; turn < 5; turn += 1) await settle();
        return true;
      },
    };
    const router = createRouter({ realms: ['realm1'], clock: new ManualClock(), authorizer });
    const heir = await Client.join(router);
    await heir.say([32, 1, { match: 'prefix' }, 'com']);
    const owner = await Client.join(router);
    await owner.say(
      [48, 1, {}, 'wamp.session.add_testament', ['com.slow', [], {}]],
      [48, 2, {}, 'wamp.session.add_testament', ['com.fast', [], {}]],
    );
    for (let turn = 0; turn < 10; turn += 1) await settle();
    expect(owner.heard.map(([type]) => type)).toEqual([50, 50]);
    owner.transport.close();
    await settle();
    expect(heir.heard.filter(([type]) => type === 36).map((event) => event[3])).toEqual([
      { topic: 'com.slow' },
      { topic: 'com.fast' },
    ]);
  });

  test('TST-3 T-46 a testament that is refused after it was flushed takes no other with it', async () => {
    const authorizer: Authorizer = {
      async authorize(_who, action, uri) {
        if (action !== 'publish' || uri !== 'com.refused') return true;
        for (let turn = 0; turn < 5; turn += 1) await settle();
        return false;
      },
    };
    const router = createRouter({ realms: ['realm1'], clock: new ManualClock(), authorizer });
    const heir = await Client.join(router);
    await heir.say([32, 1, {}, 'com.will']);
    const owner = await Client.join(router);
    await owner.say(
      [48, 1, {}, 'wamp.session.add_testament', ['com.refused', [], {}]],
      [48, 2, {}, 'wamp.session.flush_testaments'],
      [48, 3, {}, 'wamp.session.add_testament', ['com.will', [1], {}]],
    );
    for (let turn = 0; turn < 10; turn += 1) await settle();
    expect(owner.heard).toContainEqual([8, 48, 1, {}, 'wamp.error.not_authorized']);
    owner.transport.close();
    await settle();
    expect(heir.heard.filter(([type]) => type === 36).map((event) => event[4])).toEqual([[1]]);
  });
});

describe('publish options', () => {
  test.each([
    ['{"eligible": [$ann]}', ['ann']],
    ['{"eligible_authid": ["bob", "eve"]}', ['bob', 'eve']],
    ['{"eligible_authrole": ["staff"]}', ['ann', 'bob']],
    ['{"exclude": [$ann, $bob]}', ['eve']],
    ['{"exclude_authid": ["eve"]}', ['ann', 'bob']],
    ['{"exclude_authrole": ["staff"]}', ['eve']],
    ['{"eligible_authrole": ["staff"], "exclude": [$bob]}', ['ann']],
    ['{"eligible": []}', []],
    ['{"acknowledge": true}', ['ann', 'bob', 'eve']],
    ['{"exclude_me": false}', ['ann', 'bob', 'eve']],
  ])('TST-2 TST-5 BW-2 with %s it reaches %j', (options, heirs) =>
    converse(
      `
      ${['ann', 'bob', 'eve'].map((name) => `${name} → [32, 1, {}, "com.will"]\n ${name} ← [33, 1, $will]`).join('\n')}
      ${adds(1, '["com.will", [1], {}]', `"publish_options": ${options}`)}
      owner → closed
      ${heirs.map((name) => `${name} ← [36, $will, $publication, {}, [1]]`).join('\n')}
    `,
      people,
    ),
  );

  test('TST-2 T-46 PID-2 disclose_me shows the session that has left', () =>
    converse(
      `
      ${LISTENS}
      ann → [48, 1, {}, "wamp.session.add_testament", ["com.will", [1], {}], {"publish_options": {"disclose_me": true}}]
      ann ← [50, 1, {}]
      ann → closed
      heir ← [36, $will, *, {"publisher": $ann, "publisher_authid": "ann", "publisher_authrole": "staff"}, [1]]
    `,
      people,
    ));

  test('T-13 T-46 PID-3 where disclosure is not granted, a testament that asks for it is refused', () =>
    converse(
      `
      ${LISTENS}
      ann → [48, 1, {}, "wamp.session.add_testament", ["com.will", [1], {}], {"publish_options": {"disclose_me": true}}]
      ann ← [8, 48, 1, {}, "wamp.error.option_disallowed.disclose_me"]
      ann → closed
      heir ← nothing
    `,
      { ...people, router: { ...people.router, disclosure: false } },
    ));

  test('TST-2 RET-2 with retain it is delivered to later subscribers', () =>
    converse(`
      ${adds(1, '["com.will", [1], {}]', '"publish_options": {"retain": true}')}
      early → [32, 1, {"get_retained": true}, "com.will"]
      early ← [33, 1, $will]
      owner → closed
      early ← [36, $will, $publication, {}, [1]]
      late → [32, 1, {"get_retained": true}, "com.will"]
      late ← [33, 1, $will]
      late ← [36, $will, $publication, {"retained": true}, [1]]
    `));

  test('TST-2 PPT-6 passthru attributes travel along', () =>
    converse(`
      ${LISTENS}
      ${adds(1, '["com.will", ["sealed"], {}]', '"publish_options": {"ppt_scheme": "x_own", "ppt_keyid": "k"}')}
      owner → closed
      heir ← [36, $will, *, {"ppt_scheme": "x_own", "ppt_keyid": "k"}, ["sealed"]]
    `));

  test('T-46 PTL-1 the trust level is that of the session that has left', () =>
    converse(
      `
      ${LISTENS}
      ann → [48, 1, {}, "wamp.session.add_testament", ["com.will", [1], {}]]
      ann ← [50, 1, {}]
      ann → closed
      heir ← [36, $will, *, {"trustlevel": 7}, [1]]
    `,
      {
        ...people,
        router: {
          ...people.router,
          trustLevel: ({ principal }, action, uri) =>
            principal.authid === 'ann' && action === 'publish' && uri === 'com.will' ? 7 : undefined,
        },
      },
    ));

  test('TST-2 PSUB-4 patterns get it, with the topic', () =>
    converse(`
      heir → [32, 1, {"match": "wildcard"}, "com..will"]
      heir ← [33, 1, $pattern]
      ${adds(1, '["com.my.will", [1], {}]')}
      owner → closed
      heir ← [36, $pattern, *, {"topic": "com.my.will"}, [1]]
    `));
});

describe('when a session ends', () => {
  test.each([
    ['is lost', 'owner → closed'],
    [
      'says GOODBYE',
      'owner → [6, {}, "wamp.close.close_realm"]\n owner ← [6, {}, "wamp.close.goodbye_and_out"]\n owner ← closed',
    ],
    ['says ABORT', 'owner → [3, {}, "com.reason"]\n owner ← closed'],
    [
      'violates the protocol',
      'owner → [1, "realm1", {"roles": {"caller": {}}}]\n owner ← [3, {...}, "wamp.error.protocol_violation"]\n owner ← closed',
    ],
    [
      'sends what is no message',
      'owner → raw {nonsense\n owner ← [3, {...}, "wamp.error.protocol_violation"]\n owner ← closed',
    ],
    [
      'is killed',
      'killer → [48, 1, {}, "wamp.session.kill", [$owner]]\n killer ← [50, 1, {}]\n owner ← [6, {}, "wamp.close.killed"]',
    ],
    [
      'is killed by its authid',
      `killer → [48, 1, {}, "wamp.session.get", [$owner]]
       killer ← [50, 1, {}, [{"authid": $authid, ...}]]
       killer → [48, 2, {}, "wamp.session.kill_by_authid", [$authid]]
       killer ← [50, 2, {}, [[$owner]]]
       owner ← [6, {}, "wamp.close.killed"]`,
    ],
  ])('TST-5 T-46 one that %s has its testaments published, before on_leave', (_how, ends) =>
    converse(`
      heir → [32, 1, {}, "com.will"]
      heir ← [33, 1, $will]
      heir → [32, 2, {}, "wamp.session.on_leave"]
      heir ← [33, 2, $on_leave]
      ${adds(1, '["com.will", ["detached"], {}]', '"scope": "detached"')}
      ${adds(2, '["com.will", ["destroyed"], {}]')}
      ${ends}
      heir ← [36, $will, *, {}, ["detached"]]
      heir ← [36, $will, *, {}, ["destroyed"]]
      heir ← [36, $on_leave, *, {}, [$owner, *, *]]
    `),
  );

  test('TST-5 they are published once: messages after GOODBYE do not publish them again', () =>
    converse(`
      ${LISTENS}
      ${adds(1, '["com.will", [1], {}]')}
      killer → [48, 1, {}, "wamp.session.kill", [$owner]]
      killer ← [50, 1, {}]
      heir ← [36, $will, *, {}, [1]]
      owner ← [6, {}, "wamp.close.killed"]
      owner → [6, {}, "wamp.close.goodbye_and_out"]
      owner ← closed
      heir ← nothing
    `));

  test('META-3 T-23 kill_all publishes no testaments, then or later', () =>
    converse(`
      killer → [32, 1, {}, "com.will"]
      killer ← [33, 1, $will]
      ${adds(1, '["com.will", [1], {}]')}
      killer → [48, 2, {}, "wamp.session.kill_all"]
      owner ← [6, {}, "wamp.close.killed"]
      owner → [6, {}, "wamp.close.goodbye_and_out"]
      owner ← closed
      killer ← [50, 2, {}, [1]]
      killer ← nothing
    `));

  test('META-3 the caller of kill_all keeps its own testaments', () =>
    converse(`
      killer → [48, 1, {}, "wamp.session.add_testament", ["com.will", [1], {}]]
      killer ← [50, 1, {}]
      victim → [32, 1, {}, "com.will"]
      victim ← [33, 1, *]
      killer → [48, 2, {}, "wamp.session.kill_all"]
      killer ← [50, 2, {}, [1]]
      victim ← [6, {}, "wamp.close.killed"]
      victim → closed
      late → [1, "realm1", {"roles": {"subscriber": {}}}]
      late ← [2, *, {...}]
      late → [32, 1, {}, "com.will"]
      late ← [33, 1, $will]
      killer → closed
      late ← [36, $will, *, {}, [1]]
    `));

  test('TST-5 the owner does not receive its own testaments', () =>
    converse(`
      owner → [32, 1, {}, "com.will"]
      owner ← [33, 1, *]
      ${adds(2, '["com.will", [1], {}]', '"publish_options": {"exclude_me": false}')}
      owner → [6, {}, "wamp.close.close_realm"]
      owner ← [6, {}, "wamp.close.goodbye_and_out"]
      owner ← closed
    `));

  test('TST-5 a closing router sends GOODBYE to all sessions, and publishes to those that are still open', async () => {
    const router = createRouter({ realms: ['realm1'], clock: new ManualClock() });
    const owner = await Client.join(router);
    const heir = await Client.join(router);
    await heir.say([32, 1, {}, 'com.will']);
    await owner.say([48, 1, {}, 'wamp.session.add_testament', ['com.will', [1], {}]]);
    const closed = router.close();
    await owner.say([6, {}, 'wamp.close.goodbye_and_out']);
    await heir.say([6, {}, 'wamp.close.goodbye_and_out']);
    await closed;
    expect(heir.heard.map(([type]) => type)).toEqual([33, 36, 6]);
    expect([heir.closed, owner.closed]).toEqual([true, true]);
  });

  test('TST-1 a realm without the feature has no such procedure', () =>
    converse(
      `
      owner → [48, 1, {}, "wamp.session.add_testament", ["com.will", [], {}]]
      owner ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
    `,
      {
        router: {
          features: defaultFeatures().filter(
            ({ announces }) => announces?.dealer?.includes('testament_meta_api') !== true,
          ),
        },
      },
    ));
});

describe('permission', () => {
  /** Permits publishing below com.open alone; everything else, too. */
  const permits = (action: string, uri: string): boolean =>
    action !== 'publish' || uri.startsWith('com.open');

  const AUTHORIZERS: readonly (readonly [string, Authorizer])[] = [
    ['at once', { authorize: (_who, action, uri) => permits(action, uri) }],
    ['later', { authorize: (_who, action, uri) => Promise.resolve(permits(action, uri)) }],
    [
      'much later',
      {
        async authorize(_who, action, uri) {
          await Promise.resolve();
          await Promise.resolve();
          return permits(action, uri);
        },
      },
    ],
  ];

  test.each(AUTHORIZERS)(
    'T-46 AZN-2 a session that may not publish may not add a testament (decided %s)',
    (_when, authorizer) =>
      converse(
        `
        heir → [32, 1, {"match": "prefix"}, "com"]
        heir ← [33, 1, $all]
        owner → [48, 1, {}, "wamp.session.add_testament", ["com.closed", [1], {}]]
        owner ← [8, 48, 1, {}, "wamp.error.not_authorized"]
        ${adds(2, '["com.open.will", [2], {}]')}
        owner → closed
        heir ← [36, $all, *, {"topic": "com.open.will"}, [2]]
      `,
        { router: { authorizer } },
      ),
  );

  test("T-46 the authorizer is asked in the owner's name, when the testament is written and not when it is published", async () => {
    const asked: string[] = [];
    const authorizer: Authorizer = {
      authorize({ authid }, action, uri) {
        asked.push(`${authid} ${action} ${uri}`);
        return true;
      },
    };
    await converse(
      `
      ann → [48, 1, {}, "wamp.session.add_testament", ["com.will", [], {}]]
      ann ← [50, 1, {}]
      ann → closed
    `,
      { ...people, router: { ...people.router, authorizer } },
    );
    expect(asked).toEqual(['ann call wamp.session.add_testament', 'ann publish com.will']);
  });

  const FAILING: readonly (readonly [string, () => boolean | Promise<boolean>])[] = [
    [
      'throws',
      () => {
        throw new Error('the database is down');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the database is down'))],
  ];

  test.each(FAILING)('T-24 T-46 AZN-2 an authorizer that %s permits no testament', (_what, fail) =>
    converse(
      `
      ${LISTENS}
      owner → [48, 1, {}, "wamp.session.add_testament", ["com.will", [1], {}]]
      owner ← [8, 48, 1, {}, "wamp.error.authorization_failed"]
      owner → [48, 2, {}, "wamp.session.count"]
      owner ← [50, 2, {}, [2]]
      owner → closed
      heir ← nothing
    `,
      { router: { authorizer: { authorize: (_who, action) => (action === 'publish' ? fail() : true) } } },
    ),
  );

  test.each([undefined, null, 0, 1, '', 'no', {}])(
    'T-24 T-46 an authorizer that says %j permits no testament',
    (verdict) =>
      converse(
        `
        ${LISTENS}
        owner → [48, 1, {}, "wamp.session.add_testament", ["com.will", [1], {}]]
        owner ← [8, 48, 1, {}, "wamp.error.authorization_failed"]
        owner → closed
        heir ← nothing
      `,
        {
          router: {
            authorizer: {
              // A plugin in plain JavaScript may return anything.
              authorize: (_who, action): boolean => (action === 'publish' ? (verdict as boolean) : true),
            },
          },
        },
      ),
  );

  test('T-24 T-46 AZN-2 an authorizer that says nothing in time permits no testament', () =>
    converse(
      `
      ${LISTENS}
      owner → [48, 1, {}, "wamp.session.add_testament", ["com.will", [1], {}]]
      owner ← nothing
      clock +5000
      owner ← [8, 48, 1, {}, "wamp.error.authorization_failed"]
      owner → closed
      heir ← nothing
    `,
      {
        router: {
          authorizer: {
            authorize: (_who, action) => (action === 'publish' ? new Promise(() => undefined) : true),
          },
        },
      },
    ));

  test.each([
    ['cannot be read', () => 'no', 'the authorizer gave an invalid answer: expected true, false or a dict'],
    ['is rejected', () => Promise.reject(new Error('the database is down')), 'the database is down'],
    ['has an unknown key', () => Promise.resolve({ allow: true, if: 1 }), 'unknown key "if"'],
  ])('AZN-2 an answer that %s is logged', async (_what, answer: () => unknown, said) => {
    const log = vi.fn();
    const authorizer: Authorizer = {
      // A plugin in plain JavaScript may return anything.
      authorize: (_who, action) => action !== 'publish' || (answer() as Promise<boolean>),
    };
    const router = createRouter({ realms: ['realm1'], clock: new ManualClock(), authorizer, log });
    const owner = await Client.join(router);
    await owner.say([48, 1, {}, 'wamp.session.add_testament', ['com.will', [], {}]]);
    await settle();
    expect(owner.heard.at(-1)?.[4]).toBe('wamp.error.authorization_failed');
    const facts = {
      realm: 'realm1',
      session: expect.any(Number) as number,
      action: 'publish',
      uri: 'com.will',
    };
    const error = expect.objectContaining({ message: expect.stringContaining(said) as string }) as Error;
    const complaints = log.mock.calls.filter(([level]) => level === 'warn');
    expect(complaints).toEqual([
      ['warn', 'authorization failed', { code: 'authorization_denied', ...facts, error }],
    ]);
  });

  test('T-46 a session that has left before the decision leaves no testament behind', async () => {
    let decide: (permitted: boolean) => void = () => undefined;
    const decision = new Promise<boolean>((resolve) => {
      decide = resolve;
    });
    const authorizer: Authorizer = { authorize: (_who, action) => (action === 'publish' ? decision : true) };
    const router = createRouter({ realms: ['realm1'], clock: new ManualClock(), authorizer });
    const heir = await Client.join(router);
    await heir.say([32, 1, {}, 'com.will']);
    const owner = await Client.join(router);
    await owner.say([48, 1, {}, 'wamp.session.add_testament', ['com.will', [1], {}]]);
    owner.transport.close();
    await settle();
    decide(true);
    await settle();
    expect(heir.heard.map(([type]) => type)).toEqual([33]);
    await heir.say([48, 2, {}, 'wamp.session.count']);
    expect(heir.heard.at(-1)).toEqual([50, 2, {}, [1]]);
  });
});
