/** Calls that the router itself makes in a realm, through a session that is not listed. */
import { ApplicationError, ErrorUri, PeerFeatures, rolesOf, type Uri } from '@wamp/protocol';
import type { Asker } from '../authz/authorizer.ts';
import type { CoreRealm } from '../core/core-realm.ts';
import { TRUSTED_ROLE } from '../core/session.ts';
import { LocalMember, type LocalRouter } from './local-member.ts';
import { LocalSession } from './local-session.ts';

const ROUTER = {
  authid: 'router',
  authrole: TRUSTED_ROLE,
  authmethod: 'internal',
  authprovider: 'router',
} as const;
const FEATURES = new PeerFeatures(rolesOf({ caller: ['call_canceling'] }));

/**
 * Creates a function that calls procedures of a realm as the router, for dynamic authenticators and authorizers. These
 * calls are not authorized, and their messages are never dropped, because clients wait for the decisions.
 */
export function callsAsRouter(router: LocalRouter, realm: CoreRealm): Asker['call'] {
  let own: LocalSession | undefined;
  const identity = {
    realm,
    principal: ROUTER,
    features: FEATURES,
    authorizer: undefined,
    slowConsumer: undefined,
  };
  const session = (): LocalSession =>
    (own ??= new LocalSession({
      join: (listener) => new LocalMember(router, identity, listener, refuse),
      hears: undefined,
      failed: () => undefined,
    }));
  const { clock } = router;
  return async (procedure, args, timeout) => {
    const overdue = new AbortController();
    const dismiss = clock.after(timeout, () => {
      overdue.abort();
    });
    const options = realm.disclosure ? { disclose_me: true } : {};
    try {
      const { args: results } = await session().call(
        procedure,
        args,
        {},
        { ...options, signal: overdue.signal },
      );
      return results;
    } catch (error) {
      throw overdue.signal.aborted ? tooLong(procedure, timeout) : error;
    } finally {
      dismiss();
    }
  };
}

function tooLong(procedure: Uri, timeout: number): ApplicationError {
  return new ApplicationError(ErrorUri.TIMEOUT, [`${procedure} did not answer within ${timeout} ms`]);
}

/** The authorizer's `call` of this session, which has no authorizer. */
function refuse(): Promise<never> {
  return Promise.reject(new Error('the session has no authorizer'));
}
