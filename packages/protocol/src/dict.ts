/** Recognizes dicts, and holds the one without keys. */
import type { Dict } from './words.ts';

/** The one dict without keys. */
export const NO_ENTRIES: Dict = Object.freeze({});

/** True for a dict of the wire: a plain object. */
export function isDict(value: unknown): value is Dict {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
