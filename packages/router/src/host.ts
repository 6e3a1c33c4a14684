/** What those who accept connections see of the router that takes them in. */
import type { Dict, Transport } from '@wamp/protocol';
import type { Underlay } from './auth/authenticator.ts';
import type { Admission } from './connection/admission.ts';
import type { Place } from './connection/place.ts';
import type { Clock } from './core/clock.ts';
import type { ProcessAccounts } from './core/kept.ts';
import type { Limits, LimitTally } from './limits.ts';
import type { Log } from './log.ts';
import type { FlushQueue } from './output/flush-queue.ts';

/** A router, for those who accept connections on its behalf: `createRouter` makes one. */
export interface Host {
  readonly clock: Clock;
  readonly limits: Limits;
  /** How often each limit on connections was met. */
  readonly limited: LimitTally;
  readonly log: Log;
  /** Gives each connection its place, from the moment in which it is accepted. */
  readonly admission: Pick<Admission, 'accept' | 'place' | 'trust'>;
  /** Of all sockets: when it is through, no frame of the turn is under way any more. */
  readonly queue: FlushQueue;
  /** What outlives the messages it came in: here, the bodies of long-polls. */
  readonly kept: Pick<ProcessAccounts, 'ofSessions'>;

  /**
   * Takes a client in at the other end of `transport`.
   * @param peer how it is connected, for the session meta API, such as `{ type: 'websocket' }`; nothing by default
   * @param underlay how it is connected, for authenticators alone; nothing by default
   * @param place what it has been admitted with; without one, it is counted as a handshake, and does not wait
   */
  open(transport: Transport, peer?: Dict, underlay?: Underlay, place?: Place): void;
}
