/**
 * What other routers got wrong, each shown to be right here (routers-survey.md §2, §3; its readings of their
 * source at one commit each, or public issue threads). A name says the router and its defect.
 */
import { createRouter, defaultFeatures, type Authenticator, type Authorizer } from '@wamp/router';
import { converse, ManualClock, type ConversationOptions, type PeerOptions } from '@wamp/router/testing';
import { describe, expect, test } from 'vitest';
import { Client, settle } from '../support/client.ts';

/** Lets everybody in as whom they say they are. */
const trusting: Authenticator = {
  method: 'anonymous',
  begin: ({ details: { authid = 'nobody', authrole = 'guest' } }) => ({
    welcome: { authid, authrole, authmethod: 'anonymous', authprovider: 'test' },
  }),
};

const as = (authid: string, authrole: string): PeerOptions => ({ details: { authid, authrole } });

const SLOW = `
  callee → [64, 1, {}, "com.slow"]
  callee ← [65, 1, $slow]
`;

describe('Crossbar.io', () => {
  test.each(['skip', 'killnowait'])(
    'CAN-6 a call is canceled by %s, then its callee leaves: the caller gets no second ERROR',
    (mode) =>
      converse(`
        ${SLOW}
        caller → [48, 1, {}, "com.slow"]
        callee ← [68, 1, $slow, {}]
        caller → [49, 1, {"mode": "${mode}"}]
        caller ← [8, 48, 1, {}, "wamp.error.canceled"]
        ${mode === 'skip' ? '' : 'callee ← [69, 1, {...}]'}
        callee → closed
        caller ← nothing
      `),
  );

  test.each(['skip', 'killnowait'])(
    'CAN-6 LEAVE-1 a call is canceled by %s, then its caller leaves: the late answer harms nobody',
    (mode) =>
      converse(`
        ${SLOW}
        caller → [48, 1, {}, "com.slow"]
        callee ← [68, 1, $slow, {}]
        caller → [49, 1, {"mode": "${mode}"}]
        caller ← [8, 48, 1, {}, "wamp.error.canceled"]
        caller → closed
        ${mode === 'skip' ? '' : 'callee ← [69, 1, {...}]'}
        callee → [70, 1, {}, ["late"]]
        callee → [70, 1, {"progress": true}, ["later"]]
        callee → [8, 68, 1, {}, "com.error.latest"]
        callee ← nothing
        other → [48, 1, {}, "com.slow"]
        callee ← [68, 2, $slow, {}]
        callee → [70, 2, {}]
        other ← [50, 1, {}]
      `),
  );

  test('crossbar#1105 LEAVE-1 RREV-1 slots of a callee are free again whichever way its calls end', () =>
    converse(`
      callee → [64, 1, {"concurrency": 2}, "com.work"]
      callee ← [65, 1, $work]
      first → [48, 1, {"timeout": 100}, "com.work"]
      callee ← [68, 1, $work, {}]
      first → [48, 2, {}, "com.work"]
      callee ← [68, 2, $work, {}]
      clock +100
      first ← [8, 48, 1, {}, "wamp.error.timeout"]
      callee ← [69, 1, {...}]
      first → closed
      callee ← [69, 2, {...}]
      second → [48, 1, {}, "com.work"]
      callee ← [68, 3, $work, {}]
      second → [48, 2, {}, "com.work"]
      callee ← [68, 4, $work, {}]
      second → [48, 3, {}, "com.work", ["waits"]]
      callee → [8, 68, 3, {}, "com.error"]
      second ← [8, 48, 1, {}, "com.error"]
      callee ← [68, 5, $work, {}, ["waits"]]
    `));

  test('T-39 force_reregister takes from all sessions of the principal, not from every second', async () => {
    const router = createRouter({ realms: ['realm1'], authenticators: [trusting], clock: new ManualClock() });
    const details = { authid: 'ann', authrole: 'staff' };
    const old: Client[] = [];
    for (let n = 0; n < 5; n += 1) old.push(await Client.join(router, undefined, details));
    for (const callee of old) await callee.say([64, 1, { invoke: 'roundrobin' }, 'com.add']);
    const fresh = await Client.join(router, undefined, details);
    await fresh.say([64, 1, { invoke: 'roundrobin', force_reregister: true }, 'com.add']);
    expect(old.map(({ heard }) => heard.map(([type]) => type))).toEqual(old.map(() => [65, 67]));
    const registration = fresh.heard[0]?.[2];
    expect(fresh.heard).toEqual([[65, 1, registration]]);
    await fresh.say([48, 2, {}, 'wamp.registration.count_callees', [registration]]);
    expect(fresh.heard[1]).toEqual([50, 2, {}, [1]]);
  });

  test.each([0, 1, 3])('HIST-4 history holds an event once, for %d receivers', (receivers) =>
    converse(
      `
      reader → [48, 1, {}, "wamp.subscription.lookup", ["com.news"]]
      reader ← [50, 1, {}, [$news]]
      ${Array.from({ length: receivers }, (_, n) => `s${n} → [32, 1, {}, "com.news"]\n s${n} ← [33, 1, $news]`).join('\n')}
      publisher → [16, 1, {}, "com.news", [1]]
      ${Array.from({ length: receivers }, (_, n) => `s${n} ← [36, $news, $publication, {"x_offset": 1}, [1]]`).join('\n')}
      reader → [48, 2, {}, "wamp.subscription.get_events", [$news]]
      reader ← [50, 2, {}, [{"publication": $publication, "args": [1], ...}]]
    `,
      { router: { features: defaultFeatures({ history: [{ topic: 'com.news' }] }) } },
    ),
  );

  test.each([
    ['a.b.', 'a..c'],
    ['a..c', 'a.b.'],
  ])('PREG-4 T-14 the best wildcard is not the one found first: %s, then %s', (first, second) =>
    converse(`
      callee → [64, 1, {"match": "wildcard"}, "${first}"]
      callee ← [65, 1, $first]
      callee → [64, 2, {"match": "wildcard"}, "${second}"]
      callee ← [65, 2, $second]
      caller → [48, 1, {}, "a.b.c"]
      callee ← [68, 1, ${first === 'a.b.' ? '$first' : '$second'}, {"procedure": "a.b.c"}]
    `),
  );

  test('TMO-1 TMO-3 a timeout is in milliseconds, is called timeout, and reaches callers without call_canceling', () =>
    converse(
      `
      ${SLOW}
      caller → [48, 1, {"timeout": 250}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      clock +249
      caller ← nothing
      clock +1
      caller ← [8, 48, 1, {}, "wamp.error.timeout"]
      callee ← [69, 1, {"mode": "killnowait", ...}]
    `,
      { peers: { caller: { roles: { caller: {} } } } },
    ));

  test('CAN-2 T-10 skip answers the caller', () =>
    converse(`
      ${SLOW}
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      caller → [49, 1, {"mode": "skip"}]
      caller ← [8, 48, 1, {}, "wamp.error.canceled"]
      callee ← nothing
    `));

  test('CAN-3 T-10 after kill the caller gets the answer of the callee, even a result', () =>
    converse(`
      ${SLOW}
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      caller → [49, 1, {"mode": "kill"}]
      callee ← [69, 1, {"mode": "kill", ...}]
      callee → [70, 1, {}, ["done all the same"]]
      caller ← [50, 1, {}, ["done all the same"]]
    `));

  test('CID-3 PID-2 disclose_me is honoured', () =>
    converse(
      `
      peer → [64, 1, {}, "com.who"]
      peer ← [65, 1, $who]
      peer → [32, 2, {}, "com.news"]
      peer ← [33, 2, $news]
      ann → [48, 1, {"disclose_me": true}, "com.who"]
      peer ← [68, 1, $who, {"caller": $ann, "caller_authid": "ann", "caller_authrole": "staff"}]
      ann → [16, 2, {"disclose_me": true}, "com.news"]
      peer ← [36, $news, *, {"publisher": $ann, "publisher_authid": "ann", "publisher_authrole": "staff"}]
    `,
      { router: { authenticators: [trusting] }, peers: { ann: as('ann', 'staff') } },
    ));

  test('T-17 a session that registers a shared procedure twice gets an ERROR', () =>
    converse(`
      callee → [64, 1, {"invoke": "roundrobin"}, "com.add"]
      callee ← [65, 1, *]
      callee → [64, 2, {"invoke": "roundrobin"}, "com.add"]
      callee ← [8, 64, 2, {}, "wamp.error.procedure_already_exists", *]
    `));

  test('crossbar#2103 LEAVE-1 a callee whose caller left during the call keeps its session, whatever it answers', () =>
    converse(
      `
      ${SLOW}
      ${[1, 2, 3, 4].map((n) => `caller → [48, ${n}, {"receive_progress": true}, "com.slow"]\n callee ← [68, ${n}, $slow, {}]`).join('\n')}
      caller → closed
      callee → [70, 1, {}, ["late"]]
      callee → [70, 2, {"progress": true}, ["late"]]
      callee → [70, 2, {}, ["late"]]
      callee → [8, 68, 3, {}, "com.error"]
      callee → [8, 68, 4, {}, "wamp.error.unavailable"]
      callee ← nothing
      other → [48, 1, {}, "com.slow"]
      callee ← [68, 5, $slow, {}]
    `,
      { peers: { callee: { roles: { callee: { features: { call_reroute: true } } } } } },
    ));

  test('crossbar#430 the authorizer receives the match policy, and all other options', async () => {
    const asked: unknown[] = [];
    const authorizer: Authorizer = {
      authorize(_who, action, uri, options) {
        asked.push([action, uri, options]);
        return true;
      },
    };
    await converse(
      `
      client → [32, 1, {"match": "prefix"}, "com."]
      client ← [33, 1, *]
      client → [64, 2, {"match": "wildcard", "invoke": "last"}, "com."]
      client ← [65, 2, *]
      client → [16, 3, {"retain": true}, "com.a"]
      client → [48, 4, {"timeout": 5}, "com.b.c"]
      client ← [8, 48, 4, {}, "wamp.error.no_such_procedure"]
    `,
      { router: { authorizer } },
    );
    expect(asked).toEqual([
      ['subscribe', 'com.', { match: 'prefix' }],
      ['register', 'com.', { match: 'wildcard', invoke: 'last' }],
      ['publish', 'com.a', { retain: true }],
      ['call', 'com.b.c', { timeout: 5 }],
    ]);
  });

  test('crossbar#619 REG-1 a procedure is free as soon as the transport of its callee is lost', () =>
    converse(`
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, *]
      callee → closed
      again → [64, 1, {}, "com.add"]
      again ← [65, 1, *]
    `));
});

