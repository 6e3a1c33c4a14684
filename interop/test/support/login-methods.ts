/** The authentication methods, each with what either side needs for user joe, and for who pretends to be joe. */
import { anonymous, ticket, wampcra, type Authenticator as ClientMethod } from '@wamp/client';
import { cryptosign } from '@wamp/client/cryptosign';
import { scram } from '@wamp/client/scram';
import {
  anonymous as letAnybodyIn,
  cryptosign as expectSignature,
  scram as expectProof,
  scramCredentials,
  ticket as expectTicket,
  wampcra as expectAnswer,
  wampcraCredentials,
  type Authenticator,
  type CredentialFunction,
  type DynamicAuthenticator,
} from '@wamp/router';

/** Where a router has credentials from. */
export type Source = 'static' | 'procedure' | 'function';
export const SOURCES: readonly Source[] = ['static', 'procedure', 'function'];

/** What a procedure is told of a client beside realm and authid. */
export interface Details {
  readonly authid: string | null;
  readonly ticket?: string;
}

/** Where joe's credentials come from in a test. */
interface Sourced {
  readonly source: Source;
  /** Where the procedure is, for source `procedure`. */
  readonly at: DynamicAuthenticator;
  /** Comes in the way, for source `function`: what it returns or throws in place of the credentials. */
  readonly instead?: (() => unknown) | undefined;
}

export interface LoginMethod {
  readonly name: string;
  readonly authmethod: string;
  /** The router's side. */
  authenticator(from: Sourced): Authenticator;
  /** What the procedure answers when it is asked for joe. */
  answer(details: Details): unknown;
  /** The client's side; `wrong` with another secret than joe's. */
  client(authid: string, secret: 'right' | 'wrong'): ClientMethod;
  /** What nobody may read: of the client, and of the router. */
  readonly secrets: readonly string[];
  /** True where whoever comes may come in, and there is nothing to be wrong. */
  readonly needsNoSecret?: boolean;
}

const SEED = '4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510';
const PUBLIC_KEY = '1adfc8bfe1d35616e64dffbd900096f23b066f914c8c2ffbb66f6075b96e116d';
const OTHER_SEED = 'd511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd';
const SECRET = { right: 'pencil', wrong: 'crayon' } as const;
const ROLE = { authrole: 'user' } as const;

type Any<C> = ReadonlyMap<string, C> | CredentialFunction<C> | DynamicAuthenticator;

/** Joe's credentials as the source has them. */
function sourceOf<C>({ source, at, instead }: Sourced, joe: C): Any<C> {
  if (source === 'static') return new Map([['joe', joe]]);
  if (source === 'procedure') return at;
  // Of what a function should not return, TypeScript would let nothing pass.
  return ({ authid }) => (instead === undefined ? (authid === 'joe' ? joe : undefined) : (instead() as C));
}

const plain = { secret: SECRET.right, ...ROLE };
const salted = { ...plain, salt: 'salt123', iterations: 1000, keylen: 32 };
const derived = { ...(await wampcraCredentials(SECRET.right, { iterations: 1000 })), ...ROLE };
const argon2 = { ...(await scramCredentials(SECRET.right, { iterations: 1, memory: 16_384 })), ...ROLE };
const pbkdf2 = {
  ...(await scramCredentials(SECRET.right, { kdf: 'pbkdf2', iterations: 4096 })),
  ...ROLE,
};

function challengeResponse(name: string, joe: typeof plain | typeof salted | typeof derived): LoginMethod {
  const { authrole: role, ...fields } = joe;
  return {
    name,
    authmethod: 'wampcra',
    authenticator: (from) => expectAnswer(sourceOf(from, joe)),
    answer: () => ({ role, ...fields }),
    client: (authid, secret) => wampcra(authid, SECRET[secret]),
    secrets: [...Object.values(SECRET), ...('key' in joe ? [joe.key] : [])],
  };
}

function passwordProof(name: string, joe: typeof argon2): LoginMethod {
  const { kdf, iterations, memory, salt, storedKey, serverKey } = joe;
  const keys = { 'stored-key': storedKey, 'server-key': serverKey };
  return {
    name,
    authmethod: 'wamp-scram',
    authenticator: (from) => expectProof(sourceOf(from, joe)),
    answer: () => ({ role: joe.authrole, kdf, iterations, memory: memory ?? null, salt, ...keys }),
    client: (authid, secret) => scram(authid, SECRET[secret]),
    secrets: [...Object.values(SECRET), storedKey, serverKey],
  };
}

export const LOGIN_METHODS: readonly LoginMethod[] = [
  {
    name: 'anonymous',
    authmethod: 'anonymous',
    authenticator(from) {
      const source = sourceOf(from, ROLE);
      // Of the anonymous, there is no list: static is their role.
      return letAnybodyIn(
        source instanceof Map ? ROLE.authrole : (source as CredentialFunction<typeof ROLE>),
      );
    },
    answer: () => ROLE.authrole,
    client: (authid) => anonymous(authid),
    secrets: [],
    needsNoSecret: true,
  },
  {
    name: 'ticket',
    authmethod: 'ticket',
    authenticator: (from) => expectTicket(sourceOf(from, { ticket: SECRET.right, ...ROLE })),
    answer: (details) => (details.ticket === SECRET.right ? ROLE.authrole : null),
    client: (authid, secret) => ticket(authid, SECRET[secret]),
    secrets: Object.values(SECRET),
  },
  challengeResponse('wampcra', plain),
  challengeResponse('wampcra, salted', salted),
  challengeResponse('wampcra, derived', derived),
  passwordProof('scram, argon2id13', argon2),
  passwordProof('scram, pbkdf2', pbkdf2),
  {
    name: 'cryptosign',
    authmethod: 'cryptosign',
    authenticator: (from) => expectSignature(sourceOf(from, { authorizedKeys: [PUBLIC_KEY], ...ROLE })),
    answer: () => ({ role: ROLE.authrole, pubkey: PUBLIC_KEY }),
    client: (authid, secret) => cryptosign(secret === 'right' ? SEED : OTHER_SEED, { authid }),
    secrets: [SEED, OTHER_SEED],
  },
];
