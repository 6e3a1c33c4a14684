/** Stamps: the order of what happens at several nodes, so that all of them keep the same of two things. */

/** A time (ms since the epoch, or later when the clock is behind), and the run of the node that gave it. */
export interface Stamp {
  readonly time: number;
  readonly node: string;
}

/** Whether a stamp is later than another one. */
export function isLater(one: Stamp, other: Stamp | undefined): boolean {
  if (other === undefined) return true;
  return one.time > other.time || (one.time === other.time && one.node > other.node);
}

/** A hybrid logical clock: later than the clock, and than all stamps that the node has seen. */
export class Stamps {
  #last = 0;

  next(now: number, node: string): Stamp {
    this.#last = Math.max(now, this.#last + 1);
    return { time: this.#last, node };
  }

  see({ time }: Stamp): void {
    this.#last = Math.max(this.#last, time);
  }
}