describe('nexus', () => {
  test('T-19 LEAVE-1 a callee is interrupted when its caller vanishes, not when it next yields', () =>
    converse(`
      ${SLOW}
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      caller → closed
      callee ← [69, 1, {"mode": "killnowait", ...}]
      callee → [70, 1, {"progress": true}]
      callee ← nothing
    `));

  test('nexus#180 META-1 a subscriber of all meta events may call all meta procedures meanwhile', () =>
    converse(`
      watcher → [32, 1, {"match": "prefix"}, "wamp."]
      watcher ← [33, 1, $meta]
      watcher → [64, 2, {}, "com.inspect"]
      watcher ← [65, 2, $inspect]
      watcher ← [36, $meta, *, {"topic": "wamp.registration.on_create"}, *]
      watcher ← [36, $meta, *, {"topic": "wamp.registration.on_register"}, *]
      caller → [48, 1, {}, "com.inspect"]
      watcher ← [68, 1, $inspect, {}]
      watcher → [48, 3, {}, "wamp.registration.get", [$inspect]]
      watcher ← [50, 3, {}, [{"id": $inspect, ...}]]
      watcher → [64, 4, {}, "com.more"]
      watcher ← [65, 4, $more]
      watcher ← [36, $meta, *, {"topic": "wamp.registration.on_create"}, *]
      watcher ← [36, $meta, *, {"topic": "wamp.registration.on_register"}, *]
      watcher → [48, 5, {}, "wamp.session.kill", [$caller]]
      watcher ← [69, 1, {...}]
      watcher ← [36, $meta, *, {"topic": "wamp.session.on_leave"}, [$caller, *, *]]
      watcher ← [50, 5, {}]
      caller ← [6, {}, "wamp.close.killed"]
      watcher → [66, 6, $inspect]
      watcher ← [67, 6]
      watcher ← [36, $meta, *, {"topic": "wamp.registration.on_unregister"}, *]
      watcher ← [36, $meta, *, {"topic": "wamp.registration.on_delete"}, *]
      watcher → [70, 1, {}]
      watcher ← nothing
    `));

  test('nexus#340 PCI-13 two that stream into each other, both ways at once, do not block', () =>
    converse(`
      one → [64, 1, {}, "com.one"]
      one ← [65, 1, $one_registration]
      two → [64, 1, {}, "com.two"]
      two ← [65, 1, $two_registration]
      one → [48, 2, {"progress": true, "receive_progress": true}, "com.two", [1]]
      two ← [68, 1, $two_registration, {"progress": true, "receive_progress": true}, [1]]
      two → [48, 2, {"progress": true, "receive_progress": true}, "com.one", [1]]
      one ← [68, 1, $one_registration, {"progress": true, "receive_progress": true}, [1]]
      ${[2, 3, 4]
        .map(
          (n) => `
            one → [48, 2, {"progress": true}, "com.two", [${n}]]
            two → [48, 2, {"progress": true}, "com.one", [${n}]]
            one → [70, 1, {"progress": true}, [${n}]]
            two → [70, 1, {"progress": true}, [${n}]]
            two ← [68, 1, $two_registration, {"progress": true, "receive_progress": true}, [${n}]]
            two ← [50, 2, {"progress": true}, [${n}]]
            one ← [68, 1, $one_registration, {"progress": true, "receive_progress": true}, [${n}]]
            one ← [50, 2, {"progress": true}, [${n}]]`,
        )
        .join('\n')}
      one → [70, 1, {}]
      two ← [50, 2, {}]
      two → [70, 1, {}]
      one ← [50, 2, {}]
    `));

  test('T-47 PCI-6 PCI-10 further input reaches a callee that has unregistered, and none after its final answer', () =>
    converse(`
      ${SLOW}
      caller → [48, 1, {"progress": true}, "com.slow", [1]]
      callee ← [68, 1, $slow, {"progress": true}, [1]]
      callee → [66, 2, $slow]
      callee ← [67, 2]
      caller → [48, 1, {"progress": true}, "com.slow", [2]]
      callee ← [68, 1, $slow, {"progress": true}, [2]]
      callee → [70, 1, {}, ["enough"]]
      caller ← [50, 1, {}, ["enough"]]
      caller → [48, 1, {"progress": true}, "com.slow", [3]]
      caller → [48, 1, {}, "com.slow", [4]]
      caller ← nothing
      callee ← nothing
    `));

  test('T-30 PPT-4 a caller that cannot take a sealed result is not left waiting', () =>
    converse(
      `
      ${SLOW}
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      callee → [70, 1, {"ppt_scheme": "x_own"}, ["sealed"]]
      callee ← [8, 70, 1, {}, "wamp.error.feature_not_supported", *]
      caller ← [8, 48, 1, {}, "wamp.error.feature_not_supported", *]
    `,
      { peers: { caller: { roles: { caller: {} } } } },
    ));

  test('T-17 a session that registers a shared procedure twice is not its callee twice', () =>
    converse(`
      one → [64, 1, {"invoke": "roundrobin"}, "com.add"]
      one ← [65, 1, $add]
      one → [64, 2, {"invoke": "roundrobin"}, "com.add"]
      one ← [8, 64, 2, {}, "wamp.error.procedure_already_exists", *]
      two → [64, 1, {"invoke": "roundrobin"}, "com.add"]
      two ← [65, 1, $add]
      caller → [48, 1, {}, "com.add"]
      one ← [68, 1, $add, {}]
      caller → [48, 2, {}, "com.add"]
      two ← [68, 1, $add, {}]
      caller → [48, 3, {}, "com.add"]
      one ← [68, 2, $add, {}]
    `));

  test('T-18 PCR-8 a timeout starts anew with each progressive result', () =>
    converse(`
      ${SLOW}
      caller → [48, 1, {"timeout": 100, "receive_progress": true}, "com.slow"]
      callee ← [68, 1, $slow, {"receive_progress": true}]
      clock +90
      callee → [70, 1, {"progress": true}, [1]]
      caller ← [50, 1, {"progress": true}, [1]]
      clock +90
      callee → [70, 1, {"progress": true}, [2]]
      caller ← [50, 1, {"progress": true}, [2]]
      clock +100
      caller ← [8, 48, 1, {}, "wamp.error.timeout"]
      callee ← [69, 1, {...}]
    `));

  test('T-14 PREG-4 the winner among wildcards is not the longest string', () =>
    converse(`
      callee → [64, 1, {"match": "wildcard"}, "com..averylongcomponent"]
      callee ← [65, 1, *]
      callee → [64, 2, {"match": "wildcard"}, "com.a."]
      callee ← [65, 2, $better]
      caller → [48, 1, {}, "com.a.averylongcomponent"]
      callee ← [68, 1, $better, {"procedure": "com.a.averylongcomponent"}]
    `));

  test('T-43 SUB-4 REG-2 no session can end the subscription or registration of another', () =>
    converse(`
      owner → [32, 1, {}, "com.news"]
      owner ← [33, 1, $news]
      owner → [64, 2, {}, "com.add"]
      owner ← [65, 2, $add]
      other → [32, 1, {}, "com.other"]
      other ← [33, 1, *]
      other → [34, 2, $news]
      other ← [8, 34, 2, {}, "wamp.error.no_such_subscription"]
      other → [66, 3, $add]
      other ← [8, 66, 3, {}, "wamp.error.no_such_registration"]
      other → [16, 4, {}, "com.news"]
      owner ← [36, $news, *, {}]
    `));

  test('nexus#159 AZN-2 a session whose authorization is never decided does not delay others', () =>
    converse(
      `
      watcher → [32, 1, {"match": "prefix"}, "com."]
      watcher ← [33, 1, $all]
      stuck → [16, 1, {}, "com.stuck"]
      stuck → [16, 2, {}, "com.behind"]
      other → [16, 1, {}, "com.free", [1]]
      watcher ← [36, $all, *, {"topic": "com.free"}, [1]]
      other → [48, 2, {}, "wamp.session.count"]
      other ← [50, 2, {}, [3]]
      watcher ← nothing
    `,
      {
        router: {
          authorizer: {
            authorize: (_who, _action, uri) =>
              uri === 'com.stuck' ? new Promise<boolean>(() => undefined) : true,
          },
        },
      },
    ));
});

