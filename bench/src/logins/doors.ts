/** Creates routers with one authentication method each, and ten users, among them joe. */
import {
  createRouter,
  cryptosign,
  scram,
  scramCredentials,
  ticket,
  wampcra,
  wampcraCredentials,
  type Authenticator,
  type CredentialFunction,
  type Router,
} from '@wamp/router';
import { guessing, guessingScram, signing, type Trick } from './intruder.ts';

/** A router with one authentication method, and how an intruder without the secret attempts it. */
export interface Door {
  readonly name: string;
  readonly method: string;
  readonly router: Router;
  readonly trick: Trick;
}

/** Credentials in a map, or a function that finds them. */
type Source<C> = ReadonlyMap<string, C> | CredentialFunction<C>;

const USERS = ['joe', 'ann', 'bob', 'cat', 'dan', 'eli', 'fay', 'gus', 'hal', 'ivy'];
const ROLE = { authrole: 'user' };
/** Much cheaper than recommended, so that differences are not hidden by the cost of key derivation. */
const SALTING = { salt: 'salt123', iterations: 100, keylen: 32 };
const COST = { kdf: 'pbkdf2', iterations: 4096 } as const;
const KEYS = [
  '1adfc8bfe1d35616e64dffbd900096f23b066f914c8c2ffbb66f6075b96e116d',
  '6ed32739ff04a6074044ff0b0e3bfc7c856bc9d5f1d25efc57363bda0af3a8b0',
];

export async function openDoors(): Promise<readonly Door[]> {
  const plain = { secret: 'secret', ...ROLE };
  const salted = { ...plain, ...SALTING };
  const derived = { ...(await wampcraCredentials('secret', { iterations: 100 })), ...ROLE };
  const stored = { ...(await scramCredentials('secret', COST)), ...ROLE };
  const signed = { authorizedKeys: KEYS, ...ROLE };
  return [
    ...bothSources('ticket', { ticket: 'secret', ...ROLE }, guessing, (users) => ticket(users)),
    ...bothSources('wampcra', plain, guessing, (users) => wampcra(users, { decoy: plain })),
    ...bothSources('wampcra, salted', salted, guessing, (users) => wampcra(users, { decoy: salted })),
    ...bothSources('wampcra, derived', derived, guessing, (users) => wampcra(users, { decoy: derived })),
    ...bothSources('wamp-scram', stored, guessingScram, (users) => scram(users, { decoy: COST })),
    ...bothSources('cryptosign', signed, signing(), (users) => cryptosign(users)),
    ...bothSources('cryptosign, another’s key', signed, signing(KEYS[0]), (users) => cryptosign(users)),
  ];
}

/** The same method with a map of users, and with a function that finds them. */
function bothSources<C>(
  name: string,
  joe: C,
  trick: Trick,
  make: (source: Source<C>) => Authenticator,
): readonly Door[] {
  const users = new Map(USERS.map((authid) => [authid, joe]));
  const find: CredentialFunction<C> = ({ authid = '' }) => Promise.resolve(users.get(authid));
  const door = (source: string, authenticator: Authenticator): Door => ({
    name: `${name}, ${source}`,
    method: authenticator.method,
    // Attempts are not delayed after failures, because all of them fail.
    router: createRouter({ realms: ['realm1'], authenticators: [authenticator], attempts: false }),
    trick,
  });
  return [door('map', make(users)), door('function', make(find))];
}
