/** Authentication method `tls`: the certificate that we have shown below says who we are. */
import type { Authenticator } from './authenticator.ts';
import { requireName } from './secret.ts';

/**
 * For routers that know clients by their certificates, which is `cert` and `key` of the transport's `tls`.
 *
 * @param authid who we expect to be; a router that reads another name from the certificate refuses us then
 */
export function tls(authid?: string): Authenticator {
  if (authid !== undefined) requireName(authid, tls);
  return { method: 'tls', isFixed: true, hello: () => (authid === undefined ? {} : { authid }) };
}
