/** A router with a realm for each way to log in, from a YAML file, and clients of all makes at its doors. */
import { createHmac, createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  anonymous,
  connect,
  ErrorUri,
  ticket,
  wampcra,
  WampError,
  type Authenticator,
  type Session,
} from '@wamp/client';
import { cryptosign } from '@wamp/client/cryptosign';
import { scram } from '@wamp/client/scram';
import { scramCredentials, wampcraCredentials } from '@wamp/router';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sign as wampySign } from 'wampy/cryptosign.js';
import { sign as wampyCra } from 'wampy/wampcra.js';
import { autobahn, joinAutobahn } from './support/autobahn.ts';
import { startConfigured, type Program } from './support/program.ts';
import { findPython, HOW_TO_GET_PYTHON, PythonPeer } from './support/python.ts';
import { lacking } from './support/requirements.ts';
import { joinWampy } from './support/wampy.ts';

/** Who wants in where, and by what. */
interface Login {
  readonly realm: string;
  readonly method: Method;
  readonly authid: string;
  /** The ticket, secret, password, or the seed of a private key. */
  readonly secret: string;
}
type Method = 'anonymous' | 'ticket' | 'wampcra' | 'wamp-scram' | 'cryptosign';

/** Who somebody is, once in. */
interface Welcome {
  readonly authid: unknown;
  readonly authrole: unknown;
}

/** A make of client. */
interface Client {
  readonly name: string;
  readonly methods: readonly Method[];
  /** Logs in and leaves again; rejects with the reason when it is refused. */
  login(url: string, login: Login): Promise<Welcome>;
}

const SEED = '4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510';
const OTHER_SEED = '1d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804511';
const DENIED = 'wamp.error.authentication_denied';

function publicKeyOf(seed: string): Buffer {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
  const der = Buffer.concat([prefix, Buffer.from(seed, 'hex')]);
  const key = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}

const ours: Client = {
  name: '@wamp/client',
  methods: ['anonymous', 'ticket', 'wampcra', 'wamp-scram', 'cryptosign'],
  async login(url, { realm, method, authid, secret }) {
    const ways: Readonly<Record<Method, () => Authenticator>> = {
      anonymous: () => anonymous(),
      ticket: () => ticket(authid, secret),
      wampcra: () => wampcra(authid, secret),
      'wamp-scram': () => scram(authid, secret),
      cryptosign: () => cryptosign(secret, { authid }),
    };
    const auth = ways[method]();
    await using session = await connect(url, { realm, auth });
    return { authid: session.authid, authrole: session.authrole };
  },
};

const autobahnJs: Client = {
  name: 'autobahn-js',
  methods: ['anonymous', 'ticket', 'wampcra', 'cryptosign'],
  async login(url, { realm, method, authid, secret }) {
    const publicKey = method === 'cryptosign' ? publicKeyOf(secret) : Buffer.alloc(0);
    const answers: Readonly<Record<string, (extra: Extra) => string>> = {
      ticket: () => secret,
      wampcra: ({ challenge, salt, iterations = 1000, keylen = 32 }) =>
        autobahn.auth_cra.sign(
          salt === undefined ? secret : autobahn.auth_cra.derive_key(secret, salt, iterations, keylen),
          challenge,
        ),
      cryptosign: (extra) => {
        const secretKey = Buffer.concat([Buffer.from(secret, 'hex'), publicKey]);
        return autobahn.auth_cryptosign.sign_challenge({ publicKey, secretKey }, extra);
      },
    };
    const peer = await joinAutobahn(url, 'json', {
      realm,
      authmethods: [method],
      ...(method === 'anonymous' ? {} : { authid }),
      ...(method === 'cryptosign' ? { authextra: { pubkey: publicKey.toString('hex') } } : {}),
      onchallenge: (_session, asked, extra: Extra) => answers[asked]?.(extra) ?? '',
    });
    await peer.close();
    return whoIs(peer.welcome);
  },
};

const wampy: Client = {
  name: 'wampy',
  methods: ['anonymous', 'ticket', 'wampcra', 'cryptosign'],
  async login(url, { realm, method, authid, secret }) {
    const answers: Readonly<Record<string, (asked: string, extra: Extra) => string | Promise<string>>> = {
      ticket: () => secret,
      wampcra: (asked, extra) => wampyCra(secret)(asked, extra),
      // Of the 64 bytes, the first 32 are the seed.
      cryptosign: (asked, extra) => wampySign(secret + publicKeyOf(secret).toString('hex'))(asked, extra),
    };
    const own = {
      authid,
      authmethods: [method],
      ...(method === 'cryptosign' ? { authextra: { pubkey: publicKeyOf(secret).toString('hex') } } : {}),
      onChallenge: (asked: string, extra: unknown) => answers[asked]?.(asked, extra as Extra) ?? '',
    };
    // It has the reason of an ABORT beside its message.
    const peer = await joinWampy(url, 'json', { realm, ...(method === 'anonymous' ? {} : own) }).catch(
      (error: unknown) => {
        throw error instanceof Error && 'errorUri' in error ? new Error(String(error.errorUri)) : error;
      },
    );
    await peer.close();
    return whoIs(peer.welcome);
  },
};

