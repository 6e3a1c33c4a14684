/** The result of a procedure: positional and keyword values. */
import { Payload, type Args, type Kwargs } from '@wamp/protocol';
import { ownArgs, ownKwargs } from './own.ts';
import { requirePayload } from '../options.ts';

/** A result with its details. */
export interface Result<V = unknown, K = Kwargs> {
  /** The first positional value; `undefined` if there is none. */
  readonly value: V;
  readonly args: Args;
  readonly kwargs: K;
  /** RESULT.Details, as received. */
  readonly details: Kwargs;
}

/** Recognized by its class, so that a similar object counts as a value. */
export class WholeResult implements Result {
  readonly args: Args;
  readonly kwargs: Kwargs;
  readonly details: Kwargs;

  constructor(args: Args, kwargs: Kwargs, details: Kwargs) {
    this.args = ownArgs(args);
    this.kwargs = ownKwargs(kwargs);
    this.details = details;
  }

  get value(): unknown {
    return this.args[0];
  }
}

/**
 * Returns several positional values, or keyword values, from a procedure. (A returned list is one value.)
 *
 * @throws TypeError if `args` is not a list or `kwargs` not a plain object
 * @example session.register('geo.where', () => result([lat, lon], { accuracy: 5 }));
 */
export function result(args: Args, kwargs: Kwargs = {}): Result {
  requirePayload('result', args, kwargs, result);
  return new WholeResult(args, kwargs, {});
}

/** The payload of YIELD from what a procedure returned: a value, or a `result`. */
export function resultPayload(value: unknown, kwargs?: Kwargs): Payload {
  if (value instanceof WholeResult) return Payload.of(value.args, kwargs ?? value.kwargs);
  return Payload.of(value === undefined ? [] : [value], kwargs);
}
