/** Procedures that know who may come in (T-27): what they are asked, and what comes of what they say. */
import type { Dict } from '@wamp/protocol';
import {
  anonymous,
  createRouter,
  cryptosign,
  scram,
  ticket,
  wampcra,
  type Log,
  type Router,
} from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Client, settle } from '../support/client.ts';
import { DENIED, FAILED, Login, UNAVAILABLE, welcomed } from '../support/login.ts';

const PROCEDURE = 'com.example.authenticate';

/** A router whose clients are known to a procedure in a realm of its own. */
class Stage {
  readonly clock = new ManualClock();
  readonly router: Router;
  readonly log = vi.fn<Log>();
  /** What the procedure was asked. */
  readonly asked: unknown[] = [];
  #callee: Client | undefined;

  constructor() {
    const source = { procedure: PROCEDURE, realm: 'backstage' };
    this.router = createRouter({
      clock: this.clock,
      log: this.log,
      realms: [
        {
          name: 'realm1',
          authenticators: [
            ticket(source),
            wampcra(source),
            scram(source),
            cryptosign(source),
            anonymous(source),
          ],
        },
        'backstage',
      ],
    });
  }

  /** Serves the procedure with what `answer` makes of the invocation: a message, or nothing. */
  async serve(answer: (invocation: readonly unknown[]) => readonly unknown[] | undefined): Promise<void> {
    const callee = new Client(this.router);
    await callee.say([1, 'backstage', { roles: { callee: { features: { call_canceling: true } } } }]);
    await callee.say([64, 1, {}, PROCEDURE]);
    callee.heard.length = 0;
    this.#callee = callee;
    const tell = callee.transport.listener;
    callee.transport.listener = {
      frame: (bytes) => {
        tell?.frame(bytes);
        const message = callee.heard.shift() ?? [];
        if (message[0] !== 68) return;
        this.asked.push({ details: message[3], args: message[4] });
        const said = answer(message);
        if (said !== undefined) callee.send(said);
      },
      violation: () => undefined,
      closed: () => undefined,
    };
  }

  leave(): void {
    this.#callee?.transport.close();
  }
}

/** The procedure returns this value. */
function returns(value: unknown) {
  return ([, request]: readonly unknown[]): readonly unknown[] => [70, request, {}, [value]];
}

/** The procedure fails with this error. */
function fails(uri: string, ...args: readonly unknown[]) {
  return ([, request]: readonly unknown[]): readonly unknown[] => [8, 68, request, {}, uri, args];
}

async function showTicket(stage: Stage, authid = 'joe'): Promise<readonly unknown[]> {
  const login = new Login(stage.router);
  await login.challenge('ticket', { authid, authextra: { pin: 1 } });
  return login.authenticate('token');
}

