/** Ticket authentication: the client shows a secret that was agreed before (spec: Ticket-based Authentication). */
import { randomBytes } from 'node:crypto';
import type { Authenticator } from './authenticator.ts';
import { isSame } from './compare.ts';
import {
  checkIdentity,
  expect,
  inquiryOf,
  lookup,
  type CredentialSource,
  type Identity,
  type Inquiry,
} from './credentials.ts';
import { DENIED, welcome } from './verdicts.ts';

/** A ticket, and whom it lets in. */
export interface TicketCredentials extends Identity {
  readonly ticket: string;
}

/** Judges tickets by itself, such as tokens that somebody has signed. */
export interface TicketVerifier {
  /** Whom the ticket lets in; undefined for nobody. A throw or a rejection refuses the client. */
  verify(ticket: string, inquiry: Inquiry): Identity | undefined | Promise<Identity | undefined>;
}

const METHOD = 'ticket';

/**
 * Lets in who shows the ticket of its authid. Tickets travel readable to whoever reads the transport: use TLS (TIC-3).
 * @throws TypeError when credentials in a map are none
 */
export function ticket(source: CredentialSource<TicketCredentials> | TicketVerifier): Authenticator {
  const { provider, verify } = 'verify' in source ? ownJudgement(source) : comparison(source);
  return {
    method: METHOD,
    begin(hello, info) {
      const inquiry = inquiryOf(hello, info, METHOD);
      return {
        challenge: {},
        async answer({ signature }) {
          const identity = await verify(signature, inquiry);
          if (identity === undefined) return DENIED;
          return welcome(identity, {
            authmethod: METHOD,
            authprovider: provider,
            authid: inquiry.authid,
          });
        },
      };
    },
  };
}

interface Judgement {
  readonly provider: string;
  readonly verify: (ticket: string, inquiry: Inquiry) => Promise<Identity | undefined>;
}

function ownJudgement(verifier: TicketVerifier): Judgement {
  return {
    provider: 'function',
    async verify(shown, inquiry) {
      const identity = (await verifier.verify(shown, inquiry)) ?? undefined;
      if (identity !== undefined) checkIdentity(identity);
      return identity;
    },
  };
}

function comparison(source: CredentialSource<TicketCredentials>): Judgement {
  const { provider, find } = lookup(source, checkTicket);
  const nobodys = randomBytes(32).toString('hex');
  return {
    provider,
    async verify(shown, inquiry) {
      const credentials = await find(inquiry);
      return isSame(shown, credentials?.ticket ?? nobodys) ? credentials : undefined;
    },
  };
}

function checkTicket(credentials: TicketCredentials): void {
  checkIdentity(credentials);
  const { ticket: secret } = credentials;
  expect(typeof secret === 'string' && secret !== '', 'ticket: expected a text that is not empty');
}
