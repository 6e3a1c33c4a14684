/** The types of values in a configuration file; the title of each completes the sentence "expected …". */
import { isReserved, isUri } from '@wamp/protocol';
import { isOriginRule, isTrustable } from '@wamp/router';
import { z } from 'zod';
import type { Path } from './faults.ts';
import { textOf, type Files } from './files.ts';

const MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** `500ms`, `10s`, `2m`, `1h`; in ms. @param fallback the default, in ms */
export function duration(fallback: number): z.ZodType<number, string | undefined> {
  const title = 'a duration such as 10s or 500ms';
  return quantity(/^(\d{1,9})(ms|s|m|h)$/, MS)
    .meta({ title })
    .prefault(quantityText(fallback, MS));
}

/** `512B`, `64KiB`, `1MiB`; in bytes. @param fallback the default, in bytes */
export function size(fallback: number): z.ZodType<number, string | undefined> {
  const title = 'a size such as 64KiB or 1MiB';
  return quantity(/^(\d{1,9})(B|KiB|MiB|GiB)$/, BYTES)
    .meta({ title })
    .prefault(quantityText(fallback, BYTES));
}

/** A size that nothing stands for unless it is given; in bytes. */
export function bytes(): z.ZodType<number, string> {
  return quantity(/^(\d{1,9})(B|KiB|MiB|GiB)$/, BYTES).meta({ title: 'a size such as 64KiB or 1MiB' });
}

function quantity(pattern: RegExp, units: Readonly<Record<string, number>>): z.ZodType<number, string> {
  return z
    .string()
    .regex(pattern)
    .transform((text) => {
      const [, amount, unit = ''] = pattern.exec(text) ?? [];
      return Number(amount) * (units[unit] ?? Number.NaN);
    });
}

/** Formats with the largest unit that gives a whole number. */
function quantityText(amount: number, units: Readonly<Record<string, number>>): string {
  const all = amount === 0 ? Object.entries(units).slice(0, 1) : Object.entries(units);
  const [unit = '', factor = 1] = all.findLast(([, each]) => amount % each === 0) ?? [];
  return `${amount / factor}${unit}`;
}

/** An integer within bounds. */
export function count(least: number, most: number): z.ZodType<number, number> {
  return z
    .int()
    .min(least)
    .max(most)
    .meta({ title: `a whole number from ${least} to ${most}` });
}

/** A number that may come from an environment variable, as a string. */
export function port(): z.ZodType<number, number | string> {
  const number = count(0, 65_535);
  const digits = z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number)
    .pipe(number);
  return z.union([number, digits]).meta({ title: 'a whole number from 0 to 65535' });
}

/** A string that is not empty. */
export function text(title: string): z.ZodType<string, string> {
  return z.string().min(1).meta({ title });
}

/** The name of a realm, or another name that clients use as a URI. */
export function uri(): z.ZodType<string, string> {
  return z
    .string()
    .refine((value) => isUri(value) && !isReserved(value), { message: NOT_WELL_FORMED })
    .meta({ title: 'a URI such as com.example, not below wamp' });
}

/** The name of any realm of the file, that of operators among them. */
export function realmName(): z.ZodType<string, string> {
  return z
    .string()
    .refine((name) => isUri(name), { message: NOT_WELL_FORMED })
    .meta({ title: 'a URI such as com.example' });
}

/** An origin, or a pattern of origins. */
export function origin(): z.ZodType<string, string> {
  return z.string().refine(isOriginRule, { message: NOT_WELL_FORMED }).meta({
    title:
      "an origin as browsers send it, such as https://app.example or https://*.app.example; 'null' in quotes",
  });
}

/** One or several proxies. */
export function proxy(): z.ZodType<string, string> {
  return z
    .string()
    .refine(isTrustable, { message: NOT_WELL_FORMED })
    .meta({ title: 'an address, a network such as 10.0.0.0/8, or unix' });
}

/** The path of a URL. */
export function urlPath(): z.ZodType<string, string> {
  return z
    .string()
    .regex(/^\/[^\s?#]*$/)
    .meta({ title: 'a path such as /ws' });
}

/** The bytes of a file. */
export function contents(files: Files): z.ZodType<Buffer, string> {
  return z
    .string()
    .min(1)
    .transform((path, context) => {
      const read = files.read(path);
      if (Buffer.isBuffer(read)) return read;
      context.addIssue({ code: 'custom', message: read.fault });
      return z.NEVER;
    })
    .meta({ title: 'the path of a file' });
}

/** The text of a file. */
export function textIn(files: Files): z.ZodType<string, string> {
  return contents(files)
    .transform((bytes, context) => {
      const text = textOf(bytes);
      if (typeof text === 'string') return text;
      context.addIssue({ code: 'custom', message: text.fault });
      return z.NEVER;
    })
    .meta({ title: 'the path of a file' });
}

/** A secret: as it is, from the environment, or in a file of its own. */
export function secret(files: Files): z.ZodType<string, string | { readonly file: string }> {
  const own = z.strictObject({
    file: textIn(files).describe('File whose first line is the secret, in UTF-8.'),
  });
  return z
    .union([z.string().min(1), own])
    .transform((value, context) => {
      const line = typeof value === 'string' ? value : (value.file.split(/\r?\n/, 1)[0] ?? '');
      if (line !== '') return line;
      context.addIssue({ code: 'custom', message: 'is empty' });
      return z.NEVER;
    })
    .meta({ title: 'a secret: text, ${NAME} or { file: path }' });
}

/** Bytes as hex digits. @param length the number of bytes. Default: any */
export function hex(length?: number): z.ZodType<string, string> {
  const title = length === undefined ? 'hex digits' : `${2 * length} hex digits`;
  return z.string().regex(hexOf(length)).meta({ title });
}

/** A secret of 32 bytes, as hex digits. */
export function secretHex(files: Files): z.ZodType<string, string | { readonly file: string }> {
  return secret(files)
    .refine((value) => hexOf(32).test(value), { message: NOT_WELL_FORMED })
    .meta({ title: 'a secret of 64 hex digits' });
}

function hexOf(length: number | undefined): RegExp {
  return new RegExp(`^(?:[\\da-fA-F]{2})${length === undefined ? '+' : `{${length}}`}$`);
}

/** Refuses list items with the name of an earlier item, even if they have other faults. */
export function distinct<T>(
  list: z.ZodType<readonly T[]>,
  key: keyof T & string,
  message: string,
): z.ZodType<readonly T[]> {
  return list.superRefine((items: readonly unknown[], context) => {
    const names = new Set<unknown>();
    items.forEach((item, index) => {
      const name =
        typeof item === 'object' && item !== null && key in item ? item[key as keyof typeof item] : undefined;
      if (typeof name === 'string' && names.has(name)) {
        context.addIssue({ code: 'custom', path: [index, key], message });
      }
      names.add(name);
    });
  }, ALWAYS);
}

/** For checks that run on lists with invalid items, too. */
export const ALWAYS: z.core.$ZodSuperRefineParams = { when: ({ value }) => Array.isArray(value) };

/** Reports a fault at a path below the checked value. */
export type Complain = (path: Path, message: string) => void;

/** Checks combinations of values, once each value is valid. */
export function together<S extends z.ZodType>(
  schema: S,
  check: (value: z.output<S>, complain: Complain) => void,
): S {
  return schema.superRefine(
    (value, context) => {
      check(value, (path, message) => {
        context.addIssue({ code: 'custom', path: [...path], message });
      });
    },
    { when: ({ issues }) => issues.length === 0 },
  );
}

/** The message of a check whose schema title is sufficient. */
export const NOT_WELL_FORMED = 'is not well-formed';
