/** Values as a single line for people to read, with control characters escaped, whatever the source of the text. */

/** Texts are cut there (characters): a URI is no longer. Where something of ours has failed is cut here. */
const LONGEST = 512;
const LONGEST_TRACE = 4096;
/** Lists end after so many items. */
const MOST_ITEMS = 20;
/** What JSON leaves as it is, and terminals obey: control characters, ends of lines, directions of writing. */
const OBEYED = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

type Facts = Readonly<Record<string, unknown>>;

/** JSON without what terminals obey. */
export function inOneLine(value: string | Facts): string {
  return harmless(JSON.stringify(value, short));
}

/** The same values as JSON has them, none of them long. */
export function shortened(facts: Facts): Facts {
  return JSON.parse(JSON.stringify(facts, short)) as Facts;
}

/** JSON, or a text that has some in it, without what terminals obey. */
export function harmless(line: string): string {
  return line.replace(OBEYED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
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
