/** Interface Authorizer: what each may do. */
import type { Uri } from '@wamp/protocol';
import type { Realm } from '../core/realm.ts';
import type { Ruling } from '../core/ruling.ts';
import type { Principal, Session } from '../core/session.ts';

/** What a session wants to do with a URI (spec: Authorization). */
export type Action = 'call' | 'register' | 'publish' | 'subscribe';

/** The session that asks, and the realm it is in. */
export interface Asker {
  readonly realm: Realm;
  readonly session: Session;
}

/** Yes or no; or more than that. A grant with keys that are not listed here is none (T-27). */
export type Permit = boolean | Grant;

export interface Grant {
  readonly allow: boolean;
  /** True to tell callee or subscribers who calls or publishes, whether the session wants that or not (PID-4). */
  readonly disclose?: boolean | undefined;
  /** True when the answer may be remembered; see {@link remembering}. */
  readonly cache?: boolean | undefined;
}

/**
 * Decides. `true` permits, `false` denies with `wamp.error.not_authorized`. A throw, a rejection, an answer of any
 * other kind, or none within `limits.authorizeTimeout` denies with `wamp.error.authorization_failed`. While a
 * promise is pending, the later messages of that session wait behind it, in order.
 */
export interface Authorizer {
  /**
   * @param uri as the client wrote it, not yet known to be valid; a pattern where `options.match` says so
   * @param options those of the request
   */
  authorize(
    principal: Principal,
    action: Action,
    uri: Uri,
    options: object,
    asker: Asker,
  ): Permit | Promise<Permit>;
}

/** The grant that discloses, for authorizers that are asked often: one object, known at sight. */
export const DISCLOSED: Grant = Object.freeze({ allow: true, disclose: true });

/** What an answer means, which is not to be trusted to be what its type says: whatever is not clear has failed. */
export function rulingOf(permit: unknown): Ruling {
  if (typeof permit === 'boolean') return permit ? 'permitted' : 'denied';
  if (permit === DISCLOSED) return 'disclosed';
  if (typeof permit !== 'object' || permit === null) return 'failed';
  try {
    return readGrant(permit);
  } catch {
    return 'failed';
  }
}

/** T-27; null stands for nothing, as it does in Python. Payloads are not validated: who wants that gets no permission. */
function readGrant(grant: object): Ruling {
  let allow: unknown;
  let disclose: unknown;
  for (const [key, value] of Object.entries(grant) as [string, unknown][]) {
    if (key === 'allow') allow = value;
    else if (key === 'disclose' && isFlag(value)) disclose = value;
    else if ((key !== 'cache' || !isFlag(value)) && (key !== 'validate' || !isNothing(value)))
      return 'failed';
  }
  if (typeof allow !== 'boolean') return 'failed';
  if (!allow) return 'denied';
  return disclose === true ? 'disclosed' : 'permitted';
}

function isFlag(value: unknown): boolean {
  return isNothing(value) || typeof value === 'boolean';
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}
