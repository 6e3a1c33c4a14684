/** Conversations in a realm where a procedure decides what each may do (checklist §2.30, T-27). */
import { json } from '@wamp/protocol';
import {
  createRouter,
  dynamicAuthorizer,
  permissions,
  remembering,
  type Log,
  type AuthorizerAnswer,
  type RouterOptions,
} from '@wamp/router';
import { converse, type ConversationOptions } from '@wamp/router/testing';
import { describe, expect, test, vi } from 'vitest';
import { Client, settle } from '../support/client.ts';
import { as, trusting } from '../support/people.ts';

const DECIDE = 'com.auth.decide';

/** The judge's role has permissions; everybody else's requests are for the judge. */
function judged(authorizer = dynamicAuthorizer(DECIDE)): ConversationOptions & { router: RouterOptions } {
  return {
    router: {
      realms: ['realm1'],
      authenticators: [trusting],
      authorizer: permissions({
        roles: {
          judge: {
            permissions: [
              { uri: 'com.auth.*', allow: ['register'] },
              { uri: 'com.rules', allow: ['call'] },
            ],
          },
          user: { authorizer },
        },
      }),
    },
    peers: {
      judge: as('judge', 'judge'),
      ann: as('ann', 'user'),
      ann2: as('ann', 'user'),
      bob: as('bob', 'user'),
    },
  };
}

const REGISTERED = `
  judge → [64, 1, {}, "${DECIDE}"]
  judge ← [65, 1, $decide]`;

/** The question about ann that the judge hears as number `n`. */
const question = (n: number, action: string, uri: string, options = '{}'): string =>
  `judge ← [68, ${n}, $decide, {...}, [{"session": $ann, "authid": "ann", ...}, "${uri}", "${action}", ${options}]]`;

describe('AZN-3 T-27 asked', () => {
  test('AZN-3 T-27 is who, what URI, which action and with which options', () =>
    converse(
      `
      ${REGISTERED}
      ann → [32, 1, {"match": "prefix"}, "com.news."]
      judge ← [68, 1, $decide, {"caller": *, "caller_authid": "router", "caller_authrole": "trusted"}, [{"session": $ann, "authid": "ann", "authrole": "user", "authmethod": "anonymous", "authprovider": "test", "authextra": null, "transport": {"type": "in-memory", ...}}, "com.news.", "subscribe", {"match": "prefix"}]]
      ann ← nothing
      judge → [70, 1, {}, [true]]
      ann ← [33, 1, *]
      ann → [64, 2, {"match": "wildcard", "invoke": "first"}, "com..x"]
      ${question(2, 'register', 'com..x', '{"match": "wildcard", "invoke": "first"}')}
      judge → [70, 2, {}, [true]]
      ann ← [65, 2, *]
      ann → [16, 3, {"retain": true}, "com.other"]
      ${question(3, 'publish', 'com.other', '{"retain": true}')}
      ann → [48, 4, {"timeout": 5}, "com.work"]
      judge → [70, 3, {}, [true]]
      ${question(4, 'call', 'com.work', '{"timeout": 5}')}
      judge → [70, 4, {}, [true]]
      ann ← [8, 48, 4, {}, "wamp.error.no_such_procedure"]
    `,
      judged(),
    ));

  test('AZN-3 T-27 may be answered with false, or a dict that says so', () =>
    converse(
      `
      ${REGISTERED}
      ann → [48, 1, {}, "com.work"]
      ${question(1, 'call', 'com.work')}
      judge → [70, 1, {}, [false]]
      ann ← [8, 48, 1, {}, "wamp.error.not_authorized", *]
      ann → [48, 2, {}, "com.work"]
      ${question(2, 'call', 'com.work')}
      judge → [70, 2, {}, [{"allow": false}]]
      ann ← [8, 48, 2, {}, "wamp.error.not_authorized", *]
    `,
      judged(),
    ));

  test('PID-4 T-27 with disclose, it gets the identity of the caller', () =>
    converse(
      `
      ${REGISTERED}
      bob → [64, 1, {}, "com.work"]
      judge ← [68, 1, $decide, {...}, *]
      judge → [70, 1, {}, [true]]
      bob ← [65, 1, $work]
      ann → [48, 1, {}, "com.work", [1]]
      ${question(2, 'call', 'com.work')}
      judge → [70, 2, {}, [{"allow": true, "disclose": true, "cache": null, "validate": null}]]
      bob ← [68, 1, $work, {"caller": $ann, "caller_authid": "ann", "caller_authrole": "user"}, [1]]
    `,
      judged(),
    ));

  test('T-41 ORD-1 the messages of a session with a pending decision keep their order; other sessions do not wait', () =>
    converse(
      `
      ${REGISTERED}
      bob → [32, 1, {"match": "prefix"}, "com."]
      judge ← [68, 1, $decide, {...}, *]
      judge → [70, 1, {}, [true]]
      bob ← [33, 1, $all]
      ann → [16, 1, {}, "com.one", [1]]
      ${question(2, 'publish', 'com.one')}
      ann → [16, 2, {}, "com.two", [2]]
      ann → [16, 3, {}, "com.three", [3]]
      ann2 → [16, 1, {}, "com.four", [4]]
      judge ← [68, 3, $decide, {...}, *]
      judge → [70, 3, {}, [true]]
      bob ← [36, $all, *, {...}, [4]]
      judge → [70, 2, {}, [true]]
      bob ← [36, $all, *, {...}, [1]]
      ${question(4, 'publish', 'com.two')}
      judge → [70, 4, {}, [false]]
      ${question(5, 'publish', 'com.three')}
      judge → [70, 5, {}, [true]]
      bob ← [36, $all, *, {...}, [3]]
    `,
      judged(),
    ));
});

