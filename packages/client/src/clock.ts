/** Interface Clock: time and timers, which tests replace. */

/** Time and timers. Tests pass a clock that they advance by hand. */
export interface Clock {
  /** Calls `fire` once after `ms` milliseconds. Returns a function that cancels it. */
  after(ms: number, fire: () => void): () => void;
  /** Milliseconds since 1970. Default: those of the system. */
  now?(): number;
}

/** The time of a clock. */
export function nowBy(clock: Clock): number {
  return clock.now?.() ?? Date.now();
}

/** The maximum delay of setTimeout; it fires a longer one at once. */
const LONGEST = 2 ** 31 - 1;

/** The clock of the runtime. */
export const systemClock: Clock = {
  after(ms, fire) {
    const timer = setTimeout(fire, Math.min(ms, LONGEST));
    return () => clearTimeout(timer);
  },
};
