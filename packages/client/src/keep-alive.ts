/** Detects dead connections: probes the router after a period of silence. */
import type { Clock } from './clock.ts';

/** A connection, as the detector sees it. */
export interface Audible {
  /** Set when anything is received, and cleared here. */
  heard: boolean;
  /** Sends a probe that the router has to answer. */
  probe(): void;
  /** Ends the connection. */
  lose(message: string): void;
}

/** The time limits, in milliseconds. */
export interface KeepAliveTimes {
  readonly idle: number;
  readonly timeout: number;
}

/** The number of checks within an `idle` period. */
const LOOKS = 5;

export class KeepAlive {
  readonly #connection: Audible;
  readonly #times: KeepAliveTimes;
  readonly #clock: Clock;
  #stopTimer: (() => void) | undefined;
  /** The number of consecutive checks without traffic. */
  #silent = 0;

  constructor(connection: Audible, times: KeepAliveTimes, clock: Clock) {
    this.#connection = connection;
    this.#times = times;
    this.#clock = clock;
    connection.heard = false;
    this.#lookLater();
  }

  /** Probes now. @param within time limit of the answer (ms). Default: option `timeout` */
  probe(within: number = this.#times.timeout): void {
    this.#connection.heard = false;
    this.#silent = 0;
    this.#again(within, () => {
      if (this.#connection.heard) this.#lookLater();
      else this.#connection.lose(`The router has been silent, and did not answer within ${within} ms.`);
    });
    this.#connection.probe();
  }

  stop(): void {
    this.#stopTimer?.();
  }

  #lookLater(): void {
    this.#again(this.#times.idle / LOOKS, () => this.#look());
  }

  #look(): void {
    this.#silent = this.#connection.heard ? 0 : this.#silent + 1;
    this.#connection.heard = false;
    if (this.#silent < LOOKS) this.#lookLater();
    else this.probe();
  }

  #again(ms: number, fire: () => void): void {
    this.#stopTimer?.();
    this.#stopTimer = this.#clock.after(ms, fire);
  }
}
