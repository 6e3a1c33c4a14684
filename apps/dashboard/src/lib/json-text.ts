/** JSON that a person writes: what it means, or where it is wrong. */

/** A value, or the explanation of what is wrong. */
export type Parsed = { readonly value: unknown } | { readonly fault: string };

/** @param whenEmpty the value of text without anything */
function parseJson(text: string, whenEmpty: unknown): Parsed {
  if (text.trim() === '') return { value: whenEmpty };
  if (nestsTooDeep(text)) return { fault: `nests deeper than ${MAX_DEPTH}, which no message may` };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { fault: placed(text, error instanceof Error ? error.message : String(error)) };
  }
}

/** How deep the values of a message may nest. */
const MAX_DEPTH = 100;

/** By a count, since functions that call themselves do not come to the end of such a text. */
function nestsTooDeep(text: string): boolean {
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*(?:"|$)|[[\]{}]/g)) {
    if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
    if (depth >= MAX_DEPTH) return true;
  }
  return false;
}

const TOKEN = /\s*(?:[{}[\],:]|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;

/** Where the first invalid token begins; the end of the text when all are. */
function firstFault(text: string): number {
  let at = 0;
  for (TOKEN.lastIndex = 0; TOKEN.test(text);) at = TOKEN.lastIndex;
  TOKEN.lastIndex = 0;
  return at + (/^\s*/.exec(text.slice(at))?.[0].length ?? 0);
}

/** The message of the engine, with a line and a column; some engines tell no position. */
function placed(text: string, message: string): string {
  const [, digits] = /position (\d+)/.exec(message) ?? [];
  const said = message.replace(/ in JSON at position.*$/s, '').replace(/, .*is not valid JSON$/s, '');
  const before = text.slice(0, digits === undefined ? firstFault(text) : Number(digits)).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${said}`;
}

/** Args: a list as it is; anything else is a list of one. */
export function parseArgs(text: string): Parsed {
  const parsed = parseJson(text, []);
  return 'fault' in parsed || Array.isArray(parsed.value) ? parsed : { value: [parsed.value] };
}

/** Kwargs: an object. */
export function parseKwargs(text: string): Parsed {
  const parsed = parseJson(text, {});
  if ('fault' in parsed) return parsed;
  const { value } = parsed;
  const isDict = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isDict ? parsed : { fault: 'expected an object, such as {"name": 1}' };
}

/** JSON to read; what JSON has no form for is told in words. */
export function jsonText(value: unknown, indent = 2): string {
  const text = JSON.stringify(
    value,
    (_, each: unknown) => {
      if (each instanceof Uint8Array) return `(${each.length} bytes)`;
      return typeof each === 'bigint' ? String(each) : each;
    },
    indent,
  ) as string | undefined;
  return text ?? 'undefined';
}
