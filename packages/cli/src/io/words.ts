/** Parses values of a command line: durations, counts, JSON or text. */
import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `500ms`, `5s`, `2m`, `1h`, `1d`: in milliseconds. @throws InvalidArgumentError */
export function duration(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const ms = Number(digits) * (UNITS[unit] ?? Number.NaN);
  if (digits === '' || !Number.isFinite(ms)) {
    throw new InvalidArgumentError('It must be a duration such as 500ms, 5s or 2m.');
  }
  return ms;
}

/** A duration that is not zero. @throws InvalidArgumentError */
export function interval(text: string): number {
  const ms = duration(text);
  if (ms === 0) throw new InvalidArgumentError('It must be longer than zero, such as 1s.');
  return ms;
}

/** An integer from `least` to `most`. */
export function integer(least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const expected =
    most === Number.MAX_SAFE_INTEGER ? `an integer from ${least}` : `an integer from ${least} to ${most}`;
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) throw new InvalidArgumentError(`It must be ${expected}.`);
    return value;
  };
}

/** @throws InvalidArgumentError */
export function nonEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

/** A time: an ISO 8601 date, or a duration before now. */
export function moment(text: string): { readonly ago: number } | { readonly at: Date } {
  if (/^\d+(\.\d+)?(ms|s|m|h|d)$/.test(text)) return { ago: duration(text) };
  const at = new Date(text);
  if (Number.isNaN(at.getTime()) || !/^\d{4}-/.test(text)) {
    throw new InvalidArgumentError(
      'It must be a date such as 2026-11-28T10:00:00Z, or how long ago: 5m, 2h.',
    );
  }
  return { at };
}

/**
 * An argument of a call or publication: valid JSON is parsed, anything else is text.
 * @throws InvalidArgumentError for invalid JSON that begins like a list, an object or a string
 */
export function value(text: string): unknown {
  // A double would silently change the last digits of a large integer.
  if (/^-?[1-9]\d*$/.test(text) && !Number.isSafeInteger(Number(text))) return BigInt(text);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (!/^\s*[[{"]/.test(text)) return text;
    const said = error instanceof Error ? error.message : String(error);
    throw new InvalidArgumentError(
      `It begins like JSON, but is not valid JSON: ${said}. If it is text, add --text.`,
    );
  }
}

/** Collects `name=value`. */
export function keyword(
  text: string,
  previous: readonly (readonly [string, string])[] = [],
): [string, string][] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be name=value.');
  return [
    ...previous.map(([name, word]): [string, string] => [name, word]),
    [text.slice(0, at), text.slice(at + 1)],
  ];
}

/** Collects a repeatable option. */
export function collect(text: string, previous: readonly string[] = []): string[] {
  return [...previous, nonEmpty(text)];
}
