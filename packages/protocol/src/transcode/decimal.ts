/** Writes integers in decimal. */

const ZERO = 0x30;
/** Integers up to this one are divided with 32-bit arithmetic. */
const SMALL = 0x7fffffff;
/** The integers below this one have at most nine digits. */
const BILLION = 1_000_000_000;
const WORD = 0x100000000;
/** The high word of 2^53; numbers up to there are exact. */
const EXACT = 0x200000;

/** Writes the integer of two words, plus `more`, which is 0 or 1. @returns its end */
export function writeDecimal(into: Uint8Array, at: number, high: number, low: number, more: number): number {
  if (high < EXACT) return writeNumber(into, at, high * WORD + low + more);
  const digits = String((BigInt(high) << 32n) + BigInt(low) + BigInt(more));
  for (let index = 0; index < digits.length; index += 1) into[at + index] = digits.charCodeAt(index);
  return at + digits.length;
}

function writeNumber(into: Uint8Array, at: number, value: number): number {
  if (value <= SMALL) {
    let width = 1;
    for (let rest = value; rest >= 10; rest = (rest / 10) | 0) width += 1;
    writeDigits(into, at, value, width);
    return at + width;
  }
  let quotient = Math.floor(value / BILLION);
  // The division may have been rounded up to the next integer.
  if (quotient * BILLION > value) quotient -= 1;
  const next = writeNumber(into, at, quotient);
  writeDigits(into, next, value - quotient * BILLION, 9);
  return next + 9;
}

function writeDigits(into: Uint8Array, at: number, value: number, width: number): void {
  let rest = value;
  for (let index = at + width - 1; index >= at; index -= 1) {
    const tens = (rest / 10) | 0;
    into[index] = ZERO + rest - 10 * tens;
    rest = tens;
  }
}
