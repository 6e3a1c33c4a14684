/** Interface Authorizer: what each may do. */
import type { Uri } from '@wamp/protocol';
import type { Principal } from '../core/session.ts';

/** What a session wants to do with a URI (spec: Authorization). */
export type Action = 'call' | 'register' | 'publish' | 'subscribe';

/**
 * Decides. True permits; anything else denies with `wamp.error.not_authorized`. A throw or a
 * rejection denies with `wamp.error.authorization_failed`. While a promise is pending, the later
 * messages of that session wait behind it, in order.
 */
export interface Authorizer {
  authorize(principal: Principal, action: Action, uri: Uri, options: object): boolean | Promise<boolean>;
}
