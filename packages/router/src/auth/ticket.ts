/** Ticket authentication: the client sends a secret that was agreed on before (spec: Ticket-based Authentication). */
import { randomBytes } from 'node:crypto';
import type { Dict } from '@wamp/protocol';
import { expect } from '../expect.ts';
import type { Authenticator } from './authenticator.ts';
import { isSame } from './compare.ts';
import { lookup, type CredentialFunction } from './credentials.ts';
import { askDynamic, nameableBy, type DynamicAuthenticator } from './dynamic.ts';
import { checkIdentity, inquiryOf, isName, type Identity, type Inquiry } from './inquiry.ts';
import { DENIED, welcome } from './verdicts.ts';

/** A ticket, and the identity that it proves. */
export interface TicketCredentials extends Identity {
  readonly ticket: string;
}

/** Verifies tickets that are not stored in the router, such as signed tokens. */
export interface TicketVerifier {
  /** The identity that the ticket proves; undefined for an invalid ticket. If it throws, the client is refused. */
  verify(ticket: string, inquiry: Inquiry): Identity | undefined | Promise<Identity | undefined>;
}

/**
 * Tickets by authid; a function that finds them; a verifier; or a procedure, which gets the `ticket` in its details and
 * must check it itself.
 */
export type TicketSource =
  | ReadonlyMap<string, TicketCredentials>
  | CredentialFunction<TicketCredentials>
  | TicketVerifier
  | DynamicAuthenticator;

const METHOD = 'ticket';

/**
 * Admits a client that sends the ticket of its authid. Tickets are sent in clear text: use TLS (TIC-3).
 * @throws TypeError for invalid credentials in a map
 */
export function ticket(source: TicketSource): Authenticator {
  const { provider, verify } = judgeOf(source);
  return {
    method: METHOD,
    ...nameableBy(source),
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
  expect(isName(secret), 'ticket: expected a non-empty string');
}
