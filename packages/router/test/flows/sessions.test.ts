/** Conversations about joining and leaving (checklist §2.6, authentication as far as it is a matter of order). */
import {
  createRouter,
  defaultFeatures,
  ticket,
  type Authenticator,
  type Feature,
  type Verdict,
} from '@wamp/router';
import { converse } from '@wamp/router/testing';
import { describe, expect, test } from 'vitest';
import { Client, settle } from '../support/client.ts';

const HELLO = '[1, "realm1", {"roles": {"caller": {}}}]';

describe('joining', () => {
  test('SES-1 SES-3 SES-6 AUTH-2 WELCOME is the first that a client hears', () =>
    converse(`
      client → ${HELLO}
      client ← [2, $session, {"realm": "realm1", "roles": {"broker": {"features": {...}}, "dealer": {"features": {...}}}, "authid": *, "authrole": "anonymous", "authmethod": "anonymous", "authprovider": "static", ...}]
      client → [48, 1, {}, "wamp.session.list"]
      client ← [50, 1, {}, [[$session]]]
    `));

  test('SES-2 IDS-2 session ids are drawn at random from 1 to 2^53', async () => {
    const router = createRouter({ realms: ['realm1'] });
    const ids: number[] = [];
    for (let count = 0; count < 400; count += 1) {
      const client = new Client(router);
      await client.say([1, 'realm1', { roles: { caller: {} } }]);
      ids.push(Number(client.heard[0]?.[1]));
    }
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => Number.isInteger(id) && id >= 1 && id <= 2 ** 53)).toBe(true);
    // Each eighth of the range gets about 50 of 400; none or 100 is out of the question by chance.
    const eighths = Array.from(
      { length: 8 },
      (_, index) => ids.filter((id) => Math.ceil(id / 2 ** 50) === index + 1).length,
    );
    for (const count of eighths) expect(count).toSatisfy((n: number) => n > 5 && n < 100);
  });

  test('SES-2 a session keeps its id, and the next one on a new transport has another', () =>
    converse(`
      first → ${HELLO}
      first ← [2, $one, {...}]
      second → ${HELLO}
      second ← [2, $two, {...}]
      first → [48, 1, {}, "wamp.session.list"]
      first ← [50, 1, {}, [[$one, $two]]]
    `));

  test('SES-4 a second HELLO ends the session', () =>
    converse(`
      client → [1, "realm1", {"roles": {"caller": {}}}]
      client ← [2, $session, {...}]
      client → [1, "realm1", {"roles": {"caller": {}}}]
      client ← [3, {...}, "wamp.error.protocol_violation"]
      client ← closed
      witness → [48, 1, {}, "wamp.session.list"]
      witness ← [50, 1, {}, [[$witness]]]
    `));

  test('SES-5 T-45 there are no realms but those configured, and asking makes none', () =>
    converse(`
      first → [1, "realm2", {"roles": {"caller": {}}}]
      first ← [3, {...}, "wamp.error.no_such_realm"]
      first ← closed
      second → [1, "realm2", {"roles": {"caller": {}}}]
      second ← [3, {...}, "wamp.error.no_such_realm"]
      second ← closed
    `));

  test('SES-5 sessions of two realms do not meet', () =>
    converse(
      `
      here → [32, 1, {}, "com.topic"]
      here ← [33, 1, *]
      here → [64, 2, {}, "com.procedure"]
      here ← [65, 2, *]
      there → [16, 1, {"acknowledge": true}, "com.topic"]
      there ← [17, 1, *]
      there → [48, 2, {}, "com.procedure"]
      there ← [8, 48, 2, {}, "wamp.error.no_such_procedure"]
      there → [48, 3, {}, "wamp.session.list"]
      there ← [50, 3, {}, [[$there]]]
      here ← nothing
    `,
      { router: { realms: ['realm1', 'realm2'] }, peers: { there: { realm: 'realm2' } } },
    ));

  test.each([
    ['null', 'wamp.error.no_such_realm'],
    ['""', 'wamp.error.no_such_realm'],
    ['"realm 1"', 'wamp.error.invalid_uri'],
    ['"realm1."', 'wamp.error.invalid_uri'],
    ['".realm1"', 'wamp.error.invalid_uri'],
    ['"com..realm"', 'wamp.error.invalid_uri'],
    ['"realm#1"', 'wamp.error.invalid_uri'],
  ])('T-4 T-45 URI-8 realm %s: ABORT %s', (realm, reason) =>
    converse(`
      client → [1, ${realm}, {"roles": {"caller": {}}}]
      client ← [3, {...}, "${reason}"]
      client ← closed
    `),
  );

  test.each(['publisher', 'subscriber', 'caller', 'callee'])('SES-6 one role is enough: %s', (role) =>
    converse(`
      client → [1, "realm1", {"roles": {"${role}": {}}}]
      client ← [2, *, {...}]
    `),
  );

  test.each(['{}', '{"roles": {}}', '{"roles": {"passenger": {}}}', '{"roles": {"broker": {}}}'])(
    'SES-6 T-45 a client without a role is none: %s',
    (details) =>
      converse(`
        client → [1, "realm1", ${details}]
        client ← [3, {...}, "wamp.error.protocol_violation"]
        client ← closed
      `),
  );

  test('SES-6 EXT-1 unknown roles and features are ignored', () =>
    converse(`
      client → [1, "realm1", {"roles": {"caller": {"features": {"x_magic": true, "call_canceling": true}, "x_more": 1}, "passenger": {}}, "x_extra": [1]}]
      client ← [2, *, {...}]
    `));

  test('SES-7 both sides may name their make', () =>
    converse(
      `
      client → [1, "realm1", {"roles": {"caller": {}}, "agent": "test/1.0"}]
      client ← [2, *, {"agent": "router/2.0", ...}]
    `,
      { router: { agent: 'router/2.0' } },
    ));

  test('SES-12 T-54 a client that wants to resume gets a new session', () =>
    converse(`
      client → [1, "realm1", {"roles": {"caller": {}}, "resumable": true, "resume-session": 1, "resume_session": 1, "resume-token": "x", "resume_token": "x"}]
      client ← [2, *, {"realm": "realm1", "agent": *, "roles": {...}, "authid": *, "authrole": *, "authmethod": *, "authprovider": *}]
    `));

  test('T-25 an anonymous client is who the router says it is, whatever it claims', () =>
    converse(`
      client → [1, "realm1", {"roles": {"caller": {}}, "authid": "admin", "authrole": "trusted", "authprovider": "root", "authmethods": ["anonymous"]}]
      client ← [2, $session, {"authid": $authid, "authrole": "anonymous", "authmethod": "anonymous", "authprovider": "static", ...}]
      client → [48, 1, {}, "wamp.session.get", [$session]]
      client ← [50, 1, {}, [{"session": $session, "authid": $authid, "authrole": "anonymous", ...}]]
      client → [64, 2, {}, "wamp.mine"]
      client ← [8, 64, 2, {}, "wamp.error.invalid_uri", *]
    `));
});

