/** Dynamic authorization: a procedure of the realm decides (T-27). */
import type { Args, Dict, Uri } from '@wamp/protocol';
import type { Realm } from '../core/realm.ts';
import type { Session } from '../core/session.ts';
import {
  decisionOf,
  faultOf,
  type Action,
  type Asker,
  type Authorizer,
  type AuthorizerAnswer,
} from './authorizer.ts';
import { remembering, type RememberingAuthorizer, type RememberingOptions } from './remembering.ts';

export interface DynamicOptions extends RememberingOptions {
  /** How long the procedure may take (ms); 5000 by default. `limits.authorizeTimeout` holds as well. */
  readonly timeout?: number | undefined;
}

const DEFAULT_TIMEOUT = 5000;

/**
 * An authorizer that calls a procedure, as the router, in the realm of the session that asks, with
 * `[session, uri, action, options]`; `session` is `{ session, authid, authrole, authmethod, authprovider, authextra,
 * transport }`, and the options are those of the request (`match` for patterns). It answers with true, false, or a dict
 * `{ allow, disclose, cache }`; `meta` in it is ignored. Any other key, anything else, an ERROR, no answer in time, or no callee: the request is
 * refused with `wamp.error.authorization_failed`, and the log says why.
 *
 * Who registers the procedure cannot ask it for leave: in `permissions`, give its role permissions, and this
 * authorizer to the others.
 */
export function dynamicAuthorizer(procedure: Uri, options: DynamicOptions = {}): RememberingAuthorizer {
  return remembering(new ProcedureAuthorizer(procedure, options.timeout ?? DEFAULT_TIMEOUT), options);
}

class ProcedureAuthorizer implements Authorizer {
  readonly #procedure: Uri;
  readonly #timeout: number;

  constructor(procedure: Uri, timeout: number) {
    this.#procedure = procedure;
    this.#timeout = timeout;
  }

  async authorize(
    _principal: unknown,
    action: Action,
    uri: Uri,
    options: object,
    { realm, session, call }: Asker,
  ): Promise<AuthorizerAnswer> {
    // Its answer would wait behind its question.
    if (serves(realm, this.#procedure, session)) {
      throw new Error(`${this.#procedure} is asked about its own callee`);
    }
    const question = [describe(session), uri, action, options];
    return checked(this.#procedure, await call(this.#procedure, question, this.#timeout));
  }
}

/** @throws TypeError, which names the procedure, for an invalid answer */
function checked(procedure: Uri, [answer]: Args): AuthorizerAnswer {
  if (decisionOf(answer) === 'failed') {
    throw new TypeError(`${procedure} returned an invalid answer: ${faultOf(answer)}`);
  }
  return answer as AuthorizerAnswer;
}

function serves(realm: Realm, procedure: Uri, session: Session): boolean {
  const callees = realm.dealer.serving(procedure)?.callees ?? [];
  return callees.some((callee) => callee.session === session);
}

function describe({ id, principal, transport }: Session): Dict {
  const { authid, authrole, authmethod, authprovider, authextra = null } = principal;
  return { session: id, authid, authrole, authmethod, authprovider, authextra, transport };
}