describe('DYN-1 T-27 a procedure', () => {
  test('is asked by the router itself: realm, authid and details', async () => {
    const stage = new Stage();
    await stage.serve(returns('clerk'));
    expect(await showTicket(stage)).toEqual(
      welcomed({ authid: 'joe', authrole: 'clerk', authmethod: 'ticket', authprovider: 'dynamic' }),
    );
    expect(stage.asked).toEqual([
      {
        details: expect.objectContaining({ caller_authrole: 'trusted' }) as Dict,
        args: [
          'realm1',
          'joe',
          {
            session: expect.any(Number) as number,
            authmethod: 'ticket',
            authid: 'joe',
            authextra: { pin: 1 },
            transport: { type: 'in-memory', protocol: 'wamp.2.json' },
            ticket: 'token',
          },
        ],
      },
    ]);
  });

  test('may return a dict', async () => {
    const stage = new Stage();
    await stage.serve(returns({ role: 'clerk', authid: 'joe@home', realm: 'realm1', extra: { x_note: 1 } }));
    expect(await showTicket(stage)).toEqual(
      welcomed({ authid: 'joe@home', authrole: 'clerk', authextra: { x_note: 1 } }),
    );
  });

  test.each([null, undefined])('that returns %s does not know the client', async (value) => {
    const stage = new Stage();
    await stage.serve(value === undefined ? ([, request]) => [70, request, {}] : returns(value));
    expect(await showTicket(stage)).toEqual(DENIED);
  });

  test.each(['wamp.error.no_such_principal', 'wamp.error.authentication_denied'])(
    'that fails with %s does not know the client',
    async (uri) => {
      const stage = new Stage();
      await stage.serve(fails(uri, 'joe? who is joe?'));
      expect(await showTicket(stage)).toEqual(DENIED);
    },
  );

  test.each(['com.example.account_locked', 'wamp.error.not_authorized', 'wamp.error.no_such_role'])(
    'that fails with %s lets the client know',
    async (uri) => {
      const stage = new Stage();
      await stage.serve(fails(uri, 'not on Sundays'));
      expect(await showTicket(stage)).toEqual([3, { message: 'not on Sundays' }, uri]);
    },
  );

  test.each<[string, (invocation: readonly unknown[]) => readonly unknown[]]>([
    ['throws', fails('wamp.error.runtime_error', 'TypeError: x is undefined')],
    ['fails with an error of the router’s', fails('wamp.error.internal_error')],
    ['returns true', returns(true)],
    ['returns 1', returns(1)],
    ['returns an empty text', returns('')],
    ['returns a list', returns(['clerk'])],
    ['returns an empty dict', returns({})],
    ['returns a role that is no text', returns({ role: 5 })],
    ['returns a role of null', returns({ role: null })],
    ['returns an authid that is no text', returns({ role: 'clerk', authid: 5 })],
    ['returns an extra that is no dict', returns({ role: 'clerk', extra: 'x' })],
    ['returns what nobody knows', returns({ role: 'clerk', until: 1 })],
    ['allows with what is no bool', returns({ role: 'clerk', allow: 1 })],
    ['allows with a text', returns({ role: 'clerk', allow: 'false' })],
    ['allows, and gives no role', returns({ allow: true })],
    ['names another realm, which it may not', returns({ role: 'clerk', realm: 'backstage' })],
    ['makes the client one of the router’s own', returns('trusted')],
    ['makes the client one of the router’s own, in a dict', returns({ role: 'trusted' })],
  ])('that %s lets nobody in', async (_what, answer) => {
    const stage = new Stage();
    await stage.serve(answer);
    expect(await showTicket(stage)).toEqual(FAILED);
  });

  test('D1 that is not registered refuses the client, which may try again, and the log says why', async () => {
    const stage = new Stage();
    expect(await showTicket(stage)).toEqual(UNAVAILABLE);
    const line = stage.log.mock.calls.find(([, what]) => what === 'authentication failed');
    expect(line?.[2]).toMatchObject({ code: 'authentication_failed', authid: 'joe' });
    await stage.serve(returns('clerk'));
    expect((await showTicket(stage))[0]).toBe(2);
  });

  test.each(['no_such_procedure', 'unavailable', 'no_available_callee', 'canceled', 'timeout'])(
    'D1 that fails with %s cannot be asked now: the client may try again',
    async (name) => {
      const stage = new Stage();
      await stage.serve(fails(`wamp.error.${name}`));
      expect(await showTicket(stage)).toEqual(UNAVAILABLE);
    },
  );

  test('D1 that is not there is no failed attempt of the client', async () => {
    const stage = new Stage();
    for (let attempt = 0; attempt < 20; attempt += 1) expect(await showTicket(stage)).toEqual(UNAVAILABLE);
    await stage.serve(returns('clerk'));
    expect((await showTicket(stage))[0]).toBe(2);
  });

  test('whose callee disconnects refuses the client', async () => {
    const stage = new Stage();
    await stage.serve(() => {
      queueMicrotask(() => stage.leave());
      return undefined;
    });
    expect(await showTicket(stage)).toEqual(UNAVAILABLE);
  });

  test('that takes too long refuses the client, and is interrupted', async () => {
    const stage = new Stage();
    await stage.serve(() => undefined);
    const login = new Login(stage.router);
    await login.challenge('ticket', { authid: 'joe' });
    login.client.send([5, 'token', {}]);
    while (stage.asked.length === 0) await settle();
    stage.clock.advance(5000);
    expect(await login.heard()).toEqual([
      3,
      { message: 'authentication took too long; try again later' },
      'wamp.error.unavailable',
    ]);
    expect(stage.clock.pending).toBe(0);
  });

  test('in an unknown realm refuses the client', async () => {
    const source = { procedure: PROCEDURE, realm: 'nowhere' };
    const router = createRouter({ realms: ['realm1'], authenticators: [ticket(source)] });
    onTestFinished(() => router.close());
    const login = new Login(router);
    await login.challenge('ticket', { authid: 'joe' });
    expect((await login.authenticate('x'))[2]).toBe('wamp.error.no_such_realm');
  });
});

describe('B5 an answer as Crossbar.io knows it', () => {
  test.each<[string, Dict]>([
    ['cache', { cache: true }],
    ['no cache', { cache: null }],
    ['allow', { allow: true }],
    ['no word of allow', { allow: null }],
    [
      'all that its examples have',
      { cache: true, realm: 'realm1', authid: 'joe', extra: {}, pubkey: '00'.repeat(32) },
    ],
  ])('B5 with %s lets the client in', async (_what, said) => {
    const stage = new Stage();
    await stage.serve(returns({ role: 'clerk', ...said }));
    expect(await showTicket(stage)).toEqual(welcomed({ authid: 'joe', authrole: 'clerk' }));
  });

  test('B5 with cache is not remembered: the procedure is asked at each login', async () => {
    const stage = new Stage();
    await stage.serve(returns({ role: 'clerk', cache: true }));
    await showTicket(stage);
    await showTicket(stage);
    expect(stage.asked).toHaveLength(2);
  });

  test('B5 with allow: false means an unknown principal, whatever else it contains', async () => {
    const stage = new Stage();
    await stage.serve(returns({ allow: false, role: 'clerk', cache: true }));
    expect(await showTicket(stage)).toEqual(DENIED);
  });

  test('B5 with an unknown key is refused in one line of the log, which names key and procedure', async () => {
    const stage = new Stage();
    await stage.serve(returns({ role: 'clerk', expires: 5, until: 1 }));
    expect(await showTicket(stage)).toEqual(FAILED);
    const lines = stage.log.mock.calls.filter(([level]) => level === 'warn' || level === 'error');
    expect(lines).toHaveLength(1);
    expect(String(lines[0]?.[2]['error'])).toBe(
      `TypeError: ${PROCEDURE} returned an invalid answer: unknown key "expires"`,
    );
  });

  test('B5 with unknown keys cannot flood the log', async () => {
    const stage = new Stage();
    await stage.serve(returns({ role: 'clerk', ['x'.repeat(10_000)]: 1 }));
    for (let attempt = 0; attempt < 30; attempt += 1) await showTicket(stage, `joe${attempt}`);
    const lines = stage.log.mock.calls.filter(([, what]) => what === 'authentication failed');
    expect(lines).toHaveLength(10);
    expect(String(lines[0]?.[2]['error']).length).toBeLessThan(300);
  });
});

