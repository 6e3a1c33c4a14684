/** Credentials of a request: its header Authorization, its cookie, or the certificate of its connection. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Credentials, HttpGuest } from '@wamp/router';

/** The credentials in a request. */
export interface Shown {
  readonly credentials: Credentials;
  /** A key that requests of the same principal from the same address share, and that reveals no secret. */
  readonly key: string;
}

/**
 * Reads the credentials of a request: a ticket (Bearer), authid and ticket (Basic), or a ticket in the cookie; without these,
 * the TLS client certificate, or none.
 * @param cookie the name of the cookie; undefined for none
 * @returns undefined when header Authorization is invalid
 */
export function shownBy(
  { headers }: IncomingMessage,
  guest: HttpGuest,
  cookie: string | undefined,
): Shown | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) {
    const proof = proofIn(authorization);
    return proof && shown(guest, proof);
  }
  const ticket = cookie === undefined ? undefined : cookieIn(headers.cookie ?? '', cookie);
  return shown(guest, ticket === undefined ? {} : { ticket });
}

interface Proof {
  readonly ticket?: string;
  readonly authid?: string;
}

/** RFC 6750 §2.1, RFC 7617 §2. */
function proofIn(authorization: string): Proof | undefined {
  const [, scheme = '', value = ''] = /^([A-Za-z]+) +([\w\-.~+/]+=*) *$/.exec(authorization) ?? [];
  if (scheme.toLowerCase() === 'bearer') return { ticket: value };
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? undefined : { authid: pair.slice(0, colon), ticket: pair.slice(colon + 1) };
}

function cookieIn(header: string, name: string): string | undefined {
  const pairs = header.split(';').map((pair) => pair.trim());
  const value = pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
  return value === undefined || value === '' ? undefined : value.replace(/^"(.*)"$/, '$1');
}

function shown({ underlay }: HttpGuest, { ticket, authid }: Proof): Shown {
  const { certificate, address } = underlay;
  const methods = certificate === undefined ? ['anonymous'] : ['tls', 'anonymous'];
  const credentials: Credentials =
    ticket === undefined
      ? { authmethods: methods }
      : { authmethods: ['ticket'], answer: () => ticket, ...(authid === undefined ? {} : { authid }) };
  const parts = [ticket ?? null, authid ?? null, address ?? null, certificate?.fingerprint256 ?? null];
  return { credentials, key: createHash('sha256').update(JSON.stringify(parts)).digest('base64') };
}
