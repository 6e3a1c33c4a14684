/** Authentication method `wampcra`: we sign a challenge with a secret, which does not travel (spec: Challenge Response Authentication). */
import type { Kwargs } from '@wamp/protocol';
import { wampcraKey, wampcraSignature, type WampcraSalting } from '@wamp/protocol/auth';
import type { Authenticator } from './authenticator.ts';
import { requireNameAndSecret, reveal, type Secret } from './secret.ts';

/** More would only keep us busy. */
const MOST_ITERATIONS = 10_000_000;
const LONGEST_KEY = 1024;

/** @param secret the secret, or the password of which the router keeps a derived key */
export function wampcra(authid: string, secret: Secret): Authenticator {
  requireNameAndSecret(authid, secret, wampcra);
  return {
    method: 'wampcra',
    hello: () => ({ authid }),
    async challenge(extra) {
      const { challenge } = extra;
      if (typeof challenge !== 'string') throw new TypeError('CHALLENGE.Extra.challenge is no string.');
      const salting = saltingIn(extra);
      const key = await reveal(secret);
      return wampcraSignature(salting === undefined ? key : await wampcraKey(key, salting), challenge);
    },
  };
}

/** CRA-4: undefined when the secret is used as it is. */
function saltingIn({ salt, iterations = 1000, keylen = 32 }: Kwargs): WampcraSalting | undefined {
  if ((salt ?? undefined) === undefined) return undefined;
  if (typeof salt !== 'string') throw new TypeError('CHALLENGE.Extra.salt is no string.');
  return {
    salt,
    iterations: count('iterations', iterations, MOST_ITERATIONS),
    keylen: count('keylen', keylen, LONGEST_KEY),
  };
}

function count(name: string, value: unknown, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new RangeError(`CHALLENGE.Extra.${name} is not from 1 to ${most}.`);
}
