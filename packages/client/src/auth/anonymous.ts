/** Authentication method `anonymous`: no credential. */
import type { Authenticator } from './authenticator.ts';
import { requireName } from './secret.ts';

/** @param authid the requested authid; the router may assign another */
export function anonymous(authid?: string): Authenticator {
  if (authid !== undefined) requireName(authid, anonymous);
  return { method: 'anonymous', isFixed: true, hello: () => (authid === undefined ? {} : { authid }) };
}
