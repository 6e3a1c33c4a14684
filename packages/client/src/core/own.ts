/** Gives each handler its own copy of a payload, which it may modify. */
import { Payload } from '@wamp/protocol';

const { args: NO_ARGS, kwargs: NO_KWARGS } = Payload.none;

/** The value itself; the frozen empty value that messages share is replaced by `empty`. */
export function own<T extends object>(value: T, empty: T): T {
  return value === NO_KWARGS || value === NO_ARGS ? empty : value;
}