describe('leaving', () => {
  test.each([
    'wamp.close.close_realm',
    'wamp.close.goodbye_and_out',
    'wamp.close.system_shutdown',
    'wamp.close.normal',
    'wamp.error.goodbye_and_out',
    'com.myapp.enough',
  ])('SES-3 SES-9 T-8 GOODBYE %s is answered with GOODBYE', (reason) =>
    converse(`
      witness → [32, 1, {}, "wamp.session.on_leave"]
      witness ← [33, 1, $left]
      client → [6, {"message": "so long"}, "${reason}"]
      client ← [6, {}, "wamp.close.goodbye_and_out"]
      client ← closed
      witness ← [36, $left, *, {}, [$client, *, "anonymous"]]
    `),
  );

  test('SES-3 a lost transport ends the session', () =>
    converse(`
      witness → [32, 1, {}, "wamp.session.on_leave"]
      witness ← [33, 1, $left]
      client → closed
      witness ← [36, $left, *, {}, [$client, *, "anonymous"]]
      witness → [48, 2, {}, "wamp.session.list"]
      witness ← [50, 2, {}, [[$witness]]]
    `));

  test('SES-3 SES-8 ABORT of a client ends the session, and is not answered', () =>
    converse(`
      witness → [32, 1, {}, "wamp.session.on_leave"]
      witness ← [33, 1, $left]
      client → [3, {"message": "I give up"}, "wamp.error.protocol_violation"]
      client ← closed
      witness ← [36, $left, *, {}, [$client, *, "anonymous"]]
    `));

  test.each([
    '[3, {}, "com.reason"]',
    '[3, {"message": "why"}, "com.reason", ["more"]]',
    '[3, {}, "com.reason", [], {"even": "more"}]',
  ])('SES-8 T-38 ABORT before HELLO is not answered: %s', (abort) =>
    converse(
      `
      client → ${abort}
      client ← closed
    `,
      { peers: { client: { joins: false } } },
    ),
  );

  /** A realm that its clients may close. */
  const closable: Feature = {
    install(realm) {
      realm.procedure('wamp.test.close_realm', () => {
        realm.close('wamp.close.close_realm');
        return [];
      });
    },
  };
  const router = { features: [...defaultFeatures(), closable] };

  test('SES-9 SES-10 T-8 the router says GOODBYE, and takes any reason for an answer', () =>
    converse(
      `
      client → [48, 1, {}, "wamp.test.close_realm"]
      client ← [6, {...}, "wamp.close.close_realm"]
      other ← [6, {...}, "wamp.close.close_realm"]
      client → [6, {}, "wamp.close.goodbye_and_out"]
      client ← closed
      other → [6, {}, "wamp.close.normal"]
      other ← closed
    `,
      { router },
    ));

  test('SES-10 after its GOODBYE the router ignores everything but the answer', () =>
    converse(
      `
      client → [48, 1, {}, "wamp.test.close_realm"]
      client ← [6, {...}, "wamp.close.close_realm"]
      other ← [6, {...}, "wamp.close.close_realm"]
      client → [32, 2, {}, "com.topic"]
      client → [64, 3, {}, "com.procedure"]
      client → [48, 4, {}, "wamp.session.count"]
      client → [16, 5, {"acknowledge": true}, "com.topic"]
      client → [70, 99, {}]
      client → [1, "realm1", {"roles": {"caller": {}}}]
      client ← nothing
      client → [6, {}, "wamp.close.goodbye_and_out"]
      client ← closed
    `,
      { router },
    ));

  test('SES-10 SES-8 ABORT is an answer, too', () =>
    converse(
      `
      client → [48, 1, {}, "wamp.test.close_realm"]
      client ← [6, {...}, "wamp.close.close_realm"]
      client → [3, {}, "com.reason"]
      client ← closed
    `,
      { router },
    ));

  test('T-8 a client that does not answer GOODBYE is let go after a while', () =>
    converse(
      `
      client → [48, 1, {}, "wamp.test.close_realm"]
      client ← [6, {...}, "wamp.close.close_realm"]
      clock +4999
      client ← nothing
      clock +1
      client ← closed
    `,
      { router },
    ));

  test('SES-9 a router that closes says GOODBYE to sessions, ABORT to newcomers, and waits for both', async () => {
    const closing = createRouter({ realms: ['realm1'] });
    const client = await Client.join(closing);
    const newcomer = new Client(closing);
    await settle();
    let closed = false;
    void closing.close().then(() => {
      closed = true;
    });
    await settle();
    expect(client.heard).toEqual([[6, {}, 'wamp.close.system_shutdown']]);
    expect(newcomer.heard).toMatchObject([[3, {}, 'wamp.close.system_shutdown']]);
    expect(newcomer.closed).toBe(true);
    expect(closed).toBe(false);
    const late = new Client(closing);
    await settle();
    expect(late.heard).toMatchObject([[3, {}, 'wamp.close.system_shutdown']]);
    await client.say([6, {}, 'wamp.close.goodbye_and_out']);
    expect(client.closed).toBe(true);
    expect(closed).toBe(true);
  });
});

