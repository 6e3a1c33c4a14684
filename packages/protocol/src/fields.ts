/** What an element or an option may hold: checks that return the value or throw a ProtocolViolation. */
import { ProtocolViolation } from './errors.ts';
import { isId, MAX_ID } from './ids.ts';
import { MessageType, type RequestType } from './message.ts';
import type { Dict, Id, Uri } from './words.ts';

/** Returns the value, normalised where wires differ (a BigInt id becomes a number), or throws. */
export type Check<T> = (value: unknown) => T;
/** A check that still needs to know what it checks: `CALL.Request`, to say so when it fails. */
export type Field<T> = (owner: string) => Check<T>;
/** The known keys of an Options or Details dictionary. */
export type Keys = Readonly<Record<string, Field<unknown>>>;

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
export const id =
  (name: string): Field<Id> =>
  (owner) => {
    const label = `${owner}.${name}`;
    return (value) => {
      if (isId(value)) return value;
      const number = toNumber(value);
      return isId(number) ? number : mismatch(label, 'an id, an integer from 1 to 2^53');
    };
  };

/** An id, or the 0 with which a router revokes. */
export const revokingId = (name: string): Field<Id> => {
  const nonZero = id(name);
  return (owner) => {
    const check = nonZero(owner);
    return (value) => (value === 0 || value === 0n ? 0 : check(value));
  };
};

/** An integer that is not negative. */
export const integer =
  (name: string): Field<number> =>
  (owner) => {
    const label = `${owner}.${name}`;
    return (value) => {
      const number = toNumber(value);
      return typeof number === 'number' && Number.isInteger(number) && number >= 0
        ? number
        : mismatch(label, 'an integer that is not negative');
    };
  };

/** A string; URIs are strings here, and judged where they are used. */
export const text =
  (name: string): Field<string> =>
  (owner) => {
    const label = `${owner}.${name}`;
    return (value) => (typeof value === 'string' ? value : mismatch(label, 'a string'));
  };

/** The realm of HELLO: null counts as empty, and leaves the choice to the router. */
export const realm = (name: string): Field<Uri> => {
  const string = text(name);
  return (owner) => {
    const check = string(owner);
    return (value) => (value === null ? '' : check(value));
  };
};

/** A bool; an integer is none. */
export const bool =
  (name: string): Field<boolean> =>
  (owner) => {
    const label = `${owner}.${name}`;
    return (value) => (typeof value === 'boolean' ? value : mismatch(label, 'a bool'));
  };

/** One of a few words. */
export const oneOf =
  <const W extends string>(name: string, words: readonly W[]): Field<W> =>
  (owner) => {
    const label = `${owner}.${name}`;
    return (value) => words.find((word) => word === value) ?? mismatch(label, `one of ${words.join(', ')}`);
  };

/** A list whose items all pass the same check. */
export const list = <T>(name: string, item: (name: string) => Field<T>): Field<readonly T[]> => {
  return (owner) => {
    const label = `${owner}.${name}`;
    const check = item('item')(label);
    return (value) => (Array.isArray(value) ? value.map(check) : mismatch(label, 'a list'));
  };
};

/** Anything at all. */
export const anything = (): Field<unknown> => () => (value) => value;

/**
 * A dict. Its known keys are checked, unknown ones are carried along, and a known key that is null
 * counts as absent. `required` keys must be there.
 */
export const dict =
  <T extends Dict>(name: string, keys: Keys = {}, required: readonly string[] = []): Field<T> =>
  (owner) => {
    const label = owner === '' ? name : `${owner}.${name}`;
    const checks = new Map(Object.entries(keys).map(([key, field]) => [key, field(label)]));
    return (value) => {
      if (value === NO_ENTRIES && required.length === 0) return NO_ENTRIES as T;
      if (!isDict(value)) return mismatch(label, 'a dict');
      const checked = checkKeys(value, checks);
      for (const key of required) {
        if (!Object.hasOwn(checked, key)) mismatch(`${label}.${key}`, 'to be there');
      }
      // The checks above are the proof of T: each known key holds what its interface says.
      return checked as T;
    };
  };

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

const REQUEST_TYPES: ReadonlySet<unknown> = new Set<RequestType>([
  MessageType.PUBLISH,
  MessageType.SUBSCRIBE,
  MessageType.UNSUBSCRIBE,
  MessageType.CALL,
  MessageType.REGISTER,
  MessageType.UNREGISTER,
  MessageType.INVOCATION,
  MessageType.YIELD,
]);

/** The type of the request that an ERROR answers. */
export const requestType =
  (name: string): Field<RequestType> =>
  (owner) => {
    const label = `${owner}.${name}`;
    const known = (value: unknown): value is RequestType => REQUEST_TYPES.has(value);
    return (value) => (known(value) ? value : mismatch(label, 'the type of a request'));
  };

/** An element that may be missing at the end of its message. */
export const optional =
  <T>(field: Field<T>): Field<T | undefined> =>
  (owner) => {
    const check = field(owner);
    return (value) => (value === undefined ? undefined : check(value));
  };
