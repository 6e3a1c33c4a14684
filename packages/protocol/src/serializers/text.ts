/** UTF-8 to strings and back. */
declare const TextEncoder: new () => {
  encode(text: string): Uint8Array<ArrayBuffer>;
  encodeInto(text: string, into: Uint8Array): { readonly read: number };
};
declare const TextDecoder: new (
  label: string,
  options: { readonly ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

const encoder = new TextEncoder();
// Bytes are checked before; and a byte order mark is a character like any other.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Up to this many characters, a loop is faster than a call into the engine. */
const SHORT = 48;

/** The string whose UTF-8 stands from `at` up to `end`. */
export function readText(bytes: Uint8Array, at: number, end: number): string {
  const length = end - at;
  if (length > SHORT) return decoder.decode(bytes.subarray(at, end));
  const units = new Array<number>(length);
  for (let index = 0; index < length; index += 1) {
    const byte = bytes[at + index] ?? 0;
    if (byte >= 0x80) return decoder.decode(bytes.subarray(at, end));
    units[index] = byte;
  }
  return String.fromCharCode(...units);
}

/** The UTF-8 of `head`, then `tail`, then room for `extra` bytes more. */
export function writeText(head: string, tail: Uint8Array, extra: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(head.length + tail.length + extra);
  // Nearly every envelope is ASCII.
  if (writeAscii(head, bytes)) {
    bytes.set(tail, head.length);
    return bytes;
  }
  const encoded = encoder.encode(head);
  const longer = new Uint8Array(encoded.length + tail.length + extra);
  longer.set(encoded);
  longer.set(tail, encoded.length);
  return longer;
}

/** Writes the text to the start of `bytes`; false when not every character fits one byte. */
function writeAscii(text: string, bytes: Uint8Array): boolean {
  if (text.length > 4 * SHORT) {
    return encoder.encodeInto(text, bytes.subarray(0, text.length)).read === text.length;
  }
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return false;
    bytes[index] = unit;
  }
  return true;
}
