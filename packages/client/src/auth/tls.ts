/** Authentication method `tls`: the client's TLS certificate identifies it. */
import type { Authenticator } from './authenticator.ts';
import { requireName } from './secret.ts';

/**
 * For routers that authenticate clients by certificate: `cert` and `key` of the transport's option `tls`.
 *
 * @param authid the expected authid; a router that reads another one from the certificate refuses the session
 */
export function tls(authid?: string): Authenticator {
  if (authid !== undefined) requireName(authid, tls);
  return { method: 'tls', isFixed: true, hello: () => (authid === undefined ? {} : { authid }) };
}
