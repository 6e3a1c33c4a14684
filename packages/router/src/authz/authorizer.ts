/** Interface Authorizer: what each may do. */
import type { Args, Uri } from '@wamp/protocol';
import type { Decision } from '../core/decision.ts';
import type { Realm } from '../core/realm.ts';
import type { Principal, Session } from '../core/session.ts';
import { expect } from '../expect.ts';

/** What a session wants to do with a URI (spec: Authorization). */
export type Action = 'call' | 'register' | 'publish' | 'subscribe';

/** The session that asks, and the realm it is in. */
export interface Asker {
  readonly realm: Realm;
  readonly session: Session;
  /**
   * Calls a procedure of the realm as the router itself, which is trusted: the call is not authorized. The callee is told
   * who calls, unless the realm discloses no callers.
   * @param timeout in ms; then the call is canceled
   * @returns the arguments of the result
   * @throws ApplicationError with the URI of the ERROR, or `wamp.error.timeout`
   */
  readonly call: (procedure: Uri, args: Args, timeout: number) => Promise<Args>;
}

/** Yes or no, or a dict that says more. A dict with keys that are not listed here is an invalid answer (T-27). */
export type AuthorizerAnswer =
  | boolean
  | {
      readonly allow: boolean;
      /** True to tell callee or subscribers who calls or publishes, whether the session wants that or not (PID-4). */
      readonly disclose?: boolean | undefined;
      /** True when the answer may be remembered; see {@link remembering}. */
      readonly cache?: boolean | undefined;
    };

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
  ): AuthorizerAnswer | Promise<AuthorizerAnswer>;
}

/** The answer that discloses, for authorizers that are asked often: one object, recognized by its identity. */
export const DISCLOSED: AuthorizerAnswer = Object.freeze({ allow: true, disclose: true });

/** What an answer means, which is not to be trusted to be what its type says: whatever is not clear has failed. */
export function decisionOf(answer: unknown): Decision {
  if (typeof answer === 'boolean') return answer ? 'permitted' : 'denied';
  if (answer === DISCLOSED) return 'disclosed';
  try {
    return readDict(answer);
  } catch {
    return 'failed';
  }
}

/** Says what is wrong with an answer that {@link decisionOf} takes for a failure. */
export function faultOf(answer: unknown): string {
  try {
    readDict(answer);
    return 'the answer cannot be read';
  } catch (error) {
    return error instanceof Error ? error.message : 'the answer cannot be read';
  }
}

/**
 * T-27; null stands for nothing, as it does in Python. Payloads are not validated: who wants that gets no permission.
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

/** Known from Crossbar.io, and of no consequence to what is permitted. */
const IGNORED: ReadonlySet<string> = new Set(['meta']);
/** How much of an unknown key is repeated in the log (characters). */
const MOST_REPEATED = 100;

function isFlag(value: unknown): boolean {
  return isNothing(value) || typeof value === 'boolean';
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}