describe('Bondy', () => {
  test('PCR-3 PCR-4 a progressive result does not use the call up', () =>
    converse(`
      ${SLOW}
      caller → [48, 1, {"receive_progress": true}, "com.slow"]
      callee ← [68, 1, $slow, {"receive_progress": true}]
      ${[1, 2, 3]
        .map(
          (n) =>
            `callee → [70, 1, {"progress": true}, [${n}]]\n caller ← [50, 1, {"progress": true}, [${n}]]`,
        )
        .join('\n')}
      callee → [70, 1, {}, ["all"]]
      caller ← [50, 1, {}, ["all"]]
    `));

  test.each(['kill', 'killnowait'])('CAN-3 CAN-4 INTERRUPT says the mode %s', (mode) =>
    converse(`
      ${SLOW}
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      caller → [49, 1, {"mode": "${mode}"}]
      callee ← [69, 1, {"mode": "${mode}", "reason": "wamp.error.canceled"}]
      ${mode === 'kill' ? 'caller ← nothing\n callee → [8, 68, 1, {}, "wamp.error.canceled"]' : ''}
      caller ← [8, 48, 1, {}, "wamp.error.canceled"]
    `),
  );

  test('RRT-2 a callee that says unavailable is passed over, as announced', () =>
    converse(`
      one → [64, 1, {"invoke": "first"}, "com.add"]
      one ← [65, 1, $add]
      two → [64, 1, {"invoke": "first"}, "com.add"]
      two ← [65, 1, $add]
      caller → [48, 1, {}, "com.add", [1]]
      one ← [68, 1, $add, {}, [1]]
      one → [8, 68, 1, {}, "wamp.error.unavailable"]
      two ← [68, 1, $add, {}, [1]]
      two → [70, 1, {}, [2]]
      caller ← [50, 1, {}, [2]]
    `));

  test('ORD-3 calls of one caller reach a callee in order, also when they come in one breath', async () => {
    const router = createRouter({ realms: ['realm1'], clock: new ManualClock() });
    const callee = await Client.join(router);
    await callee.say([64, 1, {}, 'com.one'], [64, 2, { match: 'prefix' }, 'com.two']);
    const caller = await Client.join(router);
    const numbers = Array.from({ length: 500 }, (_, n) => n + 1);
    await caller.say(...numbers.map((n) => [48, n, {}, n % 3 === 0 ? 'com.one' : `com.two.${n}`, [n]]));
    const invocations = callee.heard.filter(([type]) => type === 68);
    expect(invocations.map((message) => message[4])).toEqual(numbers.map((n) => [n]));
  });
});

