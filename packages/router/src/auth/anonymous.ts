/** Anonymous authentication: everybody may come in, under a random name. */
import { GlobalScope } from '@wamp/protocol';
import type { Authenticator } from './authenticator.ts';

/** @param authrole the role that anonymous clients get; `anonymous` by default (T-25) */
export function anonymous(authrole = 'anonymous'): Authenticator {
  const ids = new GlobalScope();
  return {
    method: 'anonymous',
    begin: () => ({
      welcome: {
        authid: ids.next().toString(36),
        authrole,
        authmethod: 'anonymous',
        authprovider: 'static',
      },
    }),
  };
}
