/** The list-or-dict rule: what an application hands over, as the payload and the options of a message. */
import { Payload, type Args, type Dict, type Kwargs } from '@wamp/protocol';

function isPlain(value: unknown): value is Kwargs {
  // By tag, not by prototype: an object from another window or realm of JavaScript is as good.
  return Object.prototype.toString.call(value) === '[object Object]';
}

/**
 * @param payload a list is the positional arguments, a plain object the keyword arguments
 * @param kwargs the keyword arguments beside a list
 * @throws TypeError for anything else
 */
export function payloadOf(payload: unknown, kwargs?: unknown): Payload {
  if (kwargs !== undefined && (!isPlain(kwargs) || isPlain(payload))) {
    throw new TypeError('Option kwargs takes a plain object, and goes with a list of positional arguments.');
  }
  if (payload === undefined || Array.isArray(payload)) return Payload.of(payload as Args | undefined, kwargs);
  if (isPlain(payload)) return Payload.of(undefined, payload);
  throw new TypeError('A payload is a list (positional arguments) or a plain object (keyword arguments).');
}

/** @throws TypeError */
export function requireUri(uri: unknown): void {
  if (typeof uri !== 'string') throw new TypeError('A URI is a string.');
}

/**
 * Options as the wire spells them: the ones named, where they are set, `excludeMe` as `exclude_me`,
 * and then `extra` as it is.
 */
export function wireOptions<O extends { readonly extra?: Kwargs | undefined }>(
  options: O,
  names: readonly (keyof O & string)[],
): Dict {
  const wire: Record<string, unknown> = {};
  for (const name of names) {
    const value = options[name];
    if (value !== undefined) wire[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] = value;
  }
  return { ...wire, ...options.extra };
}
