/** Detects dead connections: probes the router after a period of silence. */
import type { TransportFailure } from '@wamp/protocol';
import { nowBy, type Clock } from './clock.ts';

/** A connection, as the detector sees it. */
export interface Audible {
  /** Set when anything is received, and cleared here. */
  heard: boolean;
  /** Sends a probe that the router has to answer. */
  probe(): void;
  /** Ends the connection. */
  lose(message: string, failure: TransportFailure): void;
}

/** The time limits, in milliseconds. */
export interface KeepAliveTimes {
  readonly idle: number;
  readonly timeout: number;
}

/** The number of checks within an `idle` period. */
const LOOKS = 5;
/** How long the router may take (ms) to answer the probe after a wake-up. */
export const WAKE_TIMEOUT = 5_000;

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
      else
        this.#connection.lose(
          `The router has been silent, and did not answer within ${within} ms.`,
          'silent',
        );
    });
    this.#connection.probe();
  }

  stop(): void {
    this.#stopTimer?.();
  }

  #lookLater(): void {
    const { idle } = this.#times;
    const due = nowBy(this.#clock) + idle / LOOKS;
    this.#again(idle / LOOKS, () => {
      // A timer this late means that the machine was suspended: the connection may be gone.
      if (nowBy(this.#clock) - due > idle) this.probe(Math.min(WAKE_TIMEOUT, this.#times.timeout));
      else this.#look();
    });
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
