/** Values in JSON; binary data is a string of U+0000 and base64 (spec: Binary conversion of JSON Strings). */
import { SerializationFailure } from '../errors.ts';
import { isDict, isEmpty, NO_ENTRIES } from '../fields.ts';
import type { FrameWriter } from '../frame-writer.ts';
import { MAX_ID } from '../ids.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { BACKSLASH, DICT_END, DICT_START, QUOTE, ZERO } from './json-skip.ts';
import { outgoing, type Dialect } from './values.ts';

/**
 * A placeholder for -0, which JSON.stringify would write without its sign. No other string is equal to it: strings that
 * start with U+0000 are refused, except for those that continue with base64.
 */
const NEGATIVE_ZERO = '\0-0';
/** The placeholder as a whole value: not the end of another string, and not a key. */
const WRITTEN_ZERO = /(?<!\\)"\\u0000-0"(?!:)/g;
/** How many placeholders have been inserted so far. */
let negativeZeros = 0;

function negativeZero(): string {
  negativeZeros += 1;
  return NEGATIVE_ZERO;
}

const dialect: Dialect = {
  text: (value) => {
    if (value.charCodeAt(0) !== 0) return value;
    throw new SerializationFailure('JSON: a string that starts with U+0000 would be read as binary data');
  },
  number: (value) => {
    if (value === 0 && 1 / value < 0) return negativeZero();
    if (Number.isFinite(value)) return value;
    throw new SerializationFailure(`JSON: cannot write ${value}`);
  },
  bigint: (value) => {
    if (value >= -MAX_ID && value <= MAX_ID) return Number(value);
    throw new SerializationFailure('JSON: cannot write an integer beyond 2^53 exactly');
  },
  bytes: (value) => `\0${toBase64(value)}`,
  date: (value) => {
    if (!Number.isNaN(value.getTime())) return value.toJSON();
    throw new SerializationFailure('JSON: cannot write an invalid Date');
  },
  key: () => undefined,
};

/** The value as text, nested in `depth` lists and dicts. @throws SerializationFailure */
export function stringify(value: unknown, depth: number): string {
  const before = negativeZeros;
  const written = outgoing(value, dialect, depth);
  const isSigned = negativeZeros !== before;
  try {
    const text = JSON.stringify(written);
    return isSigned ? text.replace(WRITTEN_ZERO, '-0') : text;
  } catch (error) {
    throw new SerializationFailure('JSON: cannot write this value, see cause', { cause: error });
  }
}

/** Writes an element of an envelope, with fast paths for the most frequent kinds. @throws SerializationFailure */
export function writeElement(writer: FrameWriter, element: unknown): void {
  if (typeof element === 'number' && Number.isInteger(element)) writeInteger(writer, element);
  else if (typeof element === 'string' && writePlain(writer, element)) return;
  else if (element === NO_ENTRIES || (isDict(element) && isEmpty(element))) {
    writer.octet(DICT_START);
    writer.octet(DICT_END);
  } else writer.text(stringify(element, 1));
}

/** Integers up to this one are divided with 32-bit arithmetic. */
const SMALL = 0x7fffffff;

function writeInteger(writer: FrameWriter, value: number): void {
  if (value < 0 || value > SMALL) {
    writer.ascii(String(value));
    return;
  }
  let width = 1;
  for (let rest = value; rest >= 10; rest = (rest / 10) | 0) width += 1;
  writer.reserve(width);
  const { bytes, at } = writer;
  let rest = value;
  for (let index = at + width - 1; index >= at; index -= 1) {
    const tens = (rest / 10) | 0;
    bytes[index] = ZERO + rest - 10 * tens;
    rest = tens;
  }
  writer.at += width;
}

/** Writes a string that needs no escapes. @returns false, without a change, for any other string */
function writePlain(writer: FrameWriter, text: string): boolean {
  const { length } = text;
  writer.reserve(length + 2);
  const { bytes, at } = writer;
  for (let index = 0; index < length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20 || unit > 0x7e || unit === QUOTE || unit === BACKSLASH) return false;
    bytes[at + 1 + index] = unit;
  }
  bytes[at] = QUOTE;
  bytes[at + 1 + length] = QUOTE;
  writer.at += length + 2;
  return true;
}

/** The value of a text that the scanner has checked. */
export function parse(text: string): unknown {
  return text.includes('\\u0000') ? JSON.parse(text, revive) : JSON.parse(text);
}

/** BIN-2: U+0000 and base64 stand for bytes; any other string is a string. */
function revive(_key: string, value: unknown): unknown {
  if (typeof value !== 'string' || value.charCodeAt(0) !== 0) return value;
  return fromBase64(value.slice(1)) ?? value;
}