describe('xconn-go', () => {
  test('PREG-3 PSUB-3 a wildcard is no glob of a shell: a..c matches', () =>
    converse(`
      peer → [64, 1, {"match": "wildcard"}, "a..c"]
      peer ← [65, 1, $procedures]
      peer → [32, 2, {"match": "wildcard"}, "a..c"]
      peer ← [33, 2, $topics]
      caller → [48, 1, {}, "a.b.c"]
      peer ← [68, 1, $procedures, {"procedure": "a.b.c"}]
      caller → [16, 2, {}, "a.b.c"]
      peer ← [36, $topics, *, {"topic": "a.b.c"}]
      caller → [48, 3, {}, "a.b.b.c"]
      caller ← [8, 48, 3, {}, "wamp.error.no_such_procedure"]
    `));

  test.each(['a.*.c', 'a.?.c', 'a.[a-z].c', 'a.{b,c}.c', '*'])(
    'PREG-3 PSUB-3 and the signs of a glob mean nothing: %s',
    (pattern) =>
      converse(`
        peer → [64, 1, {"match": "wildcard"}, "${pattern}"]
        peer ← [65, 1, $procedures]
        peer → [32, 2, {"match": "wildcard"}, "${pattern}"]
        peer ← [33, 2, $topics]
        caller → [48, 1, {}, "a.b.c"]
        caller ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
        caller → [16, 2, {}, "a.b.c"]
        caller → [16, 3, {}, "x"]
        peer ← nothing
        caller → [48, 4, {}, "${pattern}"]
        peer ← [68, 1, $procedures, {"procedure": "${pattern}"}]
      `),
  );

  test('PSUB-2 an event goes to all patterns that match, not to the best', () =>
    converse(`
      peer → [32, 1, {"match": "prefix"}, "com."]
      peer ← [33, 1, $short]
      peer → [32, 2, {"match": "prefix"}, "com.a"]
      peer ← [33, 2, $long]
      peer → [32, 3, {"match": "wildcard"}, "com..c"]
      peer ← [33, 3, $wildcard]
      peer → [32, 4, {}, "com.a.c"]
      peer ← [33, 4, $exact]
      publisher → [16, 1, {}, "com.a.c"]
      peer ← [36, $exact, $publication, {}]
      peer ← [36, $long, $publication, {"topic": "com.a.c"}]
      peer ← [36, $short, $publication, {"topic": "com.a.c"}]
      peer ← [36, $wildcard, $publication, {"topic": "com.a.c"}]
    `));

  test.each([
    ['prefix', 'com.'],
    ['wildcard', 'com.'],
  ])('SUB-3 one that leaves a %s pattern takes it from nobody else', (match, pattern) =>
    converse(`
      ${['one', 'two', 'three']
        .map((name) => `${name} → [32, 1, {"match": "${match}"}, "${pattern}"]\n ${name} ← [33, 1, $all]`)
        .join('\n')}
      one → [34, 2, $all]
      one ← [35, 2]
      two → closed
      publisher → [16, 1, {}, "com.a"]
      three ← [36, $all, *, {"topic": "com.a"}]
    `),
  );

  test('LEAVE-2 the calls of a callee that has left are answered', () =>
    converse(`
      ${SLOW}
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      callee → closed
      caller ← [8, 48, 1, {}, "wamp.error.canceled", *]
    `));

  test('META-4 no meta event is lost in a burst', async () => {
    const router = createRouter({ realms: ['realm1'], clock: new ManualClock() });
    const watcher = await Client.join(router);
    await watcher.say(
      [32, 1, {}, 'wamp.registration.on_register'],
      [32, 2, {}, 'wamp.subscription.on_subscribe'],
    );
    const busy = await Client.join(router);
    const numbers = Array.from({ length: 1000 }, (_, n) => n);
    await busy.say(
      ...numbers.map((n) => [64, n + 1, {}, `com.p${n}`]),
      ...numbers.map((n) => [32, n + 1001, {}, `com.t${n}`]),
    );
    const events = watcher.heard.filter(([type]) => type === 36);
    const ids = (type: number): unknown[] =>
      busy.heard.filter((message) => message[0] === type).map((message) => message[2]);
    expect(events.map((event) => event[4])).toEqual(
      [...ids(65), ...ids(33)].map((id): unknown[] => [expect.any(Number), id]),
    );
  });

  test('T-11 a progressive result that was not asked for is not forwarded as a final one', () =>
    converse(`
      ${SLOW}
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      callee → [70, 1, {"progress": true}, ["half"]]
      caller ← nothing
      callee → [70, 1, {}, ["all"]]
      caller ← [50, 1, {}, ["all"]]
    `));

  test('T-24 a denial is not_authorized, not authorization_failed', () =>
    converse(
      `
      client → [48, 1, {}, "com.add"]
      client ← [8, 48, 1, {}, "wamp.error.not_authorized", *]
    `,
      { router: { authorizer: { authorize: () => false } } },
    ));

  test('BW-2 black- and whitelists are applied', () =>
    converse(`
      one → [32, 1, {}, "com.news"]
      one ← [33, 1, $news]
      two → [32, 1, {}, "com.news"]
      two ← [33, 1, $news]
      publisher → [16, 1, {"eligible": [$one]}, "com.news", [1]]
      one ← [36, $news, *, {}, [1]]
      publisher → [16, 2, {"exclude": [$one]}, "com.news", [2]]
      two ← [36, $news, *, {}, [2]]
    `));
});

