/** Anonymous authentication: admits every client under a random authid. */
import { GlobalScope } from '@wamp/protocol';
import type { Authenticator } from './authenticator.ts';
import { lookup, type CredentialFunction } from './credentials.ts';
import { nameableBy, type DynamicAuthenticator } from './dynamic.ts';
import { inquiryOf, type Identity } from './inquiry.ts';
import { DENIED, welcome } from './verdicts.ts';

const METHOD = 'anonymous';
/** The digits of a small number in base 36, which takes a tenth of the time that a number above 2^31 takes. */
const SMALL = 5;

/**
 * @param source the role of anonymous clients, `anonymous` by default (T-25); or a function or a procedure that returns
 *   the identity of each, or refuses it
 */
export function anonymous(
  source: string | CredentialFunction<Identity> | DynamicAuthenticator = 'anonymous',
): Authenticator {
  const ids = new GlobalScope();
  /** The authid that the client claims is ignored. */
  const newName = (): string => inBase36(ids.next());
  if (typeof source === 'string') {
    const identity = { authrole: source };
    return {
      method: METHOD,
      begin: () => welcome(identity, { authmethod: METHOD, authprovider: 'static', authid: newName() }),
    };
  }
  const { provider, find } = lookup<Identity>(source, { check: () => undefined, read: () => ({}) });
  return {
    method: METHOD,
    ...nameableBy(source),
    async begin(hello, info) {
      const identity = await find(inquiryOf(hello, info, METHOD));
      if (identity === undefined) return DENIED;
      return welcome(identity, { authmethod: METHOD, authprovider: provider, authid: newName() });
    },
  };
}

/** Equal to `id.toString(36)`, in two parts. */
export function inBase36(id: number): string {
  const part = 36 ** SMALL;
  if (id < part) return id.toString(36);
  return Math.floor(id / part).toString(36) + (id % part).toString(36).padStart(SMALL, '0');
}
