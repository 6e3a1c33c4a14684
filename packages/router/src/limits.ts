/** The bounds on connections: their defaults, and the names under which it is counted how often each was met. */
import type { Tally } from './core/tally.ts';

/** Bounds on what a client may take; times in ms, sizes in bytes. */
export interface Limits {
  /** From connecting to HELLO. */
  readonly helloTimeout: number;
  /** From CHALLENGE to AUTHENTICATE, and from either side's word to the verdict. */
  readonly authenticateTimeout: number;
  /** For an authorizer to decide. */
  readonly authorizeTimeout: number;
  /** From the router's GOODBYE to the client's. */
  readonly goodbyeTimeout: number;
  /** A message before WELCOME. */
  readonly handshakeSize: number;
  /** A message after WELCOME. */
  readonly messageSize: number;
  /** A message after WELCOME that is too long, to be dropped as it comes and answered with an ERROR; a longer one ends the session. */
  readonly discardSize: number;
  /** What waits for a client to read it; what becomes of a client that lets more gather, its `SlowConsumerPolicy` says. */
  readonly queueSize: number;
  /**
   * Within this time a client whose queue fills has to read a 16th of `queueSize`, for those who fill it to be held back.
   * Of one that reads less nobody takes account, until its queue is full.
   */
  readonly slowConsumerTimeout: number;
  /**
   * All that the process keeps beyond the messages it came in: testaments, retained events, event history, calls that wait,
   * messages behind an authorizer's decision, bodies of long-polls. 0, the default, for a quarter of what the heap may
   * grow to. Sessions may have half of it, and those of one address a quarter of that half.
   */
  readonly keptSize: number;
  /** The bodies of a long-poll channel that are being sent, or wait for those before them. */
  readonly longPollSize: number;
  /** From one ping to the next; 0 or Infinity for none. */
  readonly pingInterval: number;
  /** From a ping to a sign of life, without which the connection ends; 0 or Infinity for never. */
  readonly pingTimeout: number;
  /** Connections from one address, or, of IPv6, from one network of 64 bits; those of this machine are not counted. */
  readonly connectionsPerAddress: number;
  /** Handshakes under way at a time, of which one address has half at most; the others wait, and addresses take turns. */
  readonly handshakes: number;
  /** Connections that wait for their handshake; one more is refused, and as many may not have asked for one yet. */
  readonly handshakesWaiting: number;
  /** The longest wait for a handshake; who has waited so long is refused. */
  readonly handshakePatience: number;
  /** Messages of a connection; 0, as for all rates, for any number. Of one that sends more, nothing is read for a while. */
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Messages of all connections from one address, counted as `connectionsPerAddress` counts them. */
  readonly messagesPerSecondPerAddress: number;
  readonly bytesPerSecondPerAddress: number;
  /** For how long, all in all, nothing may be read of a client that keeps exceeding its rates, before it is aborted. */
  readonly ratePatience: number;
}

/** Times in ms, sizes in bytes. */
export const DEFAULT_LIMITS: Limits = {
  helloTimeout: 5000,
  authenticateTimeout: 5000,
  authorizeTimeout: 5000,
  goodbyeTimeout: 5000,
  handshakeSize: 64 * 1024,
  messageSize: 1024 * 1024,
  discardSize: 16 * 1024 * 1024,
  queueSize: 8 * 1024 * 1024,
  slowConsumerTimeout: 2000,
  keptSize: 0,
  longPollSize: 8 * 1024 * 1024,
  pingInterval: 10_000,
  pingTimeout: 5000,
  connectionsPerAddress: 1000,
  handshakes: 200,
  handshakesWaiting: 10_000,
  handshakePatience: 30_000,
  messagesPerSecond: 0,
  bytesPerSecond: 0,
  messagesPerSecondPerAddress: 0,
  bytesPerSecondPerAddress: 0,
  ratePatience: 10_000,
};

/** A limit that concerns connections, as {@link LimitTally} counts how often it was met. */
export type LimitName =
  | 'hello_timeout'
  | 'authenticate_timeout'
  | 'handshake_size'
  | 'message_size'
  | 'messages_discarded'
  | 'bytes_discarded'
  | 'ping_timeout'
  | 'connections_per_address'
  | 'handshakes'
  | 'turns_exhausted'
  | 'handshakes_delayed'
  | 'handshakes_evicted'
  | 'connections_dropped'
  | 'producers_held'
  | 'receivers_stuck'
  | 'long_poll_bodies'
  | 'http_bodies'
  | 'kept_per_address'
  | 'rate_delayed'
  | 'rate_exceeded';
/** How often each limit on connections was met. */
export type LimitTally = Tally<LimitName>;