describe('DYN-1 T-27 secrets of', () => {
  test.each<[string, string, Dict, Dict]>([
    ['wampcra', 'wampcra', { role: 'clerk', secret: 's' }, {}],
    [
      'wampcra, salted',
      'wampcra',
      { role: 'clerk', secret: 's', salt: 'x', iterations: 10, keylen: 16 },
      { salt: 'x', iterations: 10, keylen: 16 },
    ],
    [
      'wampcra, derived',
      'wampcra',
      { role: 'clerk', key: 's', salt: 'x', iterations: 10, keylen: 16 },
      { salt: 'x', iterations: 10, keylen: 16 },
    ],
    [
      'wamp-scram',
      'wamp-scram',
      {
        role: 'clerk',
        kdf: 'argon2id-13',
        iterations: 2,
        memory: 512,
        salt: 'ab'.repeat(8),
        'stored-key': 'ab'.repeat(32),
        'server-key': 'ab'.repeat(32),
      },
      { kdf: 'argon2id13', iterations: 2, memory: 512, salt: 'q6urq6urq6s=' },
    ],
    ['cryptosign', 'cryptosign', { role: 'clerk', pubkey: 'ab'.repeat(32) }, {}],
  ])('%s make a challenge', async (_what, method, answer, extra) => {
    const stage = new Stage();
    await stage.serve(returns(answer));
    const authextra = { nonce: 'AAAA', pubkey: 'ab'.repeat(32) };
    const challenge = await new Login(stage.router).challenge(method, { authid: 'joe', authextra });
    expect(challenge).toMatchObject(extra);
    if (method === 'wampcra')
      expect(JSON.parse(String(challenge['challenge']))).toMatchObject({
        // Not the one that the user will have, for strangers have none.
        authrole: 'user',
        authprovider: 'dynamic',
      });
  });

  test.each<[string, Dict]>([
    ['wampcra', { role: 'clerk' }],
    ['wampcra', { role: 'clerk', secret: 5 }],
    ['wampcra', { role: 'clerk', secret: 's', salt: 'x', iterations: -1 }],
    ['wamp-scram', { role: 'clerk', secret: 's' }],
    [
      'wamp-scram',
      { role: 'clerk', kdf: 'pbkdf2', iterations: 4096, salt: 'ab', 'stored-key': 'ab', 'server-key': 'ab' },
    ],
    ['cryptosign', { role: 'clerk' }],
    ['cryptosign', { role: 'clerk', pubkey: 'ab' }],
  ])('invalid %s refuse the client: %j', async (method, answer) => {
    const stage = new Stage();
    await stage.serve(returns(answer));
    const authextra = { nonce: 'AAAA', pubkey: 'ab'.repeat(32) };
    expect(await new Login(stage.router).hello(method, { authid: 'joe', authextra })).toEqual(FAILED);
  });

  test.each(['wampcra', 'wamp-scram', 'cryptosign'])(
    'T-25 a stranger is challenged by %s like the others',
    async (method) => {
      const stage = new Stage();
      await stage.serve(returns(null));
      const authextra = { nonce: 'AAAA', pubkey: 'ab'.repeat(32) };
      const login = new Login(stage.router);
      const extra = await login.challenge(method, { authid: 'eve', authextra });
      expect(await login.authenticate('AAAA', { nonce: extra['nonce'] })).toEqual(DENIED);
    },
  );

  test('anonymous clients get the role of the procedure, and an authid of the router', async () => {
    const stage = new Stage();
    await stage.serve(([, request, , , args]) => {
      const [, authid] = args as [string, string | null];
      return [70, request, {}, [authid === 'guest' ? 'visitor' : null]];
    });
    const [, , details] = await new Login(stage.router).hello('anonymous', { authid: 'guest' });
    expect(details).toMatchObject({ authrole: 'visitor', authprovider: 'dynamic' });
    expect((details as Dict)['authid']).not.toBe('guest');
    expect(await new Login(stage.router).hello('anonymous', { authid: 'eve' })).toEqual(DENIED);
  });
});
