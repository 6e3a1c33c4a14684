/** Dynamic authenticators: WAMP procedures that authenticate clients, with the interface of Crossbar.io (T-27). */
import { ApplicationError, ErrorUri, type Args, type Dict, type Uri } from '@wamp/protocol';
import { TRUSTED_ROLE } from '../core/session.ts';
import { expect } from '../expect.ts';
import type { Authenticator } from './authenticator.ts';
import { checkIdentity, type Identity, type Inquiry } from './inquiry.ts';

/**
 * A procedure that the router calls with the realm, the claimed authid (or null), and details: `session`, `authmethod`,
 * `authid`, `authextra`, `transport`, and what the client sent for the method, such as `ticket`.
 *
 * It returns the role of a known principal, or a dict: `role`, `authid`, `realm` (see `realms`), `extra` for the client, and
 * the secrets that the method needs. For an unknown principal it returns null, or a dict with `allow: false`. `cache` is ignored; any
 * other key is an error. The client gets the URI and the first argument of an application error. If the procedure is not
 * there, or does not answer in time, the client is refused with `wamp.error.unavailable`, after which it may try again; any
 * other error refuses it with `wamp.error.authentication_failed`. Both are logged.
 */
export interface DynamicAuthenticator {
  readonly procedure: Uri;
  /** The realm where it is registered; by default the one that the client wants to join. */
  readonly realm?: Uri | undefined;
  /**
   * The realms that the procedure may name, beside the one that the client wants to join, as {@link Authenticator.realms}; none
   * by default. A session that may register the procedure can then put clients into these realms, with any authid and role.
   */
  readonly realms?: readonly Uri[] | undefined;
}

/** {@link Authenticator.realms} for a source of credentials: those of a procedure. */
export function nameableBy(source: object | string): Pick<Authenticator, 'realms'> {
  if (typeof source !== 'object' || !('procedure' in source)) return {};
  const { realms } = source as Partial<DynamicAuthenticator>;
  return realms === undefined ? {} : { realms };
}

/** The answer of a dynamic authenticator for a known principal. */
export interface DynamicAnswer {
  readonly identity: Identity;
  /** The complete answer, checked only for unknown keys. */
  readonly fields: Dict;
}

/** The fields that an answer may have for any method; an unknown one is an error, which might be dangerous to ignore. */
const FIELDS: ReadonlySet<string> = new Set([
  'allow',
  'role',
  'authid',
  'realm',
  'extra',
  'secret',
  'key',
  'salt',
  'iterations',
  'keylen',
  'memory',
  'kdf',
  'stored-key',
  'server-key',
  'pubkey',
  'authorized_keys',
  // Ignored: answers are not cached, and the procedure is called at each login.
  'cache',
]);
/** How much of an unknown key is repeated in the log (characters). */
const MOST_REPEATED = 100;

/** The `wamp.*` URIs with which a procedure may refuse a client; others are faults between router and procedure. */
const REFUSALS: ReadonlySet<string> = new Set([
  ErrorUri.AUTHENTICATION_FAILED,
  ErrorUri.AUTHENTICATION_REQUIRED,
  ErrorUri.NO_MATCHING_AUTH_METHOD,
  ErrorUri.NO_SUCH_REALM,
  ErrorUri.NO_SUCH_ROLE,
  ErrorUri.NOT_AUTHORIZED,
]);
/** URIs that mean that the procedure cannot be asked now, such as before its service is back after a restart. */
const ABSENT: ReadonlySet<string> = new Set([
  ErrorUri.NO_SUCH_PROCEDURE,
  ErrorUri.UNAVAILABLE,
  ErrorUri.NO_AVAILABLE_CALLEE,
  ErrorUri.CANCELED,
  ErrorUri.TIMEOUT,
]);
/** URIs that mean an unknown or rejected principal, and nothing else. */
const UNKNOWN: ReadonlySet<string> = new Set([ErrorUri.NO_SUCH_PRINCIPAL, ErrorUri.AUTHENTICATION_DENIED]);

/** The procedure cannot be asked now: the client may try again later. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/**
 * @param shown what the client has sent in addition to HELLO
 * @returns undefined for an unknown principal
 * @throws ApplicationError for an error that the client gets; Unavailable if the procedure cannot be asked now; Error for
 *   any other, which also refuses the client
 */
export async function askDynamic(
  { procedure, realm }: DynamicAuthenticator,
  inquiry: Inquiry,
  shown: Dict = {},
): Promise<DynamicAnswer | undefined> {
  const { session, authmethod, authid = null, authextra, transport } = inquiry;
  const details = { session, authmethod, authid, authextra, transport, ...shown };
  let result: Args;
  try {
    result = await inquiry.call(procedure, [inquiry.realm, authid, details], realm);
  } catch (error) {
    if (error instanceof ApplicationError && UNKNOWN.has(error.uri)) return undefined;
    if (isRefusal(error)) throw error;
    const isAbsent = error instanceof ApplicationError && ABSENT.has(error.uri);
    throw new (isAbsent ? Unavailable : Error)(`${procedure} failed`, { cause: error });
  }
  try {
    return readAnswer(result[0]);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unreadable';
    throw new TypeError(`${procedure} returned an invalid answer: ${why}`, { cause });
  }
}

function isRefusal(error: unknown): error is ApplicationError {
  if (!(error instanceof ApplicationError)) return false;
  return !error.uri.startsWith('wamp.') || REFUSALS.has(error.uri);
}

/**
 * @returns undefined for an unknown or rejected principal
 * @throws TypeError unless the answer is a role or a dict with known keys
 */
function readAnswer(answer: unknown): DynamicAnswer | undefined {
  if (answer === undefined || answer === null) return undefined;
  const fields: unknown = typeof answer === 'string' ? { role: answer } : answer;
  expect(isDict(fields), 'expected a role or a dict');
  const unknown = Object.keys(fields).find((key) => !FIELDS.has(key));
  expect(unknown === undefined, `unknown key ${JSON.stringify(unknown?.slice(0, MOST_REPEATED))}`);
  const { role, authid, realm, extra, allow = true } = fields;
  if (allow === false) return undefined;
  expect(allow === true || allow === null, 'allow: expected true, false or null');
  // Otherwise any session that may register the procedure could make itself trusted.
  expect(role !== TRUSTED_ROLE, `role: a procedure cannot assign ${TRUSTED_ROLE}`);
  const identity = {
    authrole: role,
    authid: authid ?? undefined,
    authextra: extra ?? undefined,
    realm: realm ?? undefined,
  };
  checkIdentity(identity);
  return { identity, fields };
}

function isDict(value: unknown): value is Dict {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}
