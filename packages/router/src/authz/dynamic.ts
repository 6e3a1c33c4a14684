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
  /** The time in which the procedure has to answer (ms); 5000 by default. `limits.authorizeTimeout` applies as well. */
  readonly timeout?: number | undefined;
}

const DEFAULT_TIMEOUT = 5000;

/**
 * An authorizer that calls a procedure of the session's realm as the router, with the arguments
 * `[session, uri, action, options]`: `session` is `{ session, authid, authrole, authmethod, authprovider, authextra,
 * transport }`, and `options` are those of the request (`match` for patterns). The procedure answers with true, false, or a
 * dict `{ allow, disclose, cache }`; key `meta` is ignored. Any other answer, an ERROR, no answer in time, or no callee
 * denies the request with `wamp.error.authorization_failed`, and the log says why.
 *
 * The callee of the procedure cannot be authorized by it. Use `permissions` to give the callee's role fixed permissions, and
 * this authorizer to other roles.
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
    // The callee could not answer, because its answer would wait for this decision.
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
