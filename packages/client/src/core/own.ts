/** Gives each handler its own copy of a payload, which it may modify. */

/** The value itself; the frozen empty value that messages share is replaced by `empty`. */
export function own<T extends object>(value: T, empty: T): T {
  return Object.isFrozen(value) ? empty : value;
}
