/** Conversations about trust levels of calls and publications (checklist §2.18, §2.22: CTL-1, CTL-2, PTL-1). */
import type { Authenticator, RouterOptions } from '@wamp/router';
import { converse, type ConversationOptions, type PeerOptions } from '@wamp/router/testing';
import { describe, expect, test } from 'vitest';

/** Lets everybody in as whom they say they are. */
const trusting: Authenticator = {
  method: 'anonymous',
  begin: ({ details: { authid = 'nobody', authrole = 'guest' } }) => ({
    welcome: { authid, authrole, authmethod: 'anonymous', authprovider: 'test' },
  }),
};

const as = (authid: string, authrole: string): PeerOptions => ({ details: { authid, authrole } });

type TrustLevel = NonNullable<RouterOptions['trustLevel']>;

/** A realm whose operator trusts by this rule. */
function trust(trustLevel: TrustLevel): ConversationOptions {
  return {
    router: { authenticators: [trusting], trustLevel },
    peers: { ann: as('ann', 'staff'), eve: as('eve', 'guest') },
  };
}

const byRole = trust(({ principal }) => ({ staff: 3, guest: 0 })[principal.authrole]);

describe('announcing', () => {
  test('CTL-1 PTL-1 dealer and broker announce trust levels', () =>
    converse(`
      client → [1, "realm1", {"roles": {"callee": {}}}]
      client ← [2, *, {"roles": {"broker": {"features": {"publication_trustlevels": true, ...}}, "dealer": {"features": {"call_trustlevels": true, ...}}}, ...}]
    `));
});

describe('calls', () => {
  test('CTL-2 INVOCATION tells how far the caller is trusted, 0 being the lowest level', () =>
    converse(
      `
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $add]
      ann → [48, 1, {}, "com.add", [1]]
      callee ← [68, 1, $add, {"trustlevel": 3}, [1]]
      callee → [70, 1, {}, [2]]
      ann ← [50, 1, {}, [2]]
      eve → [48, 1, {}, "com.add"]
      callee ← [68, 2, $add, {"trustlevel": 0}]
    `,
      byRole,
    ));

  test('CTL-2 without a rule, or a level from it, there is no trust level', async () => {
    const script = `
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $add]
      ann → [48, 1, {}, "com.add"]
      callee ← [68, 1, $add, {}]
      callee → [32, 2, {}, "com.news"]
      callee ← [33, 2, $news]
      ann → [16, 2, {}, "com.news"]
      callee ← [36, $news, *, {}]
    `;
    await converse(script);
    await converse(
      script,
      trust(() => undefined),
    );
  });

  test('CTL-2 the rule receives the caller, the action, and the procedure', async () => {
    const asked: unknown[] = [];
    await converse(
      `
      callee → [64, 1, {"match": "prefix"}, "com."]
      callee ← [65, 1, $all]
      ann → [48, 1, {}, "com.add"]
      callee ← [68, 1, $all, {"procedure": "com.add", "trustlevel": 1}]
    `,
      trust(({ principal: { authid, authrole } }, action, uri) => {
        asked.push([authid, authrole, action, uri]);
        return 1;
      }),
    );
    expect(asked).toEqual([['ann', 'staff', 'call', 'com.add']]);
  });

  test('CTL-2 CID-3 it stands beside what is disclosed', () =>
    converse(
      `
      callee → [64, 1, {"disclose_caller": true}, "com.add"]
      callee ← [65, 1, $add]
      ann → [48, 1, {"receive_progress": true}, "com.add"]
      callee ← [68, 1, $add, {"trustlevel": 3, "receive_progress": true, "caller": $ann, "caller_authid": "ann", "caller_authrole": "staff"}]
    `,
      byRole,
    ));

  test('CTL-2 T-52 callers do not set it themselves', async () => {
    const script = (details: string): string => `
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $add]
      eve → [48, 1, {"trustlevel": 9}, "com.add"]
      callee ← [68, 1, $add, ${details}]
    `;
    await converse(script('{"trustlevel": 0}'), byRole);
    await converse(script('{}'));
  });

  test('CTL-2 PCI-4 all input of a progressive call tells it', () =>
    converse(
      `
      callee → [64, 1, {}, "com.add"]
      callee ← [65, 1, $add]
      ann → [48, 1, {"progress": true}, "com.add", [1]]
      callee ← [68, 1, $add, {"progress": true, "trustlevel": 3}, [1]]
      ann → [48, 1, {}, "com.add", [2]]
      callee ← [68, 1, $add, {"trustlevel": 3}, [2]]
    `,
      byRole,
    ));

  test('CTL-2 RRT-2 a call that waited, or was declined, tells it as well', () =>
    converse(
      `
      one → [64, 1, {"invoke": "first", "concurrency": 1}, "com.add"]
      one ← [65, 1, $add]
      ann → [48, 1, {}, "com.add", [1]]
      one ← [68, 1, $add, {"trustlevel": 3}, [1]]
      eve → [48, 1, {}, "com.add", [2]]
      two → [64, 1, {"invoke": "first", "concurrency": 1}, "com.add"]
      two ← [65, 1, $add]
      two ← [68, 1, $add, {"trustlevel": 0}, [2]]
      two → [8, 68, 1, {}, "wamp.error.unavailable"]
      one → [70, 1, {}]
      ann ← [50, 1, {}]
      one ← [68, 2, $add, {"trustlevel": 0}, [2]]
    `,
      byRole,
    ));
});

