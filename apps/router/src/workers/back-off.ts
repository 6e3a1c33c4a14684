/** BackOff: how long to wait before what has ended is started again. */

/** The first and the longest wait (ms). */
const FIRST = 100;
const LONGEST = 30_000;
/** What has run for so long (ms) is not in trouble: its next wait is the first one. */
const SOUND = 60_000;

export class BackOff {
  #waits = 0;

  /**
   * The time to wait now (ms): twice the previous one, up to 30 s.
   * @param ranFor how long it had run (ms)
   */
  next(ranFor: number): number {
    if (ranFor >= SOUND) this.#waits = 0;
    const wait = Math.min(FIRST * 2 ** this.#waits, LONGEST);
    this.#waits += 1;
    return wait;
  }
}
