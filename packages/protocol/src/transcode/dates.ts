/** Dates without Date objects. */
import { SerializationFailure } from '../errors.ts';

/** The largest distance of a Date from 1970, in milliseconds (ECMAScript: Time Values and Time Range). */
const FURTHEST = 8.64e15;
const DAY = 86_400_000;
const ZERO = 0x30;
/** The days of 400 years, after which the Gregorian calendar repeats itself. */
const ERA = 146_097;
/** The days from 1 March of the year 0 to 1970. */
const EPOCH_DAY = 719_468;

export function invalidDate(): SerializationFailure {
  return new SerializationFailure('cannot write an invalid Date');
}

/** The time value of a Date, in milliseconds since 1970: NaN when it is out of range. */
export function clipped(milliseconds: number): number {
  return Math.abs(milliseconds) <= FURTHEST ? Math.trunc(milliseconds) + 0 : NaN;
}

/** Writes a date as `Date.prototype.toJSON` does, in 24 or 27 bytes. @returns its end */
export function writeDate(into: Uint8Array, at: number, milliseconds: number): number {
  const day = Math.floor(milliseconds / DAY);
  const time = milliseconds - day * DAY;
  let next = writeDay(into, at, day);
  into[next++] = 0x54;
  next = writeDigits(into, next, Math.floor(time / 3_600_000), 2);
  into[next++] = 0x3a;
  next = writeDigits(into, next, Math.floor(time / 60_000) % 60, 2);
  into[next++] = 0x3a;
  next = writeDigits(into, next, Math.floor(time / 1000) % 60, 2);
  into[next++] = 0x2e;
  next = writeDigits(into, next, time % 1000, 3);
  into[next] = 0x5a;
  return next + 1;
}

/** Year, month and day. Years are counted from March, so that a leap day is the last day of a year. */
function writeDay(into: Uint8Array, at: number, day: number): number {
  const shifted = day + EPOCH_DAY;
  const era = Math.floor(shifted / ERA);
  const dayOfEra = shifted - era * ERA;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const march = Math.floor((5 * dayOfYear + 2) / 153);
  const month = march < 10 ? march + 3 : march - 9;
  const year = yearOfEra + 400 * era + (month <= 2 ? 1 : 0);
  let next = writeYear(into, at, year);
  into[next++] = 0x2d;
  next = writeDigits(into, next, month, 2);
  into[next++] = 0x2d;
  return writeDigits(into, next, dayOfYear - Math.floor((153 * march + 2) / 5) + 1, 2);
}

function writeYear(into: Uint8Array, at: number, year: number): number {
  if (year >= 0 && year <= 9999) return writeDigits(into, at, year, 4);
  into[at] = year < 0 ? 0x2d : 0x2b;
  return writeDigits(into, at + 1, Math.abs(year), 6);
}

function writeDigits(into: Uint8Array, at: number, value: number, width: number): number {
  let rest = value;
  for (let index = at + width - 1; index >= at; index -= 1) {
    const tens = (rest / 10) | 0;
    into[index] = ZERO + rest - 10 * tens;
    rest = tens;
  }
  return at + width;
}