describe('publications', () => {
  test('PTL-1 EVENT tells how far the publisher is trusted, 0 being the lowest level', () =>
    converse(
      `
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      subscriber → [32, 2, {"match": "prefix"}, "com."]
      subscriber ← [33, 2, $all]
      ann → [16, 1, {}, "com.news", [1]]
      subscriber ← [36, $news, $p1, {"trustlevel": 3}, [1]]
      subscriber ← [36, $all, $p1, {"topic": "com.news", "trustlevel": 3}, [1]]
      eve → [16, 1, {"disclose_me": true}, "com.news"]
      subscriber ← [36, $news, $p2, {"trustlevel": 0, "publisher": $eve, "publisher_authid": "eve", "publisher_authrole": "guest"}]
      subscriber ← [36, $all, $p2, {"topic": "com.news", "trustlevel": 0, ...}]
    `,
      byRole,
    ));

  test('PTL-1 the rule is called once per publication, with the publisher and the topic', async () => {
    const asked: unknown[] = [];
    await converse(
      `
      one → [32, 1, {}, "com.news"]
      one ← [33, 1, $news]
      two → [32, 1, {"match": "prefix"}, "com."]
      two ← [33, 1, $all]
      ann → [16, 1, {}, "com.news"]
      one ← [36, $news, *, {"trustlevel": 1}]
      two ← [36, $all, *, {"topic": "com.news", "trustlevel": 1}]
    `,
      trust(({ principal: { authid, authrole } }, action, uri) => {
        asked.push([authid, authrole, action, uri]);
        return 1;
      }),
    );
    expect(asked).toEqual([['ann', 'staff', 'publish', 'com.news']]);
  });

  test('PTL-1 T-52 publishers do not set it themselves', async () => {
    const script = (details: string): string => `
      subscriber → [32, 1, {}, "com.news"]
      subscriber ← [33, 1, $news]
      eve → [16, 1, {"trustlevel": 9}, "com.news"]
      subscriber ← [36, $news, *, ${details}]
    `;
    await converse(script('{"trustlevel": 0}'), byRole);
    await converse(script('{}'));
  });

  test("PTL-1 the router's own events have no trust level", () =>
    converse(
      `
      watcher → [32, 1, {}, "wamp.session.on_leave"]
      watcher ← [33, 1, $on_leave]
      ann → closed
      watcher ← [36, $on_leave, *, {}, [$ann, "ann", "staff"]]
    `,
      trust(() => 5),
    ));

  test('PTL-1 RET-5 a retained event tells what was true when it was published', () => {
    let level = 1;
    return converse(
      `
      ann → [16, 1, {"retain": true}, "com.news", [1]]
      subscriber → [32, 1, {"get_retained": true}, "com.news"]
      subscriber ← [33, 1, $news]
      subscriber ← [36, $news, *, {"retained": true, "trustlevel": 1}, [1]]
      ann → [16, 2, {}, "com.news"]
      subscriber ← [36, $news, *, {"trustlevel": 2}]
    `,
      trust(() => level++),
    );
  });
});
