/** Gives each handler its own copy of a payload, which it may modify. */
import { Payload, type Args, type Kwargs } from '@wamp/protocol';

const { args: NO_ARGS, kwargs: NO_KWARGS } = Payload.none;

/** The list itself; the frozen empty one that messages share is replaced. */
export function ownArgs(args: Args): unknown[] {
  return (args === NO_ARGS ? [] : args) as unknown[];
}

/** The dict itself; the frozen empty one that messages share is replaced. */
export function ownKwargs(kwargs: Kwargs): Kwargs {
  return kwargs === NO_KWARGS ? {} : kwargs;
}
