/** The limits that the page and the service of the chat share. */

/** The longest text of a message, in UTF-16 code units. */
export const MAX_TEXT = 4000;
/** The longest id of a message or a file, and the longest name and type of a file, likewise. */
export const MAX_ID = 64;
export const MAX_FILE_NAME = 200;
export const MAX_FILE_TYPE = 100;
/** The largest file (bytes). */
export const MAX_FILE = 256 * 1024;
/** The most members of a private room: each of its messages names them as its only receivers. */
export const MAX_MEMBERS = 100;
/** The longest name of a room, in UTF-16 code units. */
export const MAX_ROOM_NAME = 64;
/** The shortest password that the page accepts, in characters. */
export const MIN_PASSWORD = 8;

/** ASCII only: no two names look alike. */
export const NAME = /^[a-z][a-z0-9_-]{1,31}$/;
/** Names that no account may have: what they say could be taken for the words of the service or an operator. */
const RESERVED: ReadonlySet<string> = new Set(['chat-service', 'operator', 'admin', 'system', 'you']);

export function isReserved(name: string): boolean {
  return RESERVED.has(name);
}

/** Characters that are not seen, and those that reverse the text around them. */
const INVISIBLE = /[\p{Cc}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/gu;

/** A name on one line, as it looks. */
export function plainName(name: string): string {
  return name.replaceAll(INVISIBLE, '');
}
/** Neither white space nor a control character, nor one that fonts leave out, nor the blank of Braille. */
const VISIBLE = /[^\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Whether there is anything to see of a text. */
export function isVisible(text: string): boolean {
  return VISIBLE.test(text);
}

/** The beginning of a text: at most `length` UTF-16 code units, without a half of a surrogate pair at the end. */
export function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}

/** A room, as a component of a URI. */
export const ROOM_ID = /^[a-z0-9_-]{1,64}$/;