describe('fox-wamp', () => {
  test('CALL-2 an ERROR keeps its URI, its arguments and its keywords', () =>
    converse(`
      ${SLOW}
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      callee → [8, 68, 1, {}, "com.error.sorry", ["why", 7], {"code": {"deep": [1]}}]
      caller ← [8, 48, 1, {}, "com.error.sorry", ["why", 7], {"code": {"deep": [1]}}]
    `));

  test('CAN-4 CANCEL does something', () =>
    converse(`
      ${SLOW}
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      caller → [49, 1, {}]
      caller ← [8, 48, 1, {}, "wamp.error.canceled"]
      callee ← [69, 1, {"mode": "killnowait", ...}]
    `));

  test('SHR-2 nothing is shared that did not say so', () =>
    converse(`
      one → [64, 1, {}, "com.add"]
      one ← [65, 1, *]
      two → [64, 1, {}, "com.add"]
      two ← [8, 64, 1, {}, "wamp.error.procedure_already_exists", *]
      two → [64, 2, {"invoke": "roundrobin"}, "com.add"]
      two ← [8, 64, 2, {}, "wamp.error.procedure_already_exists", *]
    `));

  test('CID-3 PID-2 callers and publishers that do not ask for it are not disclosed', () =>
    converse(`
      peer → [64, 1, {}, "com.who"]
      peer ← [65, 1, $who]
      peer → [32, 2, {}, "com.news"]
      peer ← [33, 2, $news]
      client → [48, 1, {}, "com.who"]
      peer ← [68, 1, $who, {}]
      client → [16, 2, {}, "com.news"]
      peer ← [36, $news, *, {}]
    `));

  test('PSUB-1 URI-2 topics are matched as the client says, never by signs in them', () =>
    converse(`
      subscriber → [32, 1, {}, "com.*"]
      subscriber ← [33, 1, $star]
      subscriber → [32, 2, {}, "com.+.x"]
      subscriber ← [33, 2, $plus]
      subscriber → [32, 3, {}, "com.#"]
      subscriber ← [8, 32, 3, {}, "wamp.error.invalid_uri", *]
      publisher → [16, 1, {}, "com.a"]
      publisher → [16, 2, {}, "com.a.x"]
      publisher → [16, 3, {}, "com.*", [3]]
      subscriber ← [36, $star, *, {}, [3]]
    `));

  test('LEAVE-2 callers of a callee that dies do not hang, be they served or waiting', () =>
    converse(`
      callee → [64, 1, {"concurrency": 1}, "com.work"]
      callee ← [65, 1, $work]
      one → [48, 1, {}, "com.work"]
      callee ← [68, 1, $work, {}]
      two → [48, 1, {}, "com.work"]
      callee → closed
      one ← [8, 48, 1, {}, "wamp.error.canceled", *]
      two ← [8, 48, 1, {}, "wamp.error.canceled"]
    `));
});