describe('B5 an answer as Crossbar.io knows it', () => {
  test.each([
    '{"allow": true, "cache": false, "disclose": false}',
    '{"allow": true, "meta": {"args": null, "kwargs": {"clock_oid": "1"}}, "validate": null}',
    '{"allow": true, "meta": null, "disclose": null, "cache": null}',
  ])('B5 permits: %s', (answer) =>
    converse(
      `
      ${REGISTERED}
      ann → [48, 1, {}, "com.work"]
      ${question(1, 'call', 'com.work')}
      judge → [70, 1, {}, [${answer}]]
      ann ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
    `,
      judged(),
    ),
  );

  test.each([
    ['{"allow": true, "until": 1, "expires": 5}', 'unknown key "until"'],
    ['{"allow": true, "validate": {"args": ["trading.Period"]}}', 'validate: payloads cannot be validated'],
    ['{"allow": 1}', 'allow: expected true or false'],
    ['{"allow": true, "disclose": 1}', 'disclose: expected true, false or null'],
    ['{"allow": true, "cache": 1}', 'cache: expected true, false or null'],
    ['"yes"', 'expected true, false or a dict'],
  ])('B5 %s is refused in one line of the log, which names it and the procedure', async (answer, fault) => {
    const log = vi.fn<Log>();
    const { router, peers } = judged();
    await converse(
      `
      ${REGISTERED}
      ann → [48, 1, {}, "com.work"]
      ${question(1, 'call', 'com.work')}
      judge → [70, 1, {}, [${answer}]]
      ann ← [8, 48, 1, {}, "wamp.error.authorization_failed", *]
    `,
      { router: { ...router, log }, ...(peers && { peers }) },
    );
    const lines = log.mock.calls.filter(([level]) => level === 'warn' || level === 'error');
    expect(lines.map(([, , facts]) => String(facts['error']))).toEqual([
      `TypeError: ${DECIDE} returned an invalid answer: ${fault}`,
    ]);
  });

  test('B5 what another authorizer answers is named, too, and a failure is not remembered as a denial', async () => {
    const log = vi.fn<Log>();
    // A plug-in in plain JavaScript may answer anything.
    const answer: object = { allow: true, until: 1, cache: true };
    const authorizer = remembering({ authorize: () => answer as AuthorizerAnswer });
    const FAILED = (request: number): string =>
      `ann ← [8, 48, ${request}, {}, "wamp.error.authorization_failed", *]`;
    await converse(
      `
      ann → [48, 1, {}, "com.work"]
      ${FAILED(1)}
      ann → [48, 2, {}, "com.work"]
      ${FAILED(2)}
    `,
      { router: { log, authenticators: [trusting], authorizer }, peers: { ann: as('ann', 'user') } },
    );
    expect(authorizer.size).toBe(0);
    expect(String(log.mock.calls.at(-1)?.[2]['error'])).toContain('unknown key "until"');
  });
});