describe('transports in memory', () => {
  test.each(['raw not JSON', 'raw', 'raw {}', 'raw [1]'])(
    'T-37 VIO-7 undecodable data: ABORT, then closed (%s)',
    (line) =>
      converse(
        `
      client → ${line}
      client ← [3, {...}, "wamp.error.protocol_violation"]
      client ← closed
    `,
        { peers: { client: { joins: false } } },
      ),
  );

  test('a message before WELCOME is 64 KiB at most', () => {
    const helloOf = (size: number): string => {
      const frame = `[1, "realm1", {"roles": {"caller": {}}, "x_long": ""}]`;
      return frame.replace('""', `"${'x'.repeat(size - frame.length)}"`);
    };
    return converse(
      `
      fitting → raw ${helloOf(65536)}
      fitting ← [2, *, {...}]
      fitting → raw [48, 1, {}, "wamp.session.count", [], {"x_long": "${'x'.repeat(70_000)}"}]
      fitting ← [50, 1, {}, [1]]
      large → raw ${helloOf(65537)}
      large ← [3, {...}, "wamp.error.protocol_violation"]
      large ← closed
    `,
      { peers: { fitting: { joins: false }, large: { joins: false } } },
    );
  });
});

describe('deadlines', () => {
  test('T-45 a client that does not say HELLO within 5 s is let go', () =>
    converse(
      `
      client ← nothing
      clock +4999
      client ← nothing
      clock +1
      client ← [3, {...}, "wamp.error.authentication_failed"]
      client ← closed
    `,
      { peers: { client: { joins: false } } },
    ));

  test('T-45 a session has no such deadline', () =>
    converse(`
      client → ${HELLO}
      client ← [2, *, {...}]
      clock +1000000
      client ← nothing
      client → [48, 1, {}, "wamp.session.count"]
      client ← [50, 1, {}, [1]]
    `));

  test('T-45 a client that does not answer CHALLENGE within 5 s is let go', () =>
    converse(
      `
      client → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["ticket"], "authid": "joe"}]
      client ← [4, "ticket", {}]
      clock +4999
      client ← nothing
      clock +1
      client ← [3, {...}, "wamp.error.authentication_failed"]
      client ← closed
    `,
      { router: { authenticators: [tickets()] } },
    ));

  test('T-45 each CHALLENGE gives the whole time again, from when it was sent', () =>
    converse(
      `
      clock +4000
      client → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["twofold"]}]
      client ← [4, "twofold", {"round": 1}]
      clock +4000
      client → [5, "one", {}]
      client ← [4, "twofold", {"round": 2}]
      clock +4000
      client → [5, "two", {}]
      client ← [2, *, {"authid": "joe", ...}]
      clock +5000
      client ← nothing
    `,
      { router: { authenticators: [twofold] } },
    ));

  test('T-45 the deadlines can be set', () =>
    converse(
      `
      silent ← nothing
      client → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["ticket"], "authid": "joe"}]
      client ← [4, "ticket", {}]
      clock +10
      silent ← [3, {...}, "wamp.error.authentication_failed"]
      silent ← closed
      client ← nothing
      clock +10
      client ← [3, {...}, "wamp.error.authentication_failed"]
      client ← closed
    `,
      {
        router: { authenticators: [tickets()], limits: { helloTimeout: 10, authenticateTimeout: 20 } },
        peers: { silent: { joins: false } },
      },
    ));
});

