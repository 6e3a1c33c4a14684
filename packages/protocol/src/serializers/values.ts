/** Outgoing values: refuses those that no format can write, and replaces those that a format writes in its own way. */
import { SerializationFailure } from '../errors.ts';
import type { Dict } from '../words.ts';
import { MAX_DEPTH } from '../serializer.ts';

/** How one format writes the values in which formats differ. Each function returns a value or throws. */
export interface Dialect {
  readonly text: (value: string) => unknown;
  readonly number: (value: number) => unknown;
  readonly bigint: (value: bigint) => unknown;
  readonly bytes: (value: Uint8Array) => unknown;
  readonly date: (value: Date) => unknown;
  /** Checks a key of a dict. */
  readonly key: (key: string) => void;
}

/**
 * The value as `dialect` writes it: the value itself when nothing has to change, else a copy. It is nested in `depth` lists
 * and dicts.
 * @throws SerializationFailure for functions, symbols, maps and the like, and for values that nest deeper than MAX_DEPTH
 */
export function outgoing(value: unknown, dialect: Dialect, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return dialect.text(value);
    case 'number':
      return dialect.number(value);
    case 'bigint':
      return dialect.bigint(value);
    case 'boolean':
      return value;
    case 'undefined':
      return null;
    case 'object':
      return value === null ? null : outgoingObject(value, dialect, depth);
    default:
      throw new SerializationFailure(`cannot write a ${typeof value}`);
  }
}

function outgoingObject(value: object, dialect: Dialect, depth: number): unknown {
  // A cycle nests infinitely, so this check also finds cycles.
  if (depth >= MAX_DEPTH) {
    throw new SerializationFailure(`a value nests deeper than ${MAX_DEPTH} levels, or contains itself`);
  }
  if (Array.isArray(value)) return outgoingList(value, dialect, depth + 1);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) {
    return outgoingDict(value as Dict, dialect, depth + 1);
  }
  return outgoingInstance(value, dialect, depth);
}

function outgoingList(list: readonly unknown[], dialect: Dialect, depth: number): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index += 1) {
    const before = list[index];
    const after = outgoing(before, dialect, depth);
    if (after === before) continue;
    copy ??= [...list];
    copy[index] = after;
  }
  return copy ?? list;
}

function outgoingDict(dict: Dict, dialect: Dialect, depth: number): Dict {
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(dict)) {
    const before = dict[key];
    dialect.key(key);
    const after = outgoing(before, dialect, depth);
    if (after === before) continue;
    copy ??= { ...dict };
    // As in JSON: undefined becomes null in a list, and a dict loses the key.
    if (before === undefined) Reflect.deleteProperty(copy, key);
    else copy[key] = after;
  }
  return copy ?? dict;
}

/** Bytes, dates, objects with `toJSON`, and instances of application classes, which are written as dicts. */
function outgoingInstance(value: object, dialect: Dialect, depth: number): unknown {
  if (ArrayBuffer.isView(value)) return dialect.bytes(bytesOf(value));
  if (value instanceof ArrayBuffer) return dialect.bytes(new Uint8Array(value));
  if (value instanceof Date) return dialect.date(value);
  if (hasToJson(value)) return outgoing(value.toJSON(), dialect, depth + 1);
  const tag = Object.prototype.toString.call(value);
  if (tag !== '[object Object]') {
    throw new SerializationFailure(`cannot write a ${tag.slice(8, -1)}`);
  }
  return outgoingDict({ ...value }, dialect, depth + 1);
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  if (view instanceof Uint8Array) return view;
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function hasToJson(value: object): value is { toJSON: () => unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}
