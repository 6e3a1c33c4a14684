/** Anonymous authentication: whoever comes may come in, under a random name. */
import { GlobalScope } from '@wamp/protocol';
import type { Authenticator } from './authenticator.ts';
import { lookup, type CredentialFunction } from './credentials.ts';
import type { DynamicAuthenticator } from './dynamic.ts';
import { inquiryOf, type Identity } from './inquiry.ts';
import { DENIED, welcome } from './verdicts.ts';

const METHOD = 'anonymous';

/**
 * @param source the role that anonymous clients get, `anonymous` by default (T-25); or a function or a procedure that
 *   decides who each of them is, if anybody
 */
export function anonymous(
  source: string | CredentialFunction<Identity> | DynamicAuthenticator = 'anonymous',
): Authenticator {
  const ids = new GlobalScope();
  /** What the client calls itself does not count. */
  const newName = (): string => ids.next().toString(36);
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
    async begin(hello, info) {
      const identity = await find(inquiryOf(hello, info, METHOD));
      if (identity === undefined) return DENIED;
      return welcome(identity, { authmethod: METHOD, authprovider: provider, authid: newName() });
    },
  };
}
