/** What a router may ask of a client: too little helps it to guess the secret, too much keeps the client busy. */
import { rule, type Rule } from '../options.ts';

/** Both ends are allowed. */
export type Bounds = readonly [least: number, most: number];

/** What an option of this type holds. */
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

/** True for what may stand where something is counted. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}
