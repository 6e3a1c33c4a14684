/**
 * Authentication method `wampcra`: signs a challenge with a secret that is not transmitted (spec: Challenge Response
 * Authentication).
 */
import type { Kwargs } from '@wamp/protocol';
import { wampcraKey, wampcraSignature, type WampcraSalting } from '@wamp/protocol/auth';
import { BOOL, checkOptions, nested, type Rules } from '../options.ts';
import type { Authenticator } from './authenticator.ts';
import { BOUNDS, checkBounds, isCount, type Bounds } from './bounds.ts';
import { requireNameAndSecret, reveal, type Secret } from './secret.ts';

/**
 * Bounds for the cost of a salted secret. With less, a router could guess the secret from the answer; with more, it
 * would overload the client: both are refused.
 */
export interface WampcraBounds {
  /** Iterations of PBKDF2 for each 32 bytes of the key. Default: 1,000 to 1,000,000. */
  readonly iterations?: Bounds | undefined;
  /** Length of the key in bytes. Default: 16 to 64. */
  readonly keylen?: Bounds | undefined;
}

export interface WampcraOptions {
  readonly bounds?: WampcraBounds | undefined;
  /** Whether to refuse a router that does not salt the secret. Default: false, because many do not. */
  readonly salted?: boolean | undefined;
}

const RULES: Rules<WampcraOptions> = {
  bounds: nested('bounds', { iterations: BOUNDS, keylen: BOUNDS }),
  salted: BOOL,
};

/**
 * @param secret the secret, or the password from which the router's key is derived
 * @throws TypeError for invalid options
 */
export function wampcra(authid: string, secret: Secret, options: WampcraOptions = {}): Authenticator {
  requireNameAndSecret(authid, secret, wampcra);
  checkOptions('wampcra', RULES, options, wampcra);
  return {
    method: 'wampcra',
    isFixed: typeof secret === 'string',
    hello: () => ({ authid }),
    async challenge(extra, _transport, _signal, context) {
      const { challenge } = extra;
      if (typeof challenge !== 'string') throw new TypeError('CHALLENGE.Extra.challenge is no string.');
      const salting = saltingIn(extra, options);
      const key = await reveal(secret, context);
      return wampcraSignature(salting === undefined ? key : await wampcraKey(key, salting), challenge);
    },
  };
}

/** CRA-4: undefined if the secret is not salted. @throws TypeError, RangeError */
function saltingIn(
  { salt, iterations = 1000, keylen = 32 }: Kwargs,
  { bounds, salted = false }: WampcraOptions,
): WampcraSalting | undefined {
  if (salt === undefined || salt === null) {
    if (salted) throw new TypeError('CHALLENGE.Extra.salt is missing, and option salted asks for it.');
    return undefined;
  }
  if (typeof salt !== 'string') throw new TypeError('CHALLENGE.Extra.salt is no string.');
  if (!isCount(iterations)) throw new TypeError('CHALLENGE.Extra.iterations is no integer from 1.');
  if (!isCount(keylen)) throw new TypeError('CHALLENGE.Extra.keylen is no integer from 1.');
  checkBounds('CHALLENGE.Extra.keylen', keylen, bounds?.keylen ?? [16, 64]);
  const [least, most] = bounds?.iterations ?? [1000, 1_000_000];
  checkBounds('CHALLENGE.Extra.iterations', iterations, [least, most]);
  checkBounds(
    'CHALLENGE.Extra.iterations, for each 32 bytes of keylen,',
    iterations * Math.ceil(keylen / 32),
    [0, most],
  );
  return { salt, iterations, keylen };
}
