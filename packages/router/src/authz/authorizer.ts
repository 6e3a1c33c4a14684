/** Interface Authorizer: decides which requests a session may make. */
import type { Args, Uri } from '@wamp/protocol';
import type { Decision } from '../core/decision.ts';
import type { Realm } from '../core/realm.ts';
import type { Principal, Session } from '../core/session.ts';
import { expect } from '../expect.ts';

/** The kind of a request that is authorized (spec: Authorization). */
export type Action = 'call' | 'register' | 'publish' | 'subscribe';

/** The session that makes a request, and its realm. */
export interface Asker {
  readonly realm: Realm;
  readonly session: Session;
  /**
   * Calls a procedure of the realm as the router itself, without authorization. The caller is disclosed to the callee,
   * unless the realm does not allow disclosure.
   * @param timeout the time after which the call is canceled (ms)
   * @returns the arguments of the result
   * @throws ApplicationError with the URI of the ERROR, or `wamp.error.timeout`
   */
  readonly call: (procedure: Uri, args: Args, timeout: number) => Promise<Args>;
}

/** True or false, or a dict with details. A dict with keys that are not listed here is an invalid answer (T-27). */
export type AuthorizerAnswer =
  | boolean
  | {
      readonly allow: boolean;
      /** True to disclose the session to the callee or the subscribers, whether the session wants that or not (PID-4). */
      readonly disclose?: boolean | undefined;
      /** True when the answer may be remembered; see {@link remembering}. */
      readonly cache?: boolean | undefined;
    };

/**
 * Decides on requests. `true` permits, `false` denies with `wamp.error.not_authorized`. An error that is thrown, a
 * rejection, an invalid answer, or no answer within `limits.authorizeTimeout` denies with
 * `wamp.error.authorization_failed`. While a promise is pending, later messages of the session wait, in order.
 */
export interface Authorizer {
  /**
   * @param uri the URI as the client sent it, possibly invalid; with `options.match`, a pattern
   * @param options the options of the request
   */
  authorize(
    principal: Principal,
    action: Action,
    uri: Uri,
    options: object,
    asker: Asker,
  ): AuthorizerAnswer | Promise<AuthorizerAnswer>;

  /**
   * Whether there is such a role; without this method, any role is one. When the authenticator of another realm has named this
   * realm, a client whose role is none is refused with `wamp.error.no_such_role`.
   */
  hasRole?(authrole: string): boolean;
}

/** An answer that permits and discloses, for authorizers that are asked often: one object, recognized by its identity. */
export const DISCLOSED: AuthorizerAnswer = Object.freeze({ allow: true, disclose: true });

/** The decision that an answer expresses. Plug-ins may return anything, so any answer that is not valid is a failure. */
export function decisionOf(answer: unknown): Decision {
  if (typeof answer === 'boolean') return answer ? 'permitted' : 'denied';
  if (answer === DISCLOSED) return 'disclosed';
  try {
    return readDict(answer);
  } catch {
    return 'failed';
  }
}

/** Explains why {@link decisionOf} considers an answer invalid. */
export function faultOf(answer: unknown): string {
  try {
    readDict(answer);
    return 'the answer cannot be read';
  } catch (error) {
    return error instanceof Error ? error.message : 'the answer cannot be read';
  }
}

/**
 * T-27. A null counts as absent, as in answers of Python code. The router cannot validate payloads, so an answer that asks
 * for validation is invalid.
 * @throws TypeError for an invalid answer
 */
function readDict(answer: unknown): Decision {
  expect(typeof answer === 'object' && answer !== null, 'expected true, false or a dict');
  let allow: unknown;
  let disclose: unknown;
  for (const [key, value] of Object.entries(answer) as [string, unknown][]) {
    if (key === 'allow') allow = value;
    else if (key === 'disclose') disclose = value;
    else if (key === 'validate') expect(isNothing(value), 'validate: payloads cannot be validated');
    else if (key === 'cache') expect(isFlag(value), 'cache: expected true, false or null');
    else if (!IGNORED.has(key))
      throw new TypeError(`unknown key ${JSON.stringify(key.slice(0, MOST_REPEATED))}`);
  }
  expect(typeof allow === 'boolean', 'allow: expected true or false');
  expect(isFlag(disclose), 'disclose: expected true, false or null');
  if (!allow) return 'denied';
  return disclose === true ? 'disclosed' : 'permitted';
}

/** Keys of Crossbar.io that do not affect the decision. */
const IGNORED: ReadonlySet<string> = new Set(['meta']);
/** How much of an unknown key is repeated in the log (characters). */
const MOST_REPEATED = 100;

function isFlag(value: unknown): boolean {
  return isNothing(value) || typeof value === 'boolean';
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}
