/** UTF-8 to strings. */
declare const TextDecoder: new (
  label: string,
  options: { readonly ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

// Bytes are checked before; and a byte order mark is a character like any other.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Up to this many characters, a loop is faster than a call into the engine. */
const SHORT = 48;

/** Reads the string whose UTF-8, which has been checked, stands from `at` up to `end`. */
export type ReadText = (bytes: Uint8Array, at: number, end: number) => string;

/** The string whose UTF-8, which has been checked, stands from `at` up to `end`. */
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

/** Names of up to this many bytes are remembered. */
const LONGEST_KNOWN = 64;
/** How many are remembered, each in the slot that its bytes choose, or in that far away from it. */
const SLOTS = 1024;
/** Not the next one, which belongs to a name that differs in its last digit. */
const FAR = SLOTS / 2;

interface Known {
  readonly bytes: Uint8Array;
  readonly text: string;
}
const known: (Known | undefined)[] = new Array<Known | undefined>(SLOTS).fill(undefined);

/** The same for strings of an envelope: URIs and the names of options, which come again and again. */
export function readName(bytes: Uint8Array, at: number, end: number): string {
  if (end - at > LONGEST_KNOWN) return readText(bytes, at, end);
  const slot = slotOf(bytes, at, end);
  const found = known[slot];
  if (found !== undefined && isAt(found.bytes, bytes, at, end)) return found.text;
  const other = known[slot ^ FAR];
  if (other !== undefined && isAt(other.bytes, bytes, at, end)) return other.text;
  const text = readText(bytes, at, end);
  known[slot ^ FAR] = found;
  known[slot] = { bytes: new Uint8Array(bytes.subarray(at, end)), text };
  return text;
}

function slotOf(bytes: Uint8Array, at: number, end: number): number {
  let hash = 0;
  for (let index = at; index < end; index += 1) hash = (Math.imul(hash, 31) + (bytes[index] ?? 0)) | 0;
  return (hash ^ (hash >>> 10) ^ (hash >>> 20)) & (SLOTS - 1);
}

function isAt(wanted: Uint8Array, bytes: Uint8Array, at: number, end: number): boolean {
  if (wanted.length !== end - at) return false;
  for (let index = 0; index < wanted.length; index += 1)
    if (wanted[index] !== bytes[at + index]) return false;
  return true;
}
