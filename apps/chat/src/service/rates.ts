/** Rates: how often an account, or an address, may do what takes space from all others. */

/** So many at once, and one more each `every` ms. */
interface Rate {
  readonly burst: number;
  readonly every: number;
}

/** Accounts from one address. */
const SIGN_UPS: Rate = { burst: 20, every: 3 * 60_000 };
/** Rooms of one account. */
const ROOMS: Rate = { burst: 20, every: 60_000 };
/** Files of one account: all of them share the space. */
const FILES: Rate = { burst: 40, every: 30_000 };
/** KiB of messages of one account: all rooms share one log. In a day that is a third of its 50,000 events at most. */
const MESSAGES: Rate = { burst: 300, every: 5000 };
/** For how many a rate is remembered; beyond that, those who waited longest begin anew. */
const MOST_KEYS = 10_000;

/** The rates of the service. */
export interface Rates {
  readonly signUps: RateLimit;
  readonly rooms: RateLimit;
  readonly files: RateLimit;
  readonly messages: RateLimit;
}

/** @param now the time, in milliseconds of any beginning */
export function serviceRates(now?: () => number): Rates {
  return {
    signUps: new RateLimit(SIGN_UPS, now),
    rooms: new RateLimit(ROOMS, now),
    files: new RateLimit(FILES, now),
    messages: new RateLimit(MESSAGES, now),
  };
}

export class RateLimit {
  readonly #rate: Rate;
  readonly #now: () => number;
  /** For each key, when it will have all of its burst again. */
  readonly #full = new Map<string, number>();

  constructor(rate: Rate, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#now = now;
  }

  /**
   * @param count how many are taken at once, at most the burst
   * @returns how long the key has to wait (ms); 0 if it need not, and then they count
   */
  take(key: string, count = 1): number {
    const { burst, every } = this.#rate;
    const now = this.#now();
    const full = Math.max(now, this.#full.get(key) ?? now) + every * count;
    const wait = full - now - burst * every;
    if (wait > 0) return wait;
    this.#full.delete(key);
    this.#full.set(key, full);
    const [oldest] = this.#full.keys();
    if (this.#full.size > MOST_KEYS && oldest !== undefined) this.#full.delete(oldest);
    return 0;
  }
}
