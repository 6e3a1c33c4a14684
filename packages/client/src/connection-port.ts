/** What a connection needs to know, and whom it tells. */
import type { Welcome } from '@wamp/protocol';
import type { Clock } from './clock.ts';
import type { Gate } from './core/gate.ts';
import type { Ending } from './ending.ts';

/** Type parameter `C` is the connection. */
export interface ConnectionPort<C> {
  readonly clock: Clock;
  readonly exposeErrors: boolean;
  readonly maxHandlers: number;
  /** How many handlers run at once, on this connection and those before it. */
  readonly gate: Gate;
  /** The router has said WELCOME; called once at most. */
  joined(connection: C, welcome: Welcome): void;
  /** Whether another connection will carry on what this one has carried. */
  survives(ending: Ending): boolean;
  /** It was joined, and is over now; called once, after everything that waited has failed. */
  ended(connection: C, ending: Ending): void;
  /** An exception that nobody else gets to see. */
  report(error: Error): void;
}