function tickets(): Authenticator {
  return ticket(
    new Map([
      ['joe', { ticket: 'secret!!!', authrole: 'frontend' }],
      ['ann', { ticket: 'geheim', authrole: 'backend' }],
    ]),
  );
}

const twofold: Authenticator = {
  method: 'twofold',
  begin: () => ({
    challenge: { round: 1 },
    answer: ({ signature }): Verdict =>
      signature === 'one'
        ? {
            challenge: { round: 2 },
            answer: (second): Verdict =>
              second.signature === 'two' ? { welcome: principal('joe') } : { abort: 'com.wrong.second' },
          }
        : { abort: 'com.wrong.first', message: 'once more, with feeling' },
  }),
};

function principal(authid: string, method = 'twofold') {
  return { authid, authrole: 'user', authmethod: method, authprovider: 'test' };
}

describe('tickets', () => {
  const router = { authenticators: [tickets()] };

  test('TIC-1 TIC-2 AUTH-1 AUTH-2 the right ticket opens the door', () =>
    converse(
      `
      joe → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["ticket"], "authid": "joe"}]
      joe ← [4, "ticket", {}]
      joe → [5, "secret!!!", {}]
      joe ← [2, $session, {"authid": "joe", "authrole": "frontend", "authmethod": "ticket", "authprovider": "static", ...}]
      joe → [48, 1, {}, "wamp.session.get", [$session]]
      joe ← [50, 1, {}, [{"session": $session, "authid": "joe", "authrole": "frontend", "authmethod": "ticket", "authprovider": "static", ...}]]
    `,
      { router },
    ));

  test.each([
    ['another ticket', 'joe', 'wrong'],
    ['an empty ticket', 'joe', ''],
    ["somebody else's ticket", 'joe', 'geheim'],
    ['a ticket with a blank', 'joe', 'secret!!! '],
    ['a stranger', 'eve', 'secret!!!'],
    ['an inherited name', 'constructor', 'secret!!!'],
  ])('AUTH-4 T-25 %s is told the same as everyone who is refused', (_what, authid, secret) =>
    converse(
      `
      client → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["ticket"], "authid": "${authid}"}]
      client ← [4, "ticket", {}]
      client → [5, "${secret}", {}]
      client ← [3, {"message": "the credentials are not valid"}, "wamp.error.authentication_denied"]
      client ← closed
    `,
      { router },
    ),
  );

  test('TIC-1 a client without an authid is an unknown principal', () =>
    converse(
      `
      client → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["ticket"]}]
      client ← [4, "ticket", {}]
      client → [5, "secret!!!", {}]
      client ← [3, {...}, "wamp.error.authentication_denied"]
      client ← closed
    `,
      { router },
    ));

  test('SES-8 a client may give up while it is challenged', () =>
    converse(
      `
      client → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["ticket"], "authid": "joe"}]
      client ← [4, "ticket", {}]
      client → [3, {}, "wamp.error.authentication_failed"]
      client ← closed
    `,
      { router },
    ));
});

