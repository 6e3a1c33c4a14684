/**
 * Authentication method `ticket`: a shared secret or a token, transmitted as it is (spec: Ticket-based
 * Authentication).
 */
import type { Authenticator } from './authenticator.ts';
import { requireNameAndSecret, reveal, type Secret } from './secret.ts';

/** The ticket is transmitted in clear text: use `wss:`. */
export function ticket(authid: string, secret: Secret): Authenticator {
  requireNameAndSecret(authid, secret, ticket);
  return {
    method: 'ticket',
    isFixed: typeof secret === 'string',
    hello: () => ({ authid }),
    challenge: (_extra, _transport, _signal, context) => reveal(secret, context),
  };
}