describe('cppwamp', () => {
  test('BW-2 the lists are called exclude_authid and exclude_authrole, not excluded_…', () =>
    converse(
      `
      ${['ann', 'bob'].map((name) => `${name} → [32, 1, {}, "com.news"]\n ${name} ← [33, 1, $news]`).join('\n')}
      publisher → [16, 1, {"exclude_authid": ["ann"]}, "com.news", [1]]
      bob ← [36, $news, *, {}, [1]]
      publisher → [16, 2, {"exclude_authrole": ["guest"]}, "com.news", [2]]
      ann ← [36, $news, *, {}, [2]]
      publisher → [16, 3, {"excluded_authid": ["ann"], "excluded_authrole": ["guest"]}, "com.news", [3]]
      ann ← [36, $news, *, {}, [3]]
      bob ← [36, $news, *, {}, [3]]
    `,
      {
        router: { authenticators: [trusting] },
        peers: { ann: as('ann', 'staff'), bob: as('bob', 'guest') },
      } satisfies ConversationOptions,
    ));

  test('T-11 PCR-4 progress that was not asked for does not end the call', () =>
    converse(`
      ${SLOW}
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      callee → [70, 1, {"progress": true}]
      callee → [70, 1, {"progress": true}]
      caller ← nothing
      callee → [8, 68, 1, {}, "com.error"]
      caller ← [8, 48, 1, {}, "com.error"]
    `));

  test('PREG-3 SHR-3 patterns and shared registrations are there', () =>
    converse(`
      one → [64, 1, {"match": "prefix", "invoke": "roundrobin"}, "com."]
      one ← [65, 1, $all]
      two → [64, 1, {"match": "prefix", "invoke": "roundrobin"}, "com."]
      two ← [65, 1, $all]
      caller → [48, 1, {}, "com.a"]
      one ← [68, 1, $all, {"procedure": "com.a"}]
      caller → [48, 2, {}, "com.b"]
      two ← [68, 1, $all, {"procedure": "com.b"}]
    `));
});

