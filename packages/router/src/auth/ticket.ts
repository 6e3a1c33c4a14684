/** Ticket authentication: the client shows a secret that was agreed before (spec: Ticket-based Authentication). */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { ErrorUri } from '@wamp/protocol';
import type { Authenticator, Verdict } from './authenticator.ts';

export interface TicketPrincipal {
  readonly ticket: string;
  readonly authrole: string;
}

/** @param principals by authid; an unknown authid is told nothing that a known one is not */
export function ticket(principals: ReadonlyMap<string, TicketPrincipal>): Authenticator {
  const key = randomBytes(32);
  const digest = (secret: string): Buffer => createHmac('sha256', key).update(secret).digest();
  const nobody = digest(randomBytes(32).toString('hex'));
  return {
    method: 'ticket',
    begin({ details }) {
      const { authid = '' } = details;
      const principal = principals.get(authid);
      const expected = principal === undefined ? nobody : digest(principal.ticket);
      return {
        challenge: {},
        answer: ({ signature }): Verdict =>
          timingSafeEqual(digest(signature), expected) && principal !== undefined
            ? {
                welcome: {
                  authid,
                  authrole: principal.authrole,
                  authmethod: 'ticket',
                  authprovider: 'static',
                },
              }
            : { abort: ErrorUri.AUTHENTICATION_DENIED, message: 'the ticket is not valid' },
      };
    },
  };
}
