/** Base64 with padding (RFC 4648 §4). */
import { readText } from './text.ts';

declare const atob: (text: string) => string;

export const ALPHABET: Uint8Array = new Uint8Array(64);
for (const [index, character] of Array.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
).entries()) {
  ALPHABET[index] = character.charCodeAt(0);
}
export const PADDING = 0x3d;

/** The bytes as text. */
export function toBase64(bytes: Uint8Array): string {
  const text = new Uint8Array(4 * Math.ceil(bytes.length / 3));
  let to = 0;
  // Bytes beyond the end count as 0; padding then replaces the characters that result from them.
  for (let from = 0; from < bytes.length; from += 3) {
    const bits = ((bytes[from] ?? 0) << 16) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0);
    for (let shift = 18; shift >= 0; shift -= 6) text[to++] = ALPHABET[(bits >> shift) & 63] ?? 0;
  }
  text.fill(PADDING, text.length - ((3 - (bytes.length % 3)) % 3));
  return readText(text, 0, text.length);
}

/** The bytes that `text` encodes; undefined when it is not base64 with padding. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0 || !/^[\d+/A-Za-z]*={0,2}$/.test(text)) return undefined;
  const latin1 = atob(text);
  const bytes = new Uint8Array(latin1.length);
  for (let index = 0; index < latin1.length; index += 1) bytes[index] = latin1.charCodeAt(index);
  return bytes;
}
