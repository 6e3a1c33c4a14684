/** Interface Office: accepts calls and publications, and sends or queues them. */
import type { Payload } from '@wamp/protocol';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import type { Lane } from './core/lane.ts';
import type { PendingRequest } from './core/outbox.ts';

/** What happens to a request while there is no connection. */
export type Offline = 'wait' | 'fail' | 'drop' | undefined;

/** A request that may be dropped while there is no connection. */
export interface Request extends PendingRequest<Connection> {
  dropped?(): void;
}

/** Accepts requests, and sends them now or later. */
export interface Office {
  readonly clock: Clock;
  /** Keeps payloads that have to be packed in order. */
  readonly lane: Lane;
  /** Whether another connection follows when this one is lost. */
  readonly reconnects: boolean;
  submit(request: Request, offline: Offline): void;
  /** Queues a request whose connection was lost, ahead of all that were not sent. */
  submitAgain(request: Request): void;
  /** Removes a request that is not needed any more. */
  withdraw(request: Request): void;
  /** A snapshot of a payload, and its size in bytes. */
  held(payload: Payload): readonly [Payload, number];
}
