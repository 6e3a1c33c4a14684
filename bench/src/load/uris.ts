/** URIs of a load. */
import { NUMBER_MARK } from './outgoing.ts';

let spaces = 0;

/** Gives URIs by number; with {@link NUMBER_MARK} instead of one, a URI to patch. */
export type Uris = (number: number | typeof NUMBER_MARK) => string;

/** Those of another load, also of another process, never meet these, whatever router they share. */
export function newUris(): Uris {
  const space = `bench.p${process.pid}.s${(spaces += 1)}`;
  return (number) => `${space}.n${String(number).padStart(NUMBER_MARK.length, '0')}`;
}
