/** What an element or an option may hold: checks that return the value or throw a ProtocolViolation. */
import { isDict, NO_ENTRIES } from './dict.ts';
import { ProtocolViolation } from './errors.ts';
import { isId, MAX_ID } from './ids.ts';
import { REQUEST_TYPES, type RequestType } from './message-type.ts';
import type { Dict, Id, Uri } from './words.ts';

export { isDict, NO_ENTRIES } from './dict.ts';

/** Returns the value, normalised where serializers differ (a BigInt id becomes a number), or throws a ProtocolViolation. */
export type Check<T> = (value: unknown) => T;
/** Makes the check of a value. `label` names the value in errors: `CALL.Request`. */
export type Field<T> = (label: string) => Check<T>;
/** The type of the values that a field accepts. */
export type Held<F> = F extends Field<infer T> ? T : never;
/** The known keys of a dictionary, and the field of each. */
export type Keys = Readonly<Record<string, Field<unknown>>>;
/** The dictionary of these keys; each key may be absent. */
export type Options<K extends Keys> = Dict & { readonly [N in keyof K]?: Held<K[N]> };
/** The same, with the keys `R` required. */
export type Known<K extends Keys, R extends keyof K> = Options<K> & { readonly [N in R]: Held<K[N]> };

function mismatch(label: string, expected: string, got: string): never {
  throw new ProtocolViolation(`${label}: expected ${expected}, got ${got}`);
}

/** How errors show a value: scalars themselves, anything else by its kind. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  return typeof value === 'object' && value !== null ? kindOf(value) : String(value);
}

/** The kind of a value alone, for errors that may be about a secret. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (ArrayBuffer.isView(value)) return 'binary data';
  return typeof value === 'object' ? 'a dict' : `a ${typeof value}`;
}

function toNumber(value: unknown): unknown {
  return typeof value === 'bigint' && value >= 0n && value <= BigInt(MAX_ID) ? Number(value) : value;
}

/** True for a dict without keys, as nearly all Options and Details are. */
export function isEmpty(dict: Dict): boolean {
  for (const key in dict) if (Object.hasOwn(dict, key)) return false;
  return true;
}

/** An id, 1 … 2^53. */
export const id: Field<Id> = (label) => (value) => {
  if (isId(value)) return value;
  const number = toNumber(value);
  return isId(number) ? number : mismatch(label, 'an id, an integer from 1 to 2^53', shown(value));
};

/** An id, or 0: the router revokes a subscription or registration. */
export const revokingId: Field<Id> = (label) => {
  const check = id(label);
  return (value) => (value === 0 || value === 0n ? 0 : check(value));
};

/** An integer that is not negative. */
export const integer: Field<number> = (label) => (value) => {
  const number = toNumber(value);
  return typeof number === 'number' && Number.isInteger(number) && number >= 0
    ? number
    : mismatch(label, 'an integer that is not negative', shown(value));
};

/** A string. URIs are checked as strings here; isUri checks the rest where they are used. */
export const text: Field<string> = (label) => (value) =>
  typeof value === 'string' ? value : mismatch(label, 'a string', kindOf(value));

/** The realm of HELLO. Null counts as empty: the router chooses the realm. */
export const realm: Field<Uri> = (label) => {
  const check = text(label);
  return (value) => (value === null ? '' : check(value));
};

/** A bool. Integers are refused. */
export const bool: Field<boolean> = (label) => (value) =>
  typeof value === 'boolean' ? value : mismatch(label, 'a bool', shown(value));

/** One of the given words. */
export const oneOf =
  <const W extends string>(...words: readonly W[]): Field<W> =>
  (label) =>
  (value) =>
    words.find((word) => word === value) ?? mismatch(label, `one of ${words.join(', ')}`, shown(value));

/** A list; `item` checks each of its items. */
export const list =
  <T>(item: Field<T>): Field<readonly T[]> =>
  (label) => {
    const check = item(`${label}.item`);
    return (value) => (Array.isArray(value) ? value.map(check) : mismatch(label, 'a list', kindOf(value)));
  };

/** Any value. */
export const anything: Field<unknown> = () => (value) => value;

const requestTypes: ReadonlySet<unknown> = new Set(REQUEST_TYPES);

function isRequestType(value: unknown): value is RequestType {
  return requestTypes.has(value);
}

/** The type of the request that an ERROR answers. */
export const requestType: Field<RequestType> = (label) => (value) =>
  isRequestType(value) ? value : mismatch(label, 'the type of a request, such as 48', shown(value));

/**
 * A dict. Known keys are checked and unknown ones kept. A known key that is null counts as absent. The `required`
 * keys must be present.
 */
export const dict =
  <K extends Keys, R extends keyof K & string = never>(keys: K, ...required: R[]): Field<Known<K, R>> =>
  (label) => {
    const labelOf = (key: string) => (label === '' ? key : `${label}.${key}`);
    const checks = new Map(Object.entries(keys).map(([key, field]) => [key, field(labelOf(key))]));
    return (value) => {
      if (value === NO_ENTRIES && required.length === 0) return NO_ENTRIES as Known<K, R>;
      if (!isDict(value)) return mismatch(label, 'a dict', kindOf(value));
      const checked = checkKeys(value, checks);
      for (const key of required)
        if (!Object.hasOwn(checked, key)) mismatch(labelOf(key), 'a value', 'nothing');
      // Each known key has passed the check that its type is inferred from.
      return checked as Known<K, R>;
    };
  };

/** A dict with any keys. */
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
