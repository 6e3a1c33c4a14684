/** Base64 with padding (RFC 4648 §4). */
declare const atob: (text: string) => string;
declare const btoa: (latin1: string) => string;

/** How many bytes become one argument list: few enough for every engine's stack. */
const CHUNK = 8192;

/** The bytes as text. */
export function toBase64(bytes: Uint8Array): string {
  let latin1 = '';
  for (let at = 0; at < bytes.length; at += CHUNK) {
    latin1 += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(latin1);
}

/** The bytes that `text` stands for, or undefined when it is not base64 with padding. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0 || !/^[\d+/A-Za-z]*={0,2}$/.test(text)) return undefined;
  const latin1 = atob(text);
  const bytes = new Uint8Array(latin1.length);
  for (let index = 0; index < latin1.length; index += 1) bytes[index] = latin1.charCodeAt(index);
  return bytes;
}
