/** Every authentication method, with credentials from every source, over a WebSocket: who comes in, and who does not. */
import { connect, WampError, type Authenticator, type Session } from '@wamp/client';
import { sessions } from '@wamp/client/meta';
import { ManualClock } from '@wamp/router/testing';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  LOGIN_METHODS,
  SOURCES,
  type Details,
  type LoginMethod,
  type Source,
} from './support/login-methods.ts';
import { startRouter, type Listening } from './support/router.ts';

const PROCEDURE = { procedure: 'com.example.authenticate', realm: 'com.example.backstage' };
const REALM = 'com.example.front';

/** What a source does in place of what it should. */
type Fault = () => unknown;

/** A router whose one door has this method and this source. */
class Door implements AsyncDisposable {
  readonly clock = new ManualClock();
  /** All that the router has logged, at whatever level. */
  readonly log: unknown[] = [];
  /** All that clients have signed with, or shown. */
  readonly shown: string[] = [];
  readonly #method: LoginMethod;
  readonly #source: Source;
  #listening: Listening | undefined;
  #backend: Session | undefined;

  private constructor(method: LoginMethod, source: Source) {
    this.#method = method;
    this.#source = source;
  }

  /** @param fault what the source does instead, if it does not do what it should; `missing` without a procedure */
  static async open(method: LoginMethod, source: Source, fault?: Fault | 'missing'): Promise<Door> {
    const door = new Door(method, source);
    await door.#open(fault);
    return door;
  }

  async #open(fault?: Fault | 'missing'): Promise<void> {
    const instead = fault === 'missing' ? undefined : fault;
    const authenticator = this.#method.authenticator({ source: this.#source, at: PROCEDURE, instead });
    const realms = [{ name: REALM, authenticators: [authenticator] }, PROCEDURE.realm];
    const log = (...entry: readonly unknown[]): unknown => this.log.push(entry);
    this.#listening = await startRouter({ realms, clock: this.clock, log });
    if (this.#source !== 'procedure' || fault === 'missing') return;
    // That its procedure throws is no news.
    const logger = { error: () => undefined };
    this.#backend = await connect(this.#listening.url, { realm: PROCEDURE.realm, logger });
    await this.#backend.register(PROCEDURE.procedure, ([, authid, details]) => {
      if (instead !== undefined) return instead();
      return authid === 'joe' ? this.#method.answer(details as Details) : null;
    });
  }

  /** Tries to come in. */
  login(authid: string, secret: 'right' | 'wrong'): Promise<Session> {
    const auth = this.#method.client(authid, secret);
    return connect(this.#reached.url, { realm: REALM, auth: noting(auth, this.shown) });
  }

  /** Tries to come in, and returns all that one is told who is not let in. */
  async refusal(authid: string, secret: 'right' | 'wrong'): Promise<object> {
    const error: unknown = await this.login(authid, secret).then(
      () => new Error(`${authid} is in with a ${secret} secret`),
      (reason: unknown) => reason,
    );
    if (!WampError.is(error)) throw error;
    const { name, uri, args, kwargs, details } = error;
    return { name, uri, args, kwargs, details };
  }

  /** How many have come in. */
  get members(): number {
    return this.#reached.realm.sessions.size;
  }

  get #reached(): Listening {
    if (this.#listening === undefined) throw new Error('the door is not open');
    return this.#listening;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening?.close();
  }
}

/** Notes what a client answers to challenges. */
function noting(auth: Authenticator, shown: string[]): Authenticator {
  const challenge = auth.challenge?.bind(auth);
  if (challenge === undefined) return auth;
  return {
    ...auth,
    async challenge(extra, transport, signal, context) {
      const answer = await challenge(extra, transport, signal, context);
      shown.push(typeof answer === 'string' ? answer : answer.signature);
      return answer;
    },
  };
}

/** T-25: as everybody is told who is not let in. */
const DENIED = {
  name: 'AuthError',
  uri: 'wamp.error.authentication_denied',
  args: ['the credentials are not valid'],
  kwargs: {},
  details: { message: 'the credentials are not valid' },
};
/** As everybody is told where a source has failed. */
const FAILED = {
  name: 'AuthError',
  uri: 'wamp.error.authentication_failed',
  args: ['authentication failed'],
  kwargs: {},
  details: { message: 'authentication failed' },
};
const PROVIDERS = { static: 'static', procedure: 'dynamic', function: 'function' } as const;

/** What is neither the credentials of anybody nor nobody's. */
const NONSENSE: readonly unknown[] = [
  true,
  1,
  '',
  [],
  {},
  { role: 5 },
  { authrole: 5 },
  { role: 'user', x: 1 },
];

/** A method with its credentials from a source. */
type Cell = readonly [method: LoginMethod, source: Source];

