/**
 * Bounds for the parameters of a CHALLENGE: weak ones help the router to guess the secret, high ones overload the
 * client.
 */
import { rule, type Rule } from '../options.ts';

/** Inclusive bounds. */
export type Bounds = readonly [least: number, most: number];

/** The rule for an option of this type. */
export const BOUNDS: Rule = rule(
  'bounds, [least, most]',
  (value) =>
    Array.isArray(value) && value.length === 2 && value.every(Number.isFinite) && value[0] <= value[1],
);

/** @throws RangeError that names the bounds */
export function checkBounds(what: string, value: number, [least, most]: Bounds): void {
  if (value >= least && value <= most) return;
  throw new RangeError(
    `The router asks for ${what} at a cost of ${value}; allowed is ${least} to ${most} (option bounds).`,
  );
}

/** True for a count: a positive integer. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}
