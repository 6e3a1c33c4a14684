/** The part of a contract that `connect` uses. */
import type { ClientSession } from './client-session.ts';
import type { Settings } from './connect-options.ts';
import type { Contract, Validate } from './definition.ts';

/** A contract for option `contract` of `connect`: made by `defineContract` of `@wamp/client/contract`. */
export interface BoundContract<C> extends Contract<C> {
  /** For `connect`: opens a session that validates payloads. */
  '~open'(settings: Settings, validate: Validate): ClientSession;
}
