/** Options that hold for all requests of a session, where they are not given. */

/** The options with the defaults of those that are not set; the same object if there is nothing to add. */
export function withDefaults<O extends object>(
  defaults: object | undefined,
  given: O | undefined,
): O | undefined {
  if (defaults === undefined || given === undefined) return given ?? (defaults as O | undefined);
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(set) } as O;
}