function autobahnPython(python: string): Client {
  return {
    name: 'autobahn-python',
    methods: ['anonymous', 'ticket', 'wampcra', 'cryptosign'],
    async login(url, { realm, method, authid, secret }) {
      const names: Readonly<Record<string, string>> = {
        ticket: 'ticket',
        wampcra: 'secret',
        cryptosign: 'privkey',
      };
      const name = names[method];
      const login = name === undefined ? undefined : { method, authid, [name]: secret };
      const peer = await PythonPeer.join(python, url, 'json', realm, login);
      await peer.close();
      return whoIs(peer.welcome);
    },
  };
}

/** What a challenge may hold. */
interface Extra {
  readonly challenge: string;
  readonly salt?: string;
  readonly iterations?: number;
  readonly keylen?: number;
}

function whoIs({ authid, authrole }: Readonly<Record<string, unknown>>): Welcome {
  return { authid, authrole };
}

/** A realm for each way to log in. Secrets come from the environment, from files, or as they are. */
async function configuration(): Promise<string> {
  const { key, salt, iterations, keylen } = await wampcraCredentials('salted secret', { iterations: 1000 });
  const cost = { kdf: 'pbkdf2', iterations: 4096 } as const;
  const stored = await scramCredentials('stored password', cost);
  const publicKey = publicKeyOf(SEED).toString('hex');
  return `
listeners:
  - { port: 0, pages: false, transports: [websocket] }
attempts: { per_authid: 1000 }
realms:
  - name: com.example.anonymous
    auth: { anonymous: { role: guest } }
    roles: &roles
      guest: { permissions: [{ uri: com.example.*, allow: [call] }] }
      user: { permissions: [{ uri: com.example.*, allow: [call, register] }] }
      backend: { permissions: [{ uri: com.example.authenticate, allow: [register] }] }
  - name: com.example.ticket
    auth:
      ticket:
        principals:
          joe: { role: user, ticket: "\${JOE_TICKET}" }
          ann: { role: guest, ticket: { file: ann.ticket } }
    roles: *roles
  - name: com.example.wampcra
    auth:
      wampcra:
        principals:
          joe: { role: user, secret: "\${JOE_SECRET}" }
          ann: { role: guest, key: "${key}", salt: "${salt}", iterations: ${iterations}, keylen: ${keylen} }
    roles: *roles
  - name: com.example.scram
    auth:
      scram:
        principals:
          joe: { role: user, password: "\${JOE_SECRET}" }
          ann:
            role: guest
            kdf: ${stored.kdf}
            iterations: ${stored.iterations}
            salt: "${stored.salt}"
            stored_key: "${stored.storedKey}"
            server_key: "${stored.serverKey}"
    roles: *roles
  - name: com.example.cryptosign
    auth:
      cryptosign:
        principals:
          joe: { role: user, authorized_keys: [${publicKey}] }
    roles: *roles
  - name: com.example.jwt
    auth:
      jwt: { secret: "\${JWT_SECRET}", audience: wamp, role_claim: role }
    roles: *roles
  - name: com.example.dynamic
    auth:
      ticket: { procedure: com.example.authenticate, realm: com.example.backend }
      wampcra: { procedure: com.example.authenticate, realm: com.example.backend }
    roles: *roles
  - name: com.example.backend
    auth:
      ticket: { principals: { backend: { role: backend, ticket: "\${BACKEND_TICKET}" } } }
    roles: *roles
`;
}

const ENVIRONMENT = {
  JOE_TICKET: 'a ticket',
  JOE_SECRET: 'a secret',
  BACKEND_TICKET: 'for the backend',
  JWT_SECRET: 'a secret of thirty-two bytes at least',
};

/** A token, signed as by somebody else's program. */
function token(secret: string, expires: number): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { sub: 'joe', role: 'user', aud: 'wamp', exp: Math.floor(expires / 1000) };
  const input = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

const HOUR = 3_600_000;
const JOE = { authid: 'joe', authrole: 'user' };
const ANN = { authid: 'ann', authrole: 'guest' };