describe('authentication methods', () => {
  const open: Authenticator = { method: 'open', begin: () => ({ welcome: principal('anyone', 'open') }) };

  test('AUTH-4 T-25 the realm supports none of the offered methods: no_matching_auth_method', () =>
    converse(
      `
      client → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["wampcra", "cookie"]}]
      client ← [3, {...}, "wamp.error.no_matching_auth_method"]
      client ← closed
    `,
      { router: { authenticators: [tickets()] } },
    ));

  test('AUTH-4 T-25 who names no method is anonymous, and refused where that is not enough', () =>
    converse(
      `
      client → ${HELLO}
      client ← [3, {...}, "wamp.error.authentication_required"]
      client ← closed
    `,
      { router: { authenticators: [tickets()] } },
    ));

  test("T-25 the client's order counts, not the router's", () =>
    converse(
      `
      first → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["cookie", "open", "ticket"], "authid": "joe"}]
      first ← [2, *, {"authmethod": "open", ...}]
      second → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["ticket", "open"], "authid": "joe"}]
      second ← [4, "ticket", {}]
    `,
      { router: { authenticators: [tickets(), open] } },
    ));

  test('SES-11 two rounds of CHALLENGE and AUTHENTICATE', () =>
    converse(
      `
      right → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["twofold"]}]
      right ← [4, "twofold", {"round": 1}]
      right → [5, "one", {}]
      right ← [4, "twofold", {"round": 2}]
      right → [5, "two", {}]
      right ← [2, *, {"authid": "joe", "authrole": "user", "authmethod": "twofold", "authprovider": "test", ...}]
      early → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["twofold"]}]
      early ← [4, "twofold", {"round": 1}]
      early → [5, "two", {}]
      early ← [3, {"message": "once more, with feeling"}, "com.wrong.first"]
      early ← closed
      late → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["twofold"]}]
      late ← [4, "twofold", {"round": 1}]
      late → [5, "one", {}]
      late ← [4, "twofold", {"round": 2}]
      late → [5, "one", {}]
      late ← [3, {...}, "com.wrong.second"]
      late ← closed
    `,
      { router: { authenticators: [twofold] } },
    ));

  test('AUTH-1 an authenticator hears who asks, for which realm, under which id, by what transport', async () => {
    let heard: unknown;
    const curious: Authenticator = {
      method: 'curious',
      begin: ({ realm, details }, info) => {
        heard = { realm, authid: details.authid, authextra: details.authextra, info };
        return { welcome: principal('joe') };
      },
    };
    const router = createRouter({ realms: ['realm1'], authenticators: [curious] });
    const client = new Client(router);
    await client.say([
      1,
      'realm1',
      { roles: { caller: {} }, authmethods: ['curious'], authid: 'joe', authextra: { pin: 1 } },
    ]);
    expect(heard).toMatchObject({
      realm: 'realm1',
      authid: 'joe',
      authextra: { pin: 1 },
      info: { realm: 'realm1', session: client.heard[0]?.[1], transport: { type: 'in-memory' } },
    });
  });

  test('AUTH-2 authextra of the verdict is in WELCOME', () =>
    converse(
      `
      client → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["extra"]}]
      client ← [2, *, {"authextra": {"x_note": [1, null]}, ...}]
    `,
      {
        router: {
          authenticators: [
            {
              method: 'extra',
              begin: () => ({ welcome: { ...principal('joe'), authextra: { x_note: [1, null] } } }),
            },
          ],
        },
      },
    ));
});

