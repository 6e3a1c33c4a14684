/** Generates the URIs of a load. */
import { NUMBER_MARK } from './outgoing.ts';

let spaces = 0;

/** Gives URIs by number; with {@link NUMBER_MARK} instead of one, a URI to patch. */
export type Uris = (number: number | typeof NUMBER_MARK) => string;

/** Creates URIs that no other load uses, in this or any other process, even if they share a router. */
export function newUris(): Uris {
  const space = `bench.p${process.pid}.s${(spaces += 1)}`;
  return (number) => `${space}.n${String(number).padStart(NUMBER_MARK.length, '0')}`;
}
