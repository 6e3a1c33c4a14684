/** The limits on connections: their defaults, and the names under which it is counted how often each was met. */
import type { Tally } from './core/tally.ts';

/** Limits on what a client may use; times in ms, sizes in bytes. */
export interface Limits {
  /** Time from connecting to HELLO. */
  readonly helloTimeout: number;
  /** Time from CHALLENGE to AUTHENTICATE, and from HELLO or AUTHENTICATE to the verdict of the authenticator. */
  readonly authenticateTimeout: number;
  /** Time in which an authorizer has to decide. */
  readonly authorizeTimeout: number;
  /** Time from the router's GOODBYE to the client's. */
  readonly goodbyeTimeout: number;
  /** Size of a message before WELCOME. */
  readonly handshakeSize: number;
  /** Size of a message after WELCOME. */
  readonly messageSize: number;
  /** Size of a message after WELCOME that exceeds `messageSize` but is only dropped, and answered with ERROR; a longer one ends the session. */
  readonly discardSize: number;
  /** Bytes that wait for a client to read them; the `SlowConsumerPolicy` says what happens to a client with more. */
  readonly queueSize: number;
  /**
   * While a client whose queue fills reads at least a 16th of `queueSize` within this time, the sessions that send to it are
   * held back. If it reads less, they are not held back any more, and its queue becomes full.
   */
  readonly slowConsumerTimeout: number;
  /**
   * Bytes of all data that the process keeps beyond the messages in which it arrived: testaments, retained events, event
   * history, calls that wait, messages that wait for an authorizer, bodies of long-polls. 0, the default, stands for a
   * quarter of the maximum size of the heap. Sessions may use half of it, and those of one address a quarter of that half.
   */
  readonly keptSize: number;
  /** Size of the request bodies of a long-poll channel that are being received, or wait for earlier ones. */
  readonly longPollSize: number;
  /** Time from one ping to the next; 0 or Infinity for no pings. */
  readonly pingInterval: number;
  /** Time from a ping to a sign of life; without one, the connection ends. 0 or Infinity for no limit. */
  readonly pingTimeout: number;
  /** Connections from one address, or for IPv6 from one /64 network; connections from this machine are not counted. */
  readonly connectionsPerAddress: number;
  /** Concurrent handshakes, of which one address may have half; further ones wait, and addresses take turns. */
  readonly handshakes: number;
  /** Connections that wait for their handshake; further ones are refused. As many more may be silent still. */
  readonly handshakesWaiting: number;
  /** Time that a connection may wait for its handshake; after that, it is refused. */
  readonly handshakePatience: number;
  /** Messages per second of a connection; 0, as for all rates, for no limit. Reading pauses when it sends more. */
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Messages per second of all connections from one address, as `connectionsPerAddress` defines it. */
  readonly messagesPerSecondPerAddress: number;
  readonly bytesPerSecondPerAddress: number;
  /** Total time for which reading from a client that keeps exceeding its rates may pause before it is aborted. */
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

/** The name of a limit on connections, under which {@link LimitTally} counts how often it was met. */
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
  | 'realms'
  | 'realms_per_address'
  | 'turns_exhausted'
  | 'handshakes_delayed'
  | 'handshakes_evicted'
  | 'connections_dropped'
  | 'producers_held'
  | 'receivers_stuck'
  | 'long_poll_bodies'
  | 'http_bodies'
  | 'kept_per_address'
  | 'arriving_messages'
  | 'rate_delayed'
  | 'rate_exceeded';
/** The number of times that each limit on connections was met. */
export type LimitTally = Tally<LimitName>;
