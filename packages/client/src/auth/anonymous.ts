/** Authentication method `anonymous`: nobody in particular. */
import type { Authenticator } from './authenticator.ts';
import { requireName } from './secret.ts';

/** @param authid the name to ask for; routers may give another one */
export function anonymous(authid?: string): Authenticator {
  if (authid !== undefined) requireName(authid, anonymous);
  return { method: 'anonymous', isFixed: true, hello: () => (authid === undefined ? {} : { authid }) };
}
