/** Finds out that a path has fallen silent: who says nothing for a while is asked for a sign of life. */
import type { Clock } from './clock.ts';

/** A connection, as far as silence is concerned. */
export interface Audible {
  /** Set by whatever comes from the other side, and cleared here. */
  heard: boolean;
  /** Asks for something that the other side has to answer. */
  probe(): void;
  /** Gives it up. */
  lose(message: string): void;
}

/** How long silence may last, in milliseconds. */
export interface KeepAliveTimes {
  readonly idle: number;
  readonly timeout: number;
}

/** A silence of `idle` is looked at so many times. */
const LOOKS = 5;

export class KeepAlive {
  readonly #connection: Audible;
  readonly #times: KeepAliveTimes;
  readonly #clock: Clock;
  #stopTimer: (() => void) | undefined;
  /** How many looks in a row have found nothing. */
  #silent = 0;

  constructor(connection: Audible, times: KeepAliveTimes, clock: Clock) {
    this.#connection = connection;
    this.#times = times;
    this.#clock = clock;
    connection.heard = false;
    this.#lookLater();
  }

  /** Asks now. @param within milliseconds that the answer may take: default the option's */
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
