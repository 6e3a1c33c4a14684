/** What a connection needs of the router it belongs to. */
import type { Tally } from '../core/tally.ts';
import type { Connection } from './connection.ts';
import type { JoiningRouter } from './joining.ts';
import type { Outlets } from './outlet.ts';

/** How serious a log entry is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
/** Takes log entries: a few words and the facts. */
export type Log = (level: LogLevel, what: string, facts: Readonly<Record<string, unknown>>) => void;

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
  /** What waits for a client to read it; what becomes of a client that lets more gather, its `SlowConsumerPolicy` says. */
  readonly queueSize: number;
  /** From one ping to the next; 0 or Infinity for none. */
  readonly pingInterval: number;
  /** From a ping to a sign of life, without which the connection ends; 0 or Infinity for never. */
  readonly pingTimeout: number;
}

/** A limit that concerns connections, as {@link LimitTally} counts how often it was met. */
export type LimitName = 'ping_timeout';
export type LimitTally = Tally<LimitName>;

export interface ConnectionRouter extends JoiningRouter {
  readonly strictRequestIds: boolean;
  readonly limits: Limits;
  readonly outlets: Outlets;
  /** A connection is over. */
  disconnected(connection: Connection): void;
}
