/** What a connection needs of its session, and what it reports to it. */
import type { Welcome } from '@wamp/protocol';
import type { Clock } from './clock.ts';
import type { Gate } from './core/gate.ts';
import type { Ending } from './ending.ts';
import type { Listeners } from './listeners.ts';

/** Type parameter `C` is the connection. */
export interface ConnectionPort<C> {
  readonly clock: Clock;
  readonly exposeErrors: boolean;
  readonly maxHandlers: number;
  /** Limits how many handlers run at the same time, across the connections of a session. */
  readonly gate: (Class: typeof Gate) => Gate;
  /** Called at WELCOME; once at most. */
  joined(connection: C, welcome: Welcome): void;
  /** Whether another connection will replace this one. */
  survives(ending: Ending): boolean;
  /** Called once when a joined connection has ended, after everything that waited has failed. */
  ended(connection: C, ending: Ending): void;
  /** Shows each message to listeners of event `frame`. */
  readonly listeners: Pick<Listeners, 'isWatched' | 'show'>;
  /** Reports an exception that no promise of the application rejects with. */
  report(error: Error): void;
}
