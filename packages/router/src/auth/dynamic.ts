/** Dynamic authenticators: procedures of WAMP that know who may come in, as Crossbar.io calls them (T-27). */
import { ApplicationError, ErrorUri, type Args, type Dict, type Uri } from '@wamp/protocol';
import { TRUSTED_ROLE } from '../core/session.ts';
import { checkIdentity, expect, type Identity, type Inquiry } from './inquiry.ts';

/**
 * A procedure that is called by the router itself, with the realm, the authid claimed (or null), and details: `session`,
 * `authmethod`, `authid`, `authextra`, `transport`, and what the method has to show, such as `ticket`.
 *
 * It returns the role of whom it knows, or a dict: `role`, `authid`, `extra` for the client, and the secrets that the
 * method asks for; null, or a dict with `allow: false`, for a stranger. `cache` is ignored; any other key is a mistake. An
 * error of the application is told to the client with its URI and first argument; whatever else goes wrong, nobody comes
 * in, and the log says why.
 */
export interface DynamicAuthenticator {
  readonly procedure: Uri;
  /** Where it is registered; by default in the realm that the client wants to join. */
  readonly realm?: Uri | undefined;
}

/** What a dynamic authenticator has said of somebody. */
export interface DynamicAnswer {
  readonly identity: Identity;
  /** All that it has said, checked only for having no keys that nobody knows. */
  readonly fields: Dict;
}

/** All that any method may be told; what is none of it is a mistake, and might be a fatal one. */
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
  // Ignored: no answer is remembered, so that the procedure is asked at each login whatever it says of that.
  'cache',
]);
/** How much of an unknown key is repeated in the log (characters). */
const MOST_REPEATED = 100;

/** What of `wamp.*` a procedure may say to a client; the rest are faults between the router and the procedure. */
const REFUSALS: ReadonlySet<string> = new Set([
  ErrorUri.AUTHENTICATION_FAILED,
  ErrorUri.AUTHENTICATION_REQUIRED,
  ErrorUri.NO_MATCHING_AUTH_METHOD,
  ErrorUri.NO_SUCH_REALM,
  ErrorUri.NO_SUCH_ROLE,
  ErrorUri.NOT_AUTHORIZED,
]);
/** What says no more than that somebody is a stranger, or as good as one. */
const STRANGERS: ReadonlySet<string> = new Set([ErrorUri.NO_SUCH_PRINCIPAL, ErrorUri.AUTHENTICATION_DENIED]);

/**
 * @param shown what the client has shown beside HELLO
 * @returns undefined for a stranger
 * @throws ApplicationError that is to be told to the client; Error for everything else, which lets nobody in either
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
    if (error instanceof ApplicationError && STRANGERS.has(error.uri)) return undefined;
    throw isRefusal(error) ? error : new Error(`${procedure} failed`, { cause: error });
  }
  try {
    return readAnswer(result[0], inquiry);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unreadable';
    throw new TypeError(`${procedure} returned what cannot be used: ${why}`, { cause });
  }
}

function isRefusal(error: unknown): error is ApplicationError {
  if (!(error instanceof ApplicationError)) return false;
  return !error.uri.startsWith('wamp.') || REFUSALS.has(error.uri);
}

/**
 * @returns undefined for nobody, and for who is not allowed in
 * @throws TypeError for what is neither a role nor a dict of what we know
 */
function readAnswer(answer: unknown, { realm }: Inquiry): DynamicAnswer | undefined {
  if (answer === undefined || answer === null) return undefined;
  const fields: unknown = typeof answer === 'string' ? { role: answer } : answer;
  expect(isDict(fields), 'a dynamic authenticator returns a role or a dict');
  const unknown = Object.keys(fields).find((key) => !FIELDS.has(key));
  expect(unknown === undefined, `unknown key ${JSON.stringify(unknown?.slice(0, MOST_REPEATED))}`);
  const { role, authid, extra, allow = true } = fields;
  if (allow === false) return undefined;
  expect(allow === true || allow === null, 'allow: expected true, false or null');
  expect((fields['realm'] ?? realm) === realm, 'realm: a client cannot be moved to another realm');
  // Who may register the procedure would be trusted like the router itself.
  expect(role !== TRUSTED_ROLE, `role: ${TRUSTED_ROLE} is not for a procedure to give`);
  const identity = { authrole: role, authid: authid ?? undefined, authextra: extra ?? undefined };
  checkIdentity(identity);
  return { identity, fields };
}

function isDict(value: unknown): value is Dict {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}
