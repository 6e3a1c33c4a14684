/** The dynamic authenticator: who may log in, by password or by token. */
import { COST } from '../common/verifier.ts';
import type { Accounts } from './accounts.ts';

/** What the router asks an authenticator, beside the realm and the authid. */
interface LoginDetails {
  readonly authmethod?: unknown;
  readonly ticket?: unknown;
}

/** What the router gets: the role, with the secrets of the method; null for an unknown name. */
export function authenticate(accounts: Accounts, name: unknown, details: LoginDetails): object | null {
  if (typeof name !== 'string') return null;
  const verifier = accounts.verifierOf(name);
  if (verifier === undefined) return null;
  const { authmethod, ticket } = details;
  if (authmethod === 'ticket') {
    return typeof ticket === 'string' && accounts.isRemembered(name, ticket) ? { role: 'user' } : null;
  }
  if (authmethod !== 'wamp-scram') return null;
  const { salt, storedKey, serverKey } = verifier;
  return { role: 'user', ...COST, salt, 'stored-key': storedKey, 'server-key': serverKey };
}