describe('AZN-2 T-24 failing closed', () => {
  const FAILED = 'ann ← [8, 48, 1, {}, "wamp.error.authorization_failed", *]';
  const ASKED = `
    ${REGISTERED}
    ann → [48, 1, {}, "com.work"]
    ${question(1, 'call', 'com.work')}`;

  test.each([
    '[70, 1, {}]',
    '[70, 1, {}, []]',
    '[70, 1, {}, [null]]',
    '[70, 1, {}, [1]]',
    '[70, 1, {}, [0]]',
    '[70, 1, {}, ["true"]]',
    '[70, 1, {}, [[true]]]',
    '[70, 1, {}, [{}]]',
    '[70, 1, {}, [{"allow": 1}]]',
    '[70, 1, {}, [{"allow": {"call": true}}]]',
    '[70, 1, {}, [{"allow": true, "until": 1}]]',
    '[70, 1, {}, [{"allow": true, "__proto__": {}}]]',
    '[70, 1, {}, [{"allow": true, "disclose": {"caller": true}}]]',
    '[70, 1, {}, [{"allow": true, "validate": {"args": []}}]]',
    '[70, 1, {}, [], {"allow": true}]',
    '[8, 68, 1, {}, "com.error.database"]',
    '[8, 68, 1, {}, "wamp.error.not_authorized", [true]]',
  ])('AZN-2 T-24 T-27 when it answers %s', (answer) =>
    converse(`${ASKED}\njudge → ${answer}\n${FAILED}`, judged()),
  );

  test('AZN-2 T-24 when no authorizer is registered', () =>
    converse(`ann → [48, 1, {}, "com.work"]\n${FAILED}`, judged()));

  test('AZN-2 T-24 LEAVE-2 when it dies while it thinks', () =>
    converse(`${ASKED}\njudge → closed\n${FAILED}`, judged()));

  test('AZN-2 T-24 TMO-3 when it takes too long; and its invocation is interrupted', () =>
    converse(
      `
      ${ASKED}
      clock +4999
      ann ← nothing
      clock +1
      ${FAILED}
      judge ← [69, 1, {"mode": "killnowait", ...}]
      judge → [70, 1, {}, [true]]
      ann ← nothing
    `,
      judged(),
    ));

  test('AZN-2 T-41 an answer for who has gone changes nothing', () =>
    converse(
      `
      ${REGISTERED}
      ann → [64, 1, {}, "com.work"]
      ${question(1, 'register', 'com.work')}
      ann → closed
      judge → [70, 1, {}, [true]]
      judge → [48, 2, {}, "com.rules"]
      judge ← [8, 48, 2, {}, "wamp.error.no_such_procedure"]
    `,
      judged(),
    ));

  test('AZN-2 T-41 who decides is not asked about itself: its answer would wait behind its question', async () => {
    const log = vi.fn<Log>();
    await converse(
      `
      judge → [64, 1, {}, "${DECIDE}"]
      judge ← [8, 64, 1, {}, "wamp.error.authorization_failed", *]
      elder → [64, 1, {}, "${DECIDE}"]
      elder ← [65, 1, *]
      elder → [48, 2, {}, "com.work"]
      elder ← [8, 48, 2, {}, "wamp.error.authorization_failed", *]
    `,
      {
        router: {
          log,
          authenticators: [trusting],
          authorizer: permissions({
            roles: {
              judge: { authorizer: dynamicAuthorizer(DECIDE) },
              elder: {
                authorizer: {
                  authorize: (principal, action, ...rest) =>
                    action === 'register' || dynamicAuthorizer(DECIDE).authorize(principal, action, ...rest),
                },
              },
            },
          }),
        },
        peers: { judge: as('judge', 'judge'), elder: as('elder', 'elder') },
      },
    );
    expect(String(log.mock.calls.at(-1)?.[2]['error'])).toContain('its own callee');
  });

  test('AZN-2 SES-9 while the router drains, questions are still asked', () =>
    converse(
      `
      ${REGISTERED}
      bob → [64, 1, {}, "com.slow"]
      judge ← [68, 1, $decide, {...}, *]
      judge → [70, 1, {}, [true]]
      bob ← [65, 1, $slow]
      ann → [48, 1, {}, "com.slow"]
      ${question(2, 'call', 'com.slow')}
      judge → [70, 2, {}, [true]]
      bob ← [68, 1, $slow, {}]
      router drains 10000
      ann → [16, 2, {"acknowledge": true}, "com.news"]
      ${question(3, 'publish', 'com.news', '{"acknowledge": true}')}
      judge → [70, 3, {}, [true]]
      ann ← [17, 2, *]
      bob → [70, 1, {}]
      ann ← [50, 1, {}]
      ann ← [6, {"x_resend": true}, "wamp.close.system_shutdown"]
      bob ← [6, {"x_resend": true}, "wamp.close.system_shutdown"]
      judge ← [6, {"x_resend": true}, "wamp.close.system_shutdown"]
    `,
      judged(),
    ));
});

