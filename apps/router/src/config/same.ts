/** Compares values of configurations. */
import { KeyObject } from 'node:crypto';

/** True if the values are equal: keys and bytes by content, lists and mappings recursively. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof KeyObject) return b instanceof KeyObject && a.equals(b);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a instanceof Map) return b instanceof Map && sameEntries(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  return sameEntries(new Map(Object.entries(a)), new Map(Object.entries(b)));
}

function sameEntries(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.has(key) && same(value, b.get(key)));
}

/** The keys whose values differ; those of both mappings, in the order of the first. */
export function differing<T extends object>(a: T, b: T): readonly (keyof T & string)[] {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof T & string>;
  return [...keys].filter((key) => !same(a[key], b[key]));
}
