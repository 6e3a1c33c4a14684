/**
 * A reader of large JSON dicts. The engine's parser makes an object of each number and looks up each short string in a
 * table of its own: for long lists of ids or names, this takes several times as long as to read them here.
 */
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
    const list = frame[value] === LIST_START ? readList(frame, value) : undefined;
    const valueEnd = list?.end ?? skipValue(frame, value, 1);
    entries[key] = list?.items ?? parse(readText(frame, value, valueEnd));
    next = skipBlanks(frame, valueEnd);
    if (frame[next] === COMMA) next = skipBlanks(frame, next + 1);
  }
  return entries;
}

interface List {
  readonly items: readonly (number | string)[];
  /** The offset after the list. */
  readonly end: number;
}

/** @returns undefined for a list of anything else than ids alone or names alone */
function readList(frame: Uint8Array, at: number): List | undefined {
  return frame[skipBlanks(frame, at + 1)] === QUOTE ? readNames(frame, at) : readIds(frame, at);
}

/** @returns undefined for a list with anything else than positive integers of up to MOST_DIGITS digits */
function readIds(frame: Uint8Array, at: number): List | undefined {
  const items: number[] = [];
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
    items.push(value);
    next = skipBlanks(frame, next);
  } while (frame[next] === COMMA);
  return frame[next] === LIST_END ? { items, end: next + 1 } : undefined;
}

/** @returns undefined for a list with anything else than strings of unescaped one-byte characters */
function readNames(frame: Uint8Array, at: number): List | undefined {
  /** The first character of each name, and the quote after it. */
  const ends: number[] = [];
  let next = at;
  do {
    const quote = skipBlanks(frame, next + 1);
    next = skipPlain(frame, quote + 1);
    if (frame[quote] !== QUOTE || frame[next] !== QUOTE) return undefined;
    ends.push(quote + 1, next);
    next = skipBlanks(frame, next + 1);
  } while (frame[next] === COMMA);
  if (frame[next] !== LIST_END) return undefined;
  const text = readText(frame, at, next);
  const items: string[] = [];
  for (let index = 0; index < ends.length; index += 2)
    items.push(text.slice((ends[index] ?? at) - at, (ends[index + 1] ?? at) - at));
  return { items, end: next + 1 };
}

/** The value of the digit at `at`; outside of 0 to 9 for any other byte. */
function digitAt(frame: Uint8Array, at: number): number {
  return (frame[at] ?? 0) - ZERO;
}
