/** Whose a payload is: what a function of the application is given belongs to it, to change as it likes. */

/** The value, decoded for one receiver; for one that all receivers share, since it is empty, another. */
export function own<T extends object>(value: T, empty: T): T {
  return Object.isFrozen(value) ? empty : value;
}
