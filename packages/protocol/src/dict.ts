/** Recognizes dicts. */
import type { Dict } from './words.ts';

/** True for a dict of the wire: a plain object. */
export function isDict(value: unknown): value is Dict {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
