/** The bounds of the classes in which turns are counted. */

/** CPU of a turn (ms): fewer than 10, 10 … 25, and so on. */
export const SPREAD: readonly number[] = [10, 25, 50, 100, 500];
