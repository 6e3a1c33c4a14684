/** Time, injected: the timers of the client. */

/** Runs things later. Tests pass one that they move by hand. */
export interface Clock {
  /** Calls `fire` once after `ms` milliseconds, unless the function returned is called before. */
  after(ms: number, fire: () => void): () => void;
  /** Milliseconds since 1970: default the system's. */
  now?(): number;
}

/** The time, by a clock. */
export function nowBy(clock: Clock): number {
  return clock.now?.() ?? Date.now();
}

/** The longest that setTimeout waits; beyond it fires at once. */
const LONGEST = 2 ** 31 - 1;

/** The clock of the runtime. */
export const systemClock: Clock = {
  after(ms, fire) {
    const timer = setTimeout(fire, Math.min(ms, LONGEST));
    return () => clearTimeout(timer);
  },
};