describe('WampSharp', () => {
  test('VIO-5 T-6 an ERROR or YIELD counts only from the callee that was invoked', () =>
    converse(`
      ${SLOW}
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      intruder → [8, 68, 1, {}, "com.error.forged"]
      intruder ← [3, {...}, "wamp.error.protocol_violation"]
      intruder ← closed
      other → [64, 1, {}, "com.other"]
      other ← [65, 1, $other_registration]
      caller → [48, 2, {}, "com.other"]
      other ← [68, 1, $other_registration, {}]
      other → [70, 1, {}, ["mine"]]
      caller ← [50, 2, {}, ["mine"]]
      other → [70, 1, {}, ["forged"]]
      other → [8, 68, 1, {}, "com.error.forged"]
      caller ← nothing
      callee → [70, 1, {}, ["genuine"]]
      caller ← [50, 1, {}, ["genuine"]]
    `));

  test('CAN-2 CAN-4 INTERRUPT only where the mode asks for it, and an ERROR at once where it does', () =>
    converse(`
      ${SLOW}
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      caller → [48, 2, {}, "com.slow"]
      callee ← [68, 2, $slow, {}]
      caller → [49, 1, {"mode": "skip"}]
      caller ← [8, 48, 1, {}, "wamp.error.canceled"]
      callee ← nothing
      caller → [49, 2, {"mode": "killnowait"}]
      caller ← [8, 48, 2, {}, "wamp.error.canceled"]
      callee ← [69, 2, {...}]
    `));

  test('WampSharp#304 SES-9 a router that closes says GOODBYE and drops its clients', async () => {
    const clock = new ManualClock();
    const router = createRouter({ realms: ['realm1'], clock });
    const polite = await Client.join(router);
    const silent = await Client.join(router);
    const unjoined = new Client(router);
    const closed = router.close();
    await settle();
    expect(polite.heard).toEqual([[6, {}, 'wamp.close.system_shutdown']]);
    expect(unjoined.heard.map(([type, , reason]) => [type, reason])).toEqual([
      [3, 'wamp.close.system_shutdown'],
    ]);
    await polite.say([6, {}, 'wamp.close.goodbye_and_out']);
    clock.advance(60_000);
    await settle();
    expect([polite.closed, silent.closed, unjoined.closed]).toEqual([true, true, true]);
    await closed;
  });

  test('WampSharp#267 LEAVE-2 a caller is answered when its callee says ABORT', () =>
    converse(`
      ${SLOW}
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      callee → [3, {}, "com.reason"]
      callee ← closed
      caller ← [8, 48, 1, {}, "wamp.error.canceled", *]
    `));
});

