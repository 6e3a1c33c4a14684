/** What a procedure gives back, whole: positional and keyword values. */
import { Payload, type Args, type Kwargs } from '@wamp/protocol';
import { own } from './own.ts';
import { requirePayload } from '../options.ts';

/** A result with everything that came with it. */
export interface Result<V = unknown, K = Kwargs> {
  /** The first positional value, `undefined` when there is none. */
  readonly value: V;
  readonly args: Args;
  readonly kwargs: K;
  /** Details of the RESULT, as they came. */
  readonly details: Kwargs;
}

/** Recognised by its class, so that an object that merely looks like it is a value of its own. */
export class WholeResult implements Result {
  readonly args: Args;
  readonly kwargs: Kwargs;
  readonly details: Kwargs;

  constructor(args: Args, kwargs: Kwargs, details: Kwargs) {
    this.args = own(args, []);
    this.kwargs = own(kwargs, {});
    this.details = details;
  }

  get value(): unknown {
    return this.args[0];
  }
}

/**
 * What a procedure returns when one value is not enough: several positional values, or keyword
 * values. (A list that is simply returned is one value, a list.)
 *
 * @throws TypeError for what is no list and no plain object
 * @example session.register('geo.where', () => result([lat, lon], { accuracy: 5 }));
 */
export function result(args: Args, kwargs: Kwargs = {}): Result {
  requirePayload('result', args, kwargs, result);
  return new WholeResult(args, kwargs, {});
}

/** What a procedure gives, as the payload of YIELD: a value, or a whole result. */
export function resultPayload(value: unknown, kwargs?: Kwargs): Payload {
  if (value instanceof WholeResult) return Payload.of(value.args, kwargs ?? value.kwargs);
  return Payload.of(value === undefined ? [] : [value], kwargs);
}
