/** Authentication method `anonymous`: nobody in particular. */
import type { Authenticator } from './authenticator.ts';

/** @param authid the name to ask for; routers may give another one */
export function anonymous(authid?: string): Authenticator {
  return { method: 'anonymous', hello: () => (authid === undefined ? {} : { authid }) };
}
