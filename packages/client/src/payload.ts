/** The payload of a message from what an application passes: a list, a dict, or both. */
import { Payload, type Args, type Kwargs } from '@wamp/protocol';
import { DICT, fault, FUNCTION, isPlain, demand, TEXT } from './options.ts';
import type { EntryPoint } from './stack.ts';

/**
 * @param payload a list is the positional arguments, a plain object the keyword arguments
 * @param kwargs the keyword arguments beside a list
 * @throws TypeError for anything else
 */
export function payloadOf(payload: unknown, kwargs?: unknown, entry?: EntryPoint): Payload {
  if (kwargs !== undefined) demand(DICT, kwargs, 'Option kwargs', entry);
  if (payload === undefined || Array.isArray(payload)) {
    return Payload.of(payload as Args | undefined, kwargs as Kwargs | undefined);
  }
  if (!isPlain(payload) || kwargs !== undefined) {
    const expected = `a list of positional arguments${kwargs === undefined ? ', or a plain object of keyword arguments' : ' beside kwargs'}`;
    throw fault('The payload', expected, payload, entry);
  }
  return Payload.of(undefined, payload);
}

/** @throws TypeError */
export function requireUri(uri: unknown, entry: EntryPoint): void {
  demand(TEXT, uri, 'The URI', entry);
}

/** @throws TypeError */
export function requireHandler(handler: unknown, entry: EntryPoint): void {
  demand(FUNCTION, handler, 'The handler', entry);
}
