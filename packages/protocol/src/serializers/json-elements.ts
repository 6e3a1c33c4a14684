/** A reader of the elements of a JSON envelope, with fast paths for the most frequent kinds. */
import { NO_ENTRIES } from '../fields.ts';
import { MOST_DIGITS, readDict } from './json-lists.ts';
import { COMMA, DICT_END, DICT_START, LIST_END, QUOTE, skipPlain, skipValue, ZERO } from './json-skip.ts';
import { parse } from './json-values.ts';
import { readName, readText } from './text.ts';

export class ElementReader {
  /** The end of the last element. */
  end = 0;
  /** The last integer. */
  #number = 0;

  /** The element at `at`. @throws ProtocolViolation for a malformed element */
  read(frame: Uint8Array, at: number): unknown {
    const byte = frame[at] ?? 0;
    if (byte === QUOTE) {
      const end = skipPlain(frame, at + 1);
      if (frame[end] === QUOTE) {
        this.end = end + 1;
        return readName(frame, at + 1, end);
      }
    } else if (byte === DICT_START) {
      if (frame[at + 1] === DICT_END) {
        this.end = at + 2;
        return NO_ENTRIES;
      }
    } else if (byte > ZERO && this.#skipDigits(frame, at)) return this.#number;
    this.end = skipValue(frame, at, 1);
    if (byte === DICT_START) return readDict(frame, at, this.end);
    return parse(readText(frame, at, this.end));
  }

  /** Reads a positive integer that is not the last thing in the text. @returns false for anything else */
  #skipDigits(frame: Uint8Array, at: number): boolean {
    let value = 0;
    let next = at;
    for (; next < at + MOST_DIGITS; next += 1) {
      const digit = (frame[next] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    const behind = frame[next];
    if (next === at || (behind !== COMMA && behind !== LIST_END)) return false;
    this.#number = value;
    this.end = next;
    return true;
  }
}
