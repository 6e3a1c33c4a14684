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
/** Their mixed bytes, so that hardly any but the right one is looked at. */
const mixes = new Int32Array(SLOTS);
/** The mixed bytes of the last name in each slot that was not known. */
const met = new Int32Array(SLOTS);

/**
 * The same for strings of an envelope: URIs and the names of options, which come again and again. A name is remembered
 * when it comes again before another of its slot: where there are more names than slots, none pushes out others.
 */
export function readName(bytes: Uint8Array, at: number, end: number): string {
  if (end - at > LONGEST_KNOWN) return readText(bytes, at, end);
  const mixed = mix(bytes, at, end);
  const slot = mixed & (SLOTS - 1);
  const text = recall(slot, mixed, bytes, at, end) ?? recall(slot ^ FAR, mixed, bytes, at, end);
  if (text !== undefined) return text;
  const read = readText(bytes, at, end);
  if (met[slot] === mixed)
    remember(slot, mixed, { bytes: new Uint8Array(bytes.subarray(at, end)), text: read });
  else met[slot] = mixed;
  return read;
}

/** The name in a slot, if it is the one that stands there. */
function recall(slot: number, mixed: number, bytes: Uint8Array, at: number, end: number): string | undefined {
  const found = mixes[slot] === mixed ? known[slot] : undefined;
  return found !== undefined && isAt(found.bytes, bytes, at, end) ? found.text : undefined;
}

/** Puts a name into its slot, and the one there into that far away. */
function remember(slot: number, mixed: number, name: Known): void {
  known[slot ^ FAR] = known[slot];
  mixes[slot ^ FAR] = mixes[slot] ?? 0;
  known[slot] = name;
  mixes[slot] = mixed;
}

function mix(bytes: Uint8Array, at: number, end: number): number {
  let hash = 0;
  for (let index = at; index < end; index += 1) hash = (Math.imul(hash, 31) + (bytes[index] ?? 0)) | 0;
  return hash ^ (hash >>> 10) ^ (hash >>> 20);
}

function isAt(wanted: Uint8Array, bytes: Uint8Array, at: number, end: number): boolean {
  if (wanted.length !== end - at) return false;
  for (let index = 0; index < wanted.length; index += 1)
    if (wanted[index] !== bytes[at + index]) return false;
  return true;
}
