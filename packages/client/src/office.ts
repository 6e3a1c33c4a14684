/** Interface Office: where calls and publications are handed in. */
import type { Payload } from '@wamp/protocol';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import type { Lane } from './core/lane.ts';
import type { Outgoing } from './core/outbox.ts';

/** What may be done with a request while there is no connection. */
export type Offline = 'wait' | 'fail' | 'drop' | undefined;

/** A request that may be dropped where there is no connection. */
export interface Request extends Outgoing<Connection> {
  dropped?(): void;
}

/** Where requests are handed in, to be sent now or later. */
export interface Office {
  readonly clock: Clock;
  /** Where what is to be packed waits for what was packed before it. */
  readonly lane: Lane;
  submit(request: Request, offline: Offline): void;
  /** It has been sent on a connection that is gone, and goes before all that has not. */
  submitAgain(request: Request): void;
  /** It need not be sent any more. */
  withdraw(request: Request): void;
  /** A payload as it is now, and how many bytes that takes. */
  held(payload: Payload): readonly [Payload, number];
}
