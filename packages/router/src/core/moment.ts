/** Moment: a time of the monotonic clock, as two small integers. */

/** Microseconds in an era. V8 stores integers below 2^30 in place; any other number would be an object of its own. */
const ERA = 2 ** 30;

/** A time in microseconds: `era` × 2^30 + `micros`. */
export interface Moment {
  readonly era: number;
  readonly micros: number;
}

/** A moment that can be moved, so that reading the clock allocates no new one. */
export class MovingMoment implements Moment {
  era = 0;
  micros = 0;

  /** @param elapsed by the monotonic clock, in ms */
  moveTo(elapsed: number): void {
    const micros = Math.floor(elapsed * 1000);
    // `| 0` tells V8 that the results are integers.
    this.era = Math.floor(micros / ERA) | 0;
    this.micros = (micros - this.era * ERA) | 0;
  }
}

/** Microseconds from one moment to a later one. */
export function microsBetween(since: Moment, until: Moment): number {
  return (until.era - since.era) * ERA + until.micros - since.micros;
}