/** Who gets in by what, and a secret by which they do not. */
interface Door {
  readonly realm: string;
  readonly method: Method;
  readonly who: typeof JOE;
  readonly right: string;
  readonly wrong: string;
}

const DOORS: readonly Door[] = [
  { realm: 'ticket', method: 'ticket', who: JOE, right: ENVIRONMENT.JOE_TICKET, wrong: 'another' },
  { realm: 'ticket', method: 'ticket', who: ANN, right: 'from a file', wrong: ENVIRONMENT.JOE_TICKET },
  { realm: 'wampcra', method: 'wampcra', who: JOE, right: ENVIRONMENT.JOE_SECRET, wrong: 'another' },
  { realm: 'wampcra', method: 'wampcra', who: ANN, right: 'salted secret', wrong: 'another' },
  { realm: 'scram', method: 'wamp-scram', who: JOE, right: ENVIRONMENT.JOE_SECRET, wrong: 'another' },
  { realm: 'scram', method: 'wamp-scram', who: ANN, right: 'stored password', wrong: 'another' },
  { realm: 'cryptosign', method: 'cryptosign', who: JOE, right: SEED, wrong: OTHER_SEED },
  {
    realm: 'jwt',
    method: 'ticket',
    who: JOE,
    right: token(ENVIRONMENT.JWT_SECRET, Date.now() + HOUR),
    wrong: token(ENVIRONMENT.JWT_SECRET, Date.now() - HOUR),
  },
  { realm: 'dynamic', method: 'ticket', who: JOE, right: 'dynamic ticket', wrong: 'another' },
  { realm: 'dynamic', method: 'wampcra', who: JOE, right: 'dynamic secret', wrong: 'another' },
];

const python = findPython();
const CLIENTS = [ours, autobahnJs, wampy, ...(python === undefined ? [] : [autobahnPython(python)])];

let folder = '';
let program: Program;
let backend: Session;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wamp-interop-'));
  await writeFile(join(folder, 'ann.ticket'), 'from a file\n');
  await writeFile(join(folder, 'wamp.yaml'), await configuration());
  program = await startConfigured(join(folder, 'wamp.yaml'), ENVIRONMENT);
  const auth = ticket('backend', ENVIRONMENT.BACKEND_TICKET);
  backend = await connect(program.url, { realm: 'com.example.backend', auth });
  await backend.register('com.example.authenticate', ([, authid, details]) => {
    if (authid !== 'joe') throw new WampError(ErrorUri.NO_SUCH_PRINCIPAL, []);
    const shown = (details as { readonly ticket?: string }).ticket;
    if (shown === undefined) return { role: 'user', secret: 'dynamic secret' };
    if (shown !== 'dynamic ticket') throw new WampError(ErrorUri.AUTHENTICATION_DENIED, []);
    return 'user';
  });
});
afterAll(async () => {
  await backend.close();
  program.kill('SIGTERM');
  await program.ended;
  expect(program.complaints).toBe('');
  await rm(folder, { recursive: true });
});

describe.each(CLIENTS)('$name', (client) => {
  const doors = DOORS.filter(({ method }) => client.methods.includes(method));
  const enter = (door: Pick<Door, 'realm' | 'method'>, authid: string, secret: string): Promise<Welcome> =>
    client.login(program.url, { ...door, realm: `com.example.${door.realm}`, authid, secret });

  it('comes in anonymously, under a random name', async () => {
    const { authid, authrole } = await enter({ realm: 'anonymous', method: 'anonymous' }, '', '');
    expect(authrole).toBe('guest');
    expect(authid).toMatch(/^\w+$/);
  });

  it.each(doors)('comes into $realm by $method as $who.authid with the right secret', async (door) => {
    expect(await enter(door, door.who.authid, door.right)).toEqual(door.who);
  });

  it.each(doors)('does not come into $realm by $method as $who.authid with a wrong one', async (door) => {
    await expect(enter(door, door.who.authid, door.wrong)).rejects.toThrow(DENIED);
  });

  it.each(doors)('cannot join $realm by $method as an unknown principal', async (door) => {
    await expect(enter(door, 'nobody', door.right)).rejects.toThrow(DENIED);
  });

  it('does not come in where its method is not in use', async () => {
    const refused = enter({ realm: 'wampcra', method: 'ticket' }, 'joe', ENVIRONMENT.JOE_SECRET);
    await expect(refused).rejects.toThrow('wamp.error.no_matching_auth_method');
  });
});

it('autobahn-python is among them', ({ skip }) => {
  if (python === undefined) lacking(HOW_TO_GET_PYTHON, skip);
});
