/** The markup of messages: links, `code`, and blocks of code between lines of three backquotes. */

export interface Part {
  /** A `link` is an address, http or https only. */
  readonly kind: 'text' | 'code' | 'block' | 'link';
  readonly text: string;
}

const BLOCK = /```[^\n`]*\n([\s\S]*?)\n?```/g;
/** An address ends before characters that are not seen or that reverse the text around them. */
const INLINE =
  /`([^`\n]+)`|(https?:\/\/[^\s<>"'`\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF]+)/g;
/** Punctuation that ends a sentence rather than an address. */
const TRAILING: ReadonlySet<string> = new Set('.,;:!?)]}');

/** The parts of a text, in order; nothing of it is lost but the backquotes, and empty lines beyond two. */
export function partsOf(text: string): readonly Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(BLOCK)) {
    addInline(parts, text.slice(end, match.index));
    parts.push({ kind: 'block', text: match[1] ?? '' });
    end = match.index + match[0].length;
    if (text[end] === '\n') end += 1;
  }
  addInline(parts, text.slice(end));
  return parts;
}

function addInline(parts: Part[], text: string): void {
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, address = ''] = match;
    const link = withoutTrailing(address);
    addText(parts, text.slice(end, match.index));
    if (code !== undefined) parts.push({ kind: 'code', text: code });
    else parts.push({ kind: 'link', text: link });
    end = match.index + (code === undefined ? link.length : whole.length);
  }
  addText(parts, text.slice(end));
}

/** Keeps a closing parenthesis that belongs to the address. */
function withoutTrailing(address: string): string {
  // Not a regular expression: that begins anew at each character of a long series.
  let end = address.length;
  while (TRAILING.has(address.charAt(end - 1))) end -= 1;
  const plain = address.slice(0, end);
  return plain.includes('(') && address.startsWith(`${plain})`) ? `${plain})` : plain;
}

/** Two empty lines at most: a message does not push the others away. */
function addText(parts: Part[], given: string): void {
  const text = given.replaceAll(/\n{4,}/g, '\n\n\n');
  if (text !== '') parts.push({ kind: 'text', text });
}
