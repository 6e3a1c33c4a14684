/** Formats values as a single line, with control characters escaped, whatever the source of the text. */

/** The maximum length of a text, in characters: the length of the longest URI. Stack traces are cut here, too. */
const LONGEST = 512;
const LONGEST_TRACE = 4096;
/** The maximum number of items of a list. */
const MOST_ITEMS = 20;
/**
 * Characters that JSON leaves unescaped, but terminals interpret: control characters, line separators, text
 * directions.
 */
const OBEYED = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Control characters that JSON escapes, except line breaks. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/g;

type Facts = Readonly<Record<string, unknown>>;

/** JSON with these characters escaped. */
export function inOneLine(value: string | Facts): string {
  return harmless(JSON.stringify(value, short));
}

/** The same values as JSON, with long ones cut. */
export function shortened(facts: Facts): Facts {
  return JSON.parse(JSON.stringify(facts, short)) as Facts;
}

/** Escapes these characters in JSON, or in a text that contains JSON. */
export function harmless(line: string): string {
  return line.replace(OBEYED, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Text with the characters escaped that terminals interpret; its line breaks stay. */
export function printable(text: string): string {
  return harmless(text.replace(CONTROL, escaped));
}

function short(_key: string, part: unknown): unknown {
  if (part instanceof Error) return cut(part.stack ?? String(part), LONGEST_TRACE);
  if (Array.isArray(part) && part.length > MOST_ITEMS)
    return [...(part.slice(0, MOST_ITEMS) as unknown[]), '…'];
  if (typeof part === 'bigint') return String(part);
  return typeof part === 'string' ? cut(part, LONGEST) : part;
}

function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
