/** Ticket authentication: the client shows a secret that was agreed before (spec: Ticket-based Authentication). */
import { randomBytes } from 'node:crypto';
import type { Dict } from '@wamp/protocol';
import type { Authenticator } from './authenticator.ts';
import { isSame } from './compare.ts';
import { lookup, type CredentialFunction } from './credentials.ts';
import { askDynamic, type DynamicAuthenticator } from './dynamic.ts';
import { checkIdentity, expect, inquiryOf, isName, type Identity, type Inquiry } from './inquiry.ts';
import { DENIED, welcome } from './verdicts.ts';

/** A ticket, and whom it lets in. */
export interface TicketCredentials extends Identity {
  readonly ticket: string;
}

/** Judges tickets by itself, such as tokens that somebody has signed. */
export interface TicketVerifier {
  /** Whom the ticket lets in; undefined for nobody. What throws lets nobody in. */
  verify(ticket: string, inquiry: Inquiry): Identity | undefined | Promise<Identity | undefined>;
}

/**
 * Tickets by authid, a function that finds them, or who judges them: a verifier, or a procedure, whose details have the
 * `ticket` and which answers only if it is the right one.
 */
export type TicketSource =
  | ReadonlyMap<string, TicketCredentials>
  | CredentialFunction<TicketCredentials>
  | TicketVerifier
  | DynamicAuthenticator;

const METHOD = 'ticket';

/**
 * Lets in who shows the ticket of its authid. Tickets travel readable to whoever reads the transport: use TLS (TIC-3).
 * @throws TypeError when credentials in a map are none
 */
export function ticket(source: TicketSource): Authenticator {
  const { provider, verify } = judgeOf(source);
  return {
    method: METHOD,
    begin(hello, info) {
      const inquiry = inquiryOf(hello, info, METHOD);
      return {
        challenge: {},
        async answer({ signature }) {
          const identity = await verify(signature, inquiry);
          if (identity === undefined) return DENIED;
          const { authid } = inquiry;
          return welcome(identity, { authmethod: METHOD, authprovider: provider, authid });
        },
      };
    },
  };
}

interface Judge {
  readonly provider: string;
  readonly verify: (ticket: string, inquiry: Inquiry) => Promise<Identity | undefined>;
}

function judgeOf(source: TicketSource): Judge {
  if ('verify' in source) return verifying(source);
  if ('procedure' in source) return asking(source);
  return comparing(source);
}

function verifying(verifier: TicketVerifier): Judge {
  return {
    provider: 'function',
    async verify(shown, inquiry) {
      const identity = (await verifier.verify(shown, inquiry)) ?? undefined;
      if (identity !== undefined) checkIdentity(identity);
      return identity;
    },
  };
}

function asking(source: DynamicAuthenticator): Judge {
  return {
    provider: 'dynamic',
    verify: async (shown, inquiry) => (await askDynamic(source, inquiry, { ticket: shown }))?.identity,
  };
}

function comparing(
  source: ReadonlyMap<string, TicketCredentials> | CredentialFunction<TicketCredentials>,
): Judge {
  const { provider, find } = lookup(source, { check, read: (fields) => fields });
  const nobodys = randomBytes(32).toString('hex');
  return {
    provider,
    async verify(shown, inquiry) {
      const credentials = await find(inquiry);
      return isSame(shown, credentials?.ticket ?? nobodys) ? credentials : undefined;
    },
  };
}

function check({ ticket: secret }: Dict): void {
  expect(isName(secret), 'ticket: expected a text that is not empty');
}
