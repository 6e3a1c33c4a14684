/** What an element or an option may hold: checks that return the value or throw a ProtocolViolation. */
import { ProtocolViolation } from './errors.ts';
import { isId, MAX_ID } from './ids.ts';
import { REQUEST_TYPES, type RequestType } from './message-type.ts';
import type { Dict, Id, Uri } from './words.ts';

/** Returns the value, normalised where wires differ (a BigInt id becomes a number), or throws. */
export type Check<T> = (value: unknown) => T;
/** What a value may be. Given the label that errors call the value by, such as `CALL.Request`, it makes the check. */
export type Field<T> = (label: string) => Check<T>;
/** What a field lets pass. */
export type Held<F> = F extends Field<infer T> ? T : never;
/** The known keys of a dictionary, and what each holds. */
export type Keys = Readonly<Record<string, Field<unknown>>>;
/** A dictionary with some known keys, each of which may be missing. */
export type Options<K extends Keys> = Dict & { readonly [N in keyof K]?: Held<K[N]> };
/** The same, where the keys `R` may not be missing. */
export type Known<K extends Keys, R extends keyof K> = Options<K> & { readonly [N in R]: Held<K[N]> };

function mismatch(label: string, expected: string): never {
  throw new ProtocolViolation(`${label}: expected ${expected}`);
}

function toNumber(value: unknown): unknown {
  return typeof value === 'bigint' && value >= 0n && value <= BigInt(MAX_ID) ? Number(value) : value;
}

/** True for what the wire calls a dict. */
export function isDict(value: unknown): value is Dict {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A dict without keys, for all who need one. */
export const NO_ENTRIES: Dict = Object.freeze({});

/** True for a dict without keys, as nearly all Options and Details are. */
export function isEmpty(dict: Dict): boolean {
  for (const key in dict) if (Object.hasOwn(dict, key)) return false;
  return true;
}

/** An id, 1 … 2^53. */
export const id: Field<Id> = (label) => (value) => {
  if (isId(value)) return value;
  const number = toNumber(value);
  return isId(number) ? number : mismatch(label, 'an id, an integer from 1 to 2^53');
};

/** An id, or the 0 with which a router revokes. */
export const revokingId: Field<Id> = (label) => {
  const check = id(label);
  return (value) => (value === 0 || value === 0n ? 0 : check(value));
};

/** An integer that is not negative. */
export const integer: Field<number> = (label) => (value) => {
  const number = toNumber(value);
  return typeof number === 'number' && Number.isInteger(number) && number >= 0
    ? number
    : mismatch(label, 'an integer that is not negative');
};

/** A string; URIs are strings here, and judged where they are used. */
export const text: Field<string> = (label) => (value) =>
  typeof value === 'string' ? value : mismatch(label, 'a string');

/** The realm of HELLO: null counts as empty, and leaves the choice to the router. */
export const realm: Field<Uri> = (label) => {
  const check = text(label);
  return (value) => (value === null ? '' : check(value));
};

/** A bool; an integer is none. */
export const bool: Field<boolean> = (label) => (value) =>
  typeof value === 'boolean' ? value : mismatch(label, 'a bool');

/** One of a few words. */
export const oneOf =
  <const W extends string>(...words: readonly W[]): Field<W> =>
  (label) =>
  (value) =>
    words.find((word) => word === value) ?? mismatch(label, `one of ${words.join(', ')}`);

/** A list whose items are all alike. */
export const list =
  <T>(item: Field<T>): Field<readonly T[]> =>
  (label) => {
    const check = item(`${label}.item`);
    return (value) => (Array.isArray(value) ? value.map(check) : mismatch(label, 'a list'));
  };

/** Anything at all. */
export const anything: Field<unknown> = () => (value) => value;

const requestTypes: ReadonlySet<unknown> = new Set(REQUEST_TYPES);

function isRequestType(value: unknown): value is RequestType {
  return requestTypes.has(value);
}

/** The type of the request that an ERROR answers. */
export const requestType: Field<RequestType> = (label) => (value) =>
  isRequestType(value) ? value : mismatch(label, 'the type of a request');

/**
 * A dict. Its known keys are checked, unknown ones are carried along, and a known key that is null
 * counts as absent. `required` keys must be there.
 */
export const dict =
  <K extends Keys, R extends keyof K & string = never>(keys: K, ...required: R[]): Field<Known<K, R>> =>
  (label) => {
    const labelOf = (key: string) => (label === '' ? key : `${label}.${key}`);
    const checks = new Map(Object.entries(keys).map(([key, field]) => [key, field(labelOf(key))]));
    return (value) => {
      if (value === NO_ENTRIES && required.length === 0) return NO_ENTRIES as Known<K, R>;
      if (!isDict(value)) return mismatch(label, 'a dict');
      const checked = checkKeys(value, checks);
      for (const key of required) if (!Object.hasOwn(checked, key)) mismatch(labelOf(key), 'to be there');
      // Each known key has passed the check that its type is inferred from.
      return checked as Known<K, R>;
    };
  };

/** A dict none of whose keys is known. */
export const anyDict: Field<Dict> = dict({});

/** Checks the known keys; copies the dict only when one of them has to change. */
function checkKeys(value: Dict, checks: ReadonlyMap<string, Check<unknown>>): Dict {
  let result = value;
  for (const key of Object.keys(value)) {
    const check = checks.get(key);
    if (check === undefined) continue;
    const before = value[key];
    const after = before === null || before === undefined ? undefined : check(before);
    if (after === before && after !== undefined && !Array.isArray(after)) continue;
    result = replaced(result === value ? { ...value } : result, key, after);
  }
  return result;
}

function replaced(copy: Dict, key: string, value: unknown): Dict {
  if (value === undefined) {
    const { [key]: _absent, ...rest } = copy;
    return rest;
  }
  return { ...copy, [key]: value };
}