describe('AZN-3 T-27 answers that are remembered', () => {
  const SAYS_LASTING = '{"allow": true, "cache": true}';

  test('AZN-3 T-27 hold for all sessions of a principal, and for the same question only', () =>
    converse(
      `
      ${REGISTERED}
      ann → [48, 1, {}, "com.work"]
      ${question(1, 'call', 'com.work')}
      judge → [70, 1, {}, [${SAYS_LASTING}]]
      ann ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
      ann → [48, 2, {}, "com.work"]
      ann ← [8, 48, 2, {}, "wamp.error.no_such_procedure"]
      ann2 → [48, 1, {}, "com.work"]
      ann2 ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
      bob → [48, 1, {}, "com.work"]
      judge ← [68, 2, $decide, {...}, *]
      judge → [70, 2, {}, [false]]
      bob ← [8, 48, 1, {}, "wamp.error.not_authorized", *]
      ann → [64, 3, {}, "com.work"]
      ${question(3, 'register', 'com.work')}
      judge → [70, 3, {}, [${SAYS_LASTING}]]
      ann ← [65, 3, *]
      ann → [64, 4, {"match": "prefix"}, "com.work"]
      ${question(4, 'register', 'com.work', '{"match": "prefix"}')}
      judge → [70, 4, {}, [false]]
      ann ← [8, 64, 4, {}, "wamp.error.not_authorized", *]
    `,
      judged(),
    ));

  test('AZN-3 T-27 PID-4 hold with all they say: denied is denied, disclosed is disclosed', () =>
    converse(
      `
      ${REGISTERED}
      ann → [16, 1, {"acknowledge": true}, "com.closed"]
      ${question(1, 'publish', 'com.closed', '{"acknowledge": true}')}
      judge → [70, 1, {}, [{"allow": false, "cache": true}]]
      ann ← [8, 16, 1, {}, "wamp.error.not_authorized", *]
      ann → [16, 2, {"acknowledge": true}, "com.closed"]
      ann ← [8, 16, 2, {}, "wamp.error.not_authorized", *]
      ann2 → [32, 1, {}, "com.open"]
      judge ← [68, 2, $decide, {...}, *]
      judge → [70, 2, {}, [true]]
      ann2 ← [33, 1, $open]
      ann → [16, 3, {}, "com.open", [1]]
      ${question(3, 'publish', 'com.open')}
      judge → [70, 3, {}, [{"allow": true, "cache": true, "disclose": true}]]
      ann2 ← [36, $open, *, {"publisher": $ann, ...}, [1]]
      ann → [16, 4, {}, "com.open", [2]]
      ann2 ← [36, $open, *, {"publisher": $ann, ...}, [2]]
    `,
      judged(),
    ));

  test.each([
    'true',
    '{"allow": true}',
    '{"allow": true, "cache": false}',
    '{"allow": true, "cache": 1}',
    '5',
  ])('AZN-3 T-27 are those alone that say so: %s', (answer) =>
    converse(
      `
        ${REGISTERED}
        ann → [48, 1, {}, "com.work"]
        ${question(1, 'call', 'com.work')}
        judge → [70, 1, {}, [${answer}]]
        ann ← [8, 48, 1, {}, *, ...]
        ann → [48, 2, {}, "com.work"]
        ${question(2, 'call', 'com.work')}
        judge → [70, 2, {}, [false]]
        ann ← [8, 48, 2, {}, "wamp.error.not_authorized", *]
      `.replace('*, ...]', answer === '5' || answer.includes('1') ? '*, *]' : '*]'),
      judged(),
    ),
  );

  test('T-27 are forgotten when they are purged, those under way included', async () => {
    const authorizer = dynamicAuthorizer(DECIDE);
    const router = createRouter(judged(authorizer).router);
    const [decider, ann] = [
      await Client.join(router, json, { authid: 'judge', authrole: 'judge' }),
      await Client.join(router, json, { authid: 'ann', authrole: 'user' }),
    ];
    await decider.say([64, 1, {}, DECIDE]);
    const asked = (): number => decider.heard.filter(([type]) => type === 68).length;
    const answer = (): Promise<void> => decider.say([70, asked(), {}, [{ allow: true, cache: true }]]);

    await ann.say([48, 1, {}, 'com.work']);
    await answer();
    await ann.say([48, 2, {}, 'com.work']);
    expect([asked(), authorizer.size]).toEqual([1, 1]);
    authorizer.purge();
    await ann.say([48, 3, {}, 'com.work']);
    expect([asked(), authorizer.size]).toEqual([2, 0]);
    authorizer.purge();
    await answer();
    expect(authorizer.size).toBe(0);
    await ann.say([48, 4, {}, 'com.work']);
    expect(asked()).toBe(3);
    await answer();
    await settle();
    expect(ann.heard.map((message) => message[4])).toEqual(Array(4).fill('wamp.error.no_such_procedure'));
  });
});