/** What no router says, and decisions.md §7 does (wamp-proto#510): how much a session may hold. */
describe('quotas', () => {
  const MOST = 10_000;
  const each = (first: number, message: (n: number) => readonly unknown[]): (readonly unknown[])[] =>
    Array.from({ length: MOST }, (_, n) => message(first + n));
  const refused = (type: number, request: number): unknown => [
    8,
    type,
    request,
    {},
    'wamp.error.limit_exceeded',
  ];
  const start = (message: readonly unknown[] | undefined): unknown => message?.slice(0, 5);

  test('wamp-proto#510 ten thousand subscriptions, and no more', async () => {
    const router = createRouter({ realms: ['realm1'], clock: new ManualClock() });
    const client = await Client.join(router);
    await client.say(...each(1, (n) => [32, n, {}, `com.t${n}`]));
    await client.say([32, MOST + 1, {}, 'com.one.more']);
    expect(start(client.heard.at(-1))).toEqual(refused(32, MOST + 1));
    await client.say([32, MOST + 2, {}, 'com.t1']);
    expect(client.heard.at(-1)).toEqual([33, MOST + 2, expect.any(Number)]);
    await client.say([34, MOST + 3, client.heard[0]?.[2]], [32, MOST + 4, {}, 'com.one.more']);
    expect(client.heard.at(-1)).toEqual([33, MOST + 4, expect.any(Number)]);
  });

  test('wamp-proto#510 ten thousand registrations, and no more', async () => {
    const router = createRouter({ realms: ['realm1'], clock: new ManualClock() });
    const client = await Client.join(router);
    await client.say(...each(1, (n) => [64, n, {}, `com.p${n}`]));
    await client.say([64, MOST + 1, {}, 'com.one.more']);
    expect(start(client.heard.at(-1))).toEqual(refused(64, MOST + 1));
    await client.say([66, MOST + 2, client.heard[0]?.[2]], [64, MOST + 3, {}, 'com.one.more']);
    expect(client.heard.at(-1)).toEqual([65, MOST + 3, expect.any(Number)]);
  });

  test('wamp-proto#510 ten thousand calls that it waits for, and no more', async () => {
    const router = createRouter({ realms: ['realm1'], clock: new ManualClock() });
    const callees = await Promise.all([Client.join(router), Client.join(router)]);
    for (const [n, callee] of callees.entries()) await callee.say([64, 1, {}, `com.p${n}`]);
    const caller = await Client.join(router);
    await caller.say(...each(1, (n) => [48, n, {}, `com.p${n % 2}`]));
    await caller.say([48, MOST + 1, {}, 'com.p0']);
    expect(start(caller.heard.at(-1))).toEqual(refused(48, MOST + 1));
    await callees[0].say([70, 1, {}]);
    await caller.say([48, MOST + 2, {}, 'com.p1']);
    expect(caller.heard.map(([type]) => type)).toEqual([8, 50]);
  });

  test('wamp-proto#510 ten thousand calls that it is to answer, and no more', async () => {
    const router = createRouter({ realms: ['realm1'], clock: new ManualClock() });
    const callee = await Client.join(router);
    await callee.say([64, 1, {}, 'com.p']);
    const callers = await Promise.all([Client.join(router), Client.join(router)]);
    for (const caller of callers) await caller.say(...each(1, (n) => [48, n, {}, 'com.p']).slice(MOST / 2));
    await callers[0].say([48, MOST + 1, {}, 'com.p']);
    expect(callers[0].heard.map(([type, , , , error]) => [type, error])).toEqual([
      [8, 'wamp.error.limit_exceeded'],
    ]);
    await callee.say([70, 1, {}]);
    await callers[1].say([48, MOST + 2, {}, 'com.p']);
    expect(callee.heard).toHaveLength(1 + MOST + 1);
  });
});
