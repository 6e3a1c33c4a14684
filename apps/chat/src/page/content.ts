/** What a message on the wire contains, as the page reads it. It is checked, since the log may be older than the checks of the service. */
import {
  MAX_FILE,
  MAX_FILE_NAME,
  MAX_FILE_TYPE,
  MAX_ID,
  MAX_TEXT,
  NAME,
  plainName,
  isVisible,
} from '../common/limits.ts';
import { SERVICE } from '../common/topics.ts';

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

/**
 * The author of an event: whom the service names, when the router says that the service has published it. Of earlier events,
 * which members published themselves, the publisher.
 */
export function authorOf(publisher: unknown, kwargs: Readonly<Record<string, unknown>>): string | undefined {
  const author = publisher === SERVICE ? kwargs['author'] : publisher;
  return typeof author === 'string' && NAME.test(author) ? author : undefined;
}

/** The content in the arguments of an event; undefined if they are not valid. */
export function readContent(kwargs: Readonly<Record<string, unknown>>): Content | undefined {
  const { kind, id, of, text, file } = kwargs;
  if (!isId(id)) return undefined;
  if (kind === 'text' && isText(text)) {
    const reference = readFile(file);
    if (reference === undefined && !isVisible(text)) return undefined;
    return { kind, id, text, ...(reference && { file: reference }) };
  }
  if (kind === 'edit' && isId(of) && isText(text) && isVisible(text)) return { kind, id, of, text };
  return kind === 'delete' && isId(of) ? { kind, id, of } : undefined;
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_ID;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT;
}

function readFile(value: unknown): FileReference | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, name, type, size } = value as Readonly<Record<string, unknown>>;
  if (!isId(id) || typeof name !== 'string' || name === '' || name.length > MAX_FILE_NAME) return undefined;
  if (
    typeof type !== 'string' ||
    type.length > MAX_FILE_TYPE ||
    typeof size !== 'number' ||
    !(size > 0 && size <= MAX_FILE)
  )
    return undefined;
  return { id, name: isVisible(name) ? plainName(name) : 'file', type, size };
}

/** A new id for a message; unlike `randomUUID`, it also works on pages that did not come over https. */
export function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(12))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}

/** What was written, as it is sent: empty if nothing of it can be seen. Halves of surrogate pairs cannot be sent. */
export function asText(written: string): string {
  const text = written.trim().replaceAll(/\p{Surrogate}/gu, '\uFFFD');
  return isVisible(text) ? text : '';
}
