/** Computes the sizes of the rings in which loads keep track of messages in transit. */

/** A power of two with room for `window` messages that end in any order. */
export function ringSize(window: number): number {
  return 2 ** Math.ceil(Math.log2(4 * window));
}