describe('authenticators that take their time', () => {
  /** Lets everybody in whenever a later client says `open` in its authid. */
  function patient(): Authenticator {
    const waiting: (() => void)[] = [];
    return {
      method: 'patient',
      begin: ({ details }) => {
        if (details.authid === 'open') for (const open of waiting) open();
        return details.authid === 'open'
          ? { welcome: principal('doorman') }
          : new Promise<Verdict>((resolve) => {
              waiting.push(() => {
                resolve({ challenge: {}, answer: () => Promise.resolve({ welcome: principal('joe') }) });
              });
            });
      },
    };
  }

  test('AUTH-1 SES-10 a verdict may come late, and so may the next one', () =>
    converse(
      `
      client → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["patient"]}]
      client ← nothing
      doorman → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["patient"], "authid": "open"}]
      doorman ← [2, *, {...}]
      client ← [4, "patient", {}]
      client → [5, "anything", {}]
      client ← [2, *, {"authid": "joe", ...}]
    `,
      { router: { authenticators: [patient()] } },
    ));

  test.each([
    ['hung up', 'client → closed'],
    ['gave up', 'client → [3, {}, "com.reason"]\n client ← closed'],
    [
      'broke the protocol',
      'client → [5, "", {}]\n client ← [3, {...}, "wamp.error.protocol_violation"]\n client ← closed',
    ],
  ])('SES-3 SES-8 a verdict for a client that has %s meanwhile makes no session', (_what, lines) =>
    converse(
      `
      client → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["patient"]}]
      client ← nothing
      ${lines}
      doorman → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["patient"], "authid": "open"}]
      doorman ← [2, $doorman, {...}]
      doorman → [48, 1, {}, "wamp.session.list"]
      doorman ← [50, 1, {}, [[$doorman]]]
    `,
      { router: { authenticators: [patient()] } },
    ),
  );

  test('T-45 a client whose authenticator never decides does not wait for ever', () =>
    converse(
      `
      client → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["stuck"]}]
      client ← nothing
      clock +60000
      client ← [3, {...}, "wamp.error.unavailable"]
      client ← closed
    `,
      { router: { authenticators: [{ method: 'stuck', begin: () => new Promise(() => undefined) }] } },
    ));
});

describe('authenticators that fail', () => {
  const FAILURES: readonly [string, () => Verdict | Promise<Verdict>][] = [
    [
      'throws',
      () => {
        throw new Error('the database is down');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the database is down'))],
    ['returns nonsense', () => undefined as unknown as Verdict],
    ['resolves to nonsense', () => Promise.resolve(undefined as unknown as Verdict)],
    ['returns a string', () => 'yes' as unknown as Verdict],
    ['resolves to a string', () => Promise.resolve('yes' as unknown as Verdict)],
    ['returns an empty object', () => ({}) as unknown as Verdict],
    ['resolves to an empty object', () => Promise.resolve({} as unknown as Verdict)],
  ];

  test.each(FAILURES)('AUTH-4 one that %s on HELLO refuses the client, without a reason', (_what, fail) =>
    converse(
      `
      client → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["broken"]}]
      client ← [3, {"message": "authentication failed"}, "wamp.error.authentication_failed"]
      client ← closed
    `,
      { router: { authenticators: [{ method: 'broken', begin: fail }] } },
    ),
  );

  test.each(FAILURES)(
    'AUTH-4 one that %s on AUTHENTICATE lets nobody in, and tells nobody why',
    (_what, fail) =>
      converse(
        `
      client → [1, "realm1", {"roles": {"caller": {}}, "authmethods": ["broken"]}]
      client ← [4, "broken", {}]
      client → [5, "x", {}]
      client ← [3, {"message": "authentication failed"}, "wamp.error.authentication_failed"]
      client ← closed
    `,
        {
          router: { authenticators: [{ method: 'broken', begin: () => ({ challenge: {}, answer: fail }) }] },
        },
      ),
  );
});
