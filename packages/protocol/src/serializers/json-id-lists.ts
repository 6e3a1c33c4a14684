/** A reader of large JSON dicts: it reads lists of integers from their digits, which leaves nothing for the garbage collector. */
import {
  COMMA,
  DICT_END,
  LIST_END,
  LIST_START,
  QUOTE,
  skipBlanks,
  skipPlain,
  skipValue,
  ZERO,
} from './json-skip.ts';
import { parse } from './json-values.ts';
import { readText } from './text.ts';

/** The engine parses a shorter dict faster, in bytes. */
const LARGE = 16 * 1024;

/** The most digits of an integer. The last may round the number, as it does in JSON.parse. */
export const MOST_DIGITS = 16;

/** The dict from `at` to `end`, which the scanner has checked. */
export function readDict(frame: Uint8Array, at: number, end: number): unknown {
  const entries = end - at < LARGE ? undefined : readEntries(frame, at);
  return entries ?? parse(readText(frame, at, end));
}

/** @returns undefined for a dict with a key that only the engine reads correctly */
function readEntries(frame: Uint8Array, at: number): Record<string, unknown> | undefined {
  const entries: Record<string, unknown> = {};
  let next = skipBlanks(frame, at + 1);
  while (frame[next] !== DICT_END) {
    const keyEnd = skipPlain(frame, next + 1);
    if (frame[keyEnd] !== QUOTE) return undefined;
    const key = readText(frame, next + 1, keyEnd);
    if (key === '__proto__') return undefined;
    const value = skipBlanks(frame, skipBlanks(frame, keyEnd + 1) + 1);
    const list = frame[value] === LIST_START ? readIntegers(frame, value) : undefined;
    const valueEnd = list?.end ?? skipValue(frame, value, 1);
    entries[key] = list?.integers ?? parse(readText(frame, value, valueEnd));
    next = skipBlanks(frame, valueEnd);
    if (frame[next] === COMMA) next = skipBlanks(frame, next + 1);
  }
  return entries;
}

interface IntegerList {
  readonly integers: readonly number[];
  /** The offset after the list. */
  readonly end: number;
}

/** @returns undefined for a list with anything else than positive integers of up to MOST_DIGITS digits */
function readIntegers(frame: Uint8Array, at: number): IntegerList | undefined {
  const integers: number[] = [];
  let next = at;
  do {
    const start = skipBlanks(frame, next + 1);
    let value = 0;
    next = start;
    for (let digit = digitAt(frame, next); digit >= 0 && digit <= 9; digit = digitAt(frame, next)) {
      value = value * 10 + digit;
      next += 1;
    }
    if (next === start || next - start > MOST_DIGITS) return undefined;
    integers.push(value);
    next = skipBlanks(frame, next);
  } while (frame[next] === COMMA);
  return frame[next] === LIST_END ? { integers, end: next + 1 } : undefined;
}

/** The value of the digit at `at`; outside of 0 to 9 for any other byte. */
function digitAt(frame: Uint8Array, at: number): number {
  return (frame[at] ?? 0) - ZERO;
}
