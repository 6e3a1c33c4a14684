/** Authentication method `ticket`: a shared secret or a token, sent as it is (spec: Ticket-based Authentication). */
import type { Authenticator } from './authenticator.ts';

/**
 * The ticket travels readable to whoever reads the transport: use `wss:`.
 * @param secret the ticket, or a function that fetches one whenever the router asks
 */
export function ticket(authid: string, secret: string | (() => string | Promise<string>)): Authenticator {
  return {
    method: 'ticket',
    hello: () => ({ authid }),
    challenge: () => (typeof secret === 'string' ? secret : secret()),
  };
}