const CELLS: readonly Cell[] = LOGIN_METHODS.flatMap((method) =>
  SOURCES.map((source): Cell => [method, source]),
);
const WITH_SECRETS = CELLS.filter(([{ needsNoSecret }]) => needsNoSecret !== true);
/** A map can neither fail nor be late; of what is in it, routers are told before anybody comes. */
const ASKED = CELLS.filter(([, source]) => source !== 'static');
const PROCEDURES = CELLS.filter(([, source]) => source === 'procedure');

const named = (cells: readonly Cell[]): [string, Source, LoginMethod][] =>
  cells.map(([method, source]) => [method.name, source, method]);

describe('the right secret', () => {
  it.each(named(CELLS))('AUTH-1 AUTH-2 DYN-1 T-25 %s, %s: opens the door', async (_name, source, method) => {
    await using door = await Door.open(method, source);
    await using session = await door.login('joe', 'right');
    const { id = 0, authid, authrole } = session;
    const { authmethod, authprovider } = await sessions(session).get(id);
    expect({ authid, authrole, authmethod, authprovider }).toEqual({
      authid: method.needsNoSecret === true ? (expect.not.stringMatching('joe') as string) : 'joe',
      authrole: 'user',
      authmethod: method.authmethod,
      authprovider: PROVIDERS[source],
    });
    expect(door.members).toBe(1);
  });
});

describe('a wrong secret, and an unknown user', () => {
  it.each(named(WITH_SECRETS))('AUTH-4 T-25 %s, %s: get the same answer', async (_name, source, method) => {
    await using door = await Door.open(method, source);
    expect(await door.refusal('joe', 'wrong')).toEqual(DENIED);
    expect(await door.refusal('eve', 'right')).toEqual(DENIED);
    expect(await door.refusal('eve', 'wrong')).toEqual(DENIED);
    expect(door.members).toBe(0);
  });
});

describe('a source', () => {
  it.each(named(ASKED))(
    'AUTH-4 T-27 %s, %s: that throws refuses the client',
    async (_name, source, method) => {
      const thrown = (): never => {
        throw new Error('the database is down');
      };
      await using door = await Door.open(method, source, thrown);
      expect(await door.refusal('joe', 'right')).toEqual(FAILED);
      expect(door.members).toBe(0);
    },
  );

  it.each(named(ASKED))(
    'AUTH-4 T-27 %s, %s: that returns nonsense lets nobody in',
    async (_, source, method) => {
      let value: unknown;
      await using door = await Door.open(method, source, () => value);
      for (value of NONSENSE) expect([value, await door.refusal('joe', 'right')]).toEqual([value, FAILED]);
      expect(door.members).toBe(0);
    },
  );

  it.each(named(ASKED))(
    'CRA-5 T-27 %s, %s: that is late refuses the client',
    async (_name, source, method) => {
      let ask: () => void = () => undefined;
      const isAsked = new Promise<void>((resolve) => (ask = resolve));
      const silence = (): Promise<never> => {
        ask();
        return new Promise(() => undefined);
      };
      await using door = await Door.open(method, source, silence);
      const refusal = door.refusal('joe', 'right');
      await isAsked;
      door.clock.advance(5000);
      expect(await refusal).toMatchObject({ name: 'ConnectError', uri: 'wamp.error.unavailable' });
      expect(door.members).toBe(0);
    },
  );

  it.each(named(PROCEDURES))(
    'DYN-1 T-27 %s, %s: that is missing refuses the client',
    async (_, source, method) => {
      await using door = await Door.open(method, source, 'missing');
      expect(await door.refusal('joe', 'right')).toMatchObject({ uri: 'wamp.error.unavailable' });
      expect(door.members).toBe(0);
    },
  );
});

describe('what is logged', () => {
  it.each(named(CELLS))('%s, %s: tells of logins, and of no secrets', async (_name, source, method) => {
    const lost = (): never => {
      throw new Error('the database is down');
    };
    for (const fault of [undefined, ...(source === 'static' ? [] : [lost, () => ({ role: 5 })])]) {
      await using door = await Door.open(method, source, fault);
      const attempts = [
        ['joe', 'wrong'],
        ['eve', 'right'],
        ['joe', 'right'],
      ] as const;
      for (const [authid, secret] of attempts) {
        await door.login(authid, secret).then(
          (session) => session.close(),
          () => undefined,
        );
      }
      const text = door.log
        .map((entry) => `${inspect(entry, { depth: Infinity, showHidden: true })}\n`)
        .join('');
      if (method.needsNoSecret !== true || fault !== undefined) expect(text).toContain("authid: 'joe'");
      for (const secret of [...method.secrets, ...door.shown]) expect(text).not.toContain(secret);
    }
  });
});
