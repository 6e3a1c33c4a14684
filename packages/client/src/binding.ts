/** What `connect` needs of a contract. */
import type { ClientSession } from './client-session.ts';
import type { Settings } from './connect-options.ts';
import type { Contract, Validate } from './definition.ts';

/** A contract that a session can be given: `defineContract` of `@wamp/client/contract` makes one. */
export interface BoundContract<C> extends Contract<C> {
  /** For `connect`: a session that keeps to the contract. */
  '~open'(settings: Settings, validate: Validate): ClientSession;
}
