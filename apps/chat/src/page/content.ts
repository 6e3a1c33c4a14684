/** What a message on the wire contains, as the page reads it: it is checked, since a member may publish anything. */
import { MAX_FILE, MAX_TEXT, plainName } from '../common/limits.ts';

/** A file that a message refers to. */
export interface FileReference {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
}

/** A text; or a change of an earlier text of the same author, named by its id. */
export type Content =
  | { readonly kind: 'text'; readonly id: string; readonly text: string; readonly file?: FileReference }
  | { readonly kind: 'edit'; readonly id: string; readonly of: string; readonly text: string }
  | { readonly kind: 'delete'; readonly id: string; readonly of: string };

/** The content in the arguments of an event; undefined if they are not valid. */
export function readContent(kwargs: Readonly<Record<string, unknown>>): Content | undefined {
  const { kind, id, of, text, file } = kwargs;
  if (!isId(id)) return undefined;
  if (kind === 'text' && isText(text)) {
    const reference = readFile(file);
    if (reference === undefined && text.trim() === '') return undefined;
    return { kind, id, text, ...(reference && { file: reference }) };
  }
  if (kind === 'edit' && isId(of) && isText(text) && text.trim() !== '') return { kind, id, of, text };
  return kind === 'delete' && isId(of) ? { kind, id, of } : undefined;
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 64;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT;
}

function readFile(value: unknown): FileReference | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, name, type, size } = value as Readonly<Record<string, unknown>>;
  if (!isId(id) || typeof name !== 'string' || name === '' || name.length > 200) return undefined;
  if (typeof type !== 'string' || typeof size !== 'number' || !(size > 0 && size <= MAX_FILE))
    return undefined;
  return { id, name: plainName(name) || 'file', type, size };
}

/** A new id for a message; unlike `randomUUID`, it also works on pages that did not come over https. */
export function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(12))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}

/** `text` without what cannot be seen, cut to the longest message, and never within a surrogate pair. */
export function asText(text: string): string {
  return text
    .trim()
    .slice(0, MAX_TEXT)
    .replace(/[\uD800-\uDBFF]$/, '');
}
