/** Converts values to JSON and back with the engine's writer and reader where possible; a small version of json-values.ts. */
import { isDict } from '../dict.ts';
import { SerializationFailure } from '../errors.ts';
import { MAX_ID } from '../ids.ts';
import { MAX_DEPTH } from '../serializer.ts';

declare const atob: (text: string) => string;
declare const btoa: (text: string) => string;

/**
 * A placeholder for -0, which JSON.stringify would write without its sign. No other string is equal to it: strings that
 * start with U+0000 are refused, except for those that continue with base64.
 */
const NEGATIVE_ZERO = '\0-0';
/** The placeholder as a whole value: not the end of another string, and not a key. */
const WRITTEN_ZERO = /(?<!\\)"\\u0000-0"(?!:)/g;

/** Writes a value. @throws SerializationFailure */
export function writeJson(value: unknown): string {
  try {
    if (isPlain(value, 0)) return JSON.stringify(value);
    const text = JSON.stringify(value, replaced);
    if (nestsDeeper(JSON.parse(text), MAX_DEPTH)) refuse(TOO_DEEP);
    return text.replace(WRITTEN_ZERO, '-0');
  } catch (cause) {
    if (cause instanceof SerializationFailure) throw cause;
    throw new SerializationFailure('JSON: cannot write this value, see cause', { cause });
  }
}

const TOO_DEEP = `a value that nests deeper than ${MAX_DEPTH} levels, or contains itself`;

function refuse(what: string): never {
  throw new SerializationFailure(`JSON: cannot write ${what}`);
}

/** Whether JSON.stringify writes the value correctly. @throws SerializationFailure for a value that is nested too deeply */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
      return value.charCodeAt(0) !== 0;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'object':
      return value === null || holdsPlain(value, depth);
    default:
      return typeof value === 'boolean' || value === undefined;
  }
}

function holdsPlain(value: object, depth: number): boolean {
  const isList = Array.isArray(value);
  if (!isList && !isDict(value)) return false;
  if (depth >= MAX_DEPTH) refuse(TOO_DEEP);
  const items: readonly unknown[] = isList ? value : Object.values(value);
  for (const item of items) if (!isPlain(item, depth + 1)) return false;
  return true;
}

/** The value that JSON.stringify writes in place of another. @throws SerializationFailure */
function replaced(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const own = this[key];
  // JSON.stringify has called `toJSON` of a Buffer before.
  if (ArrayBuffer.isView(own)) return toText(new Uint8Array(own.buffer, own.byteOffset, own.byteLength));
  switch (typeof value) {
    case 'string':
      return value.charCodeAt(0) === 0 ? refuse('a string that starts with U+0000') : value;
    case 'number':
      if (Object.is(value, -0)) return NEGATIVE_ZERO;
      return Number.isFinite(value) ? value : refuse(String(value));
    case 'bigint':
      return value >= -MAX_ID && value <= MAX_ID ? Number(value) : refuse('an integer beyond 2^53');
    case 'object':
      return value === null ? replacedNull(own) : replacedObject(value);
    case 'boolean':
    case 'undefined':
      return value;
    default:
      return refuse(`a ${typeof value}`);
  }
}

/** JSON.stringify writes an invalid Date as null. */
function replacedNull(before: unknown): null {
  return before instanceof Date ? refuse('an invalid Date') : null;
}

function replacedObject(value: object): unknown {
  if (value instanceof ArrayBuffer) return toText(new Uint8Array(value));
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  return Array.isArray(value) || kind === 'Object' ? value : refuse(`a ${kind}`);
}

/** BIN-1: U+0000 and base64. */
function toText(bytes: Uint8Array): string {
  return `\0${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}`;
}

/** Reads a value. @throws SyntaxError */
export function readJson(text: string): unknown {
  return text.includes('\\u0000') ? JSON.parse(text, revive) : JSON.parse(text);
}

/** BIN-2: U+0000 and base64 stand for bytes; any other string is a string. */
function revive(_key: string, value: unknown): unknown {
  if (
    typeof value !== 'string' ||
    !/^\0(?:[\d+/A-Za-z]{4})*(?:[\d+/A-Za-z]{2}==|[\d+/A-Za-z]{3}=)?$/.test(value)
  )
    return value;
  return Uint8Array.from(atob(value.slice(1)), (octet) => octet.charCodeAt(0));
}

/** Whether lists and dicts are nested more than `most` levels deep. */
export function nestsDeeper(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  return most === 0 || Object.values(value).some((each) => nestsDeeper(each, most - 1));
}
