/** UTF-8 to strings. */
declare const TextDecoder: new (
  label: string,
  options: { readonly ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

// The bytes have been checked. A byte order mark counts as a character.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Up to this many characters, a loop decodes faster than a call into the engine. */
const SHORT = 48;

/** Decodes the checked UTF-8 from `at` to `end`. */
export type ReadText = (bytes: Uint8Array, at: number, end: number) => string;

/** Decodes the checked UTF-8 from `at` to `end`. */
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

/** The longest cached name, in bytes. */
const LONGEST_KNOWN = 64;
/** The number of slots of the cache. The hash of a name selects its slot; a second slot is FAR from it. */
const SLOTS = 1024;
/** Not 1: names that differ in their last digit have neighbouring slots. */
const FAR = SLOTS / 2;

interface KnownText {
  readonly bytes: Uint8Array;
  readonly text: string;
}
const known: (KnownText | undefined)[] = new Array<KnownText | undefined>(SLOTS).fill(undefined);
/** The hash of the name in each slot: hardly any other name is compared. */
const mixes = new Int32Array(SLOTS);
/** The hash of the last name that missed, for each slot. */
const met = new Int32Array(SLOTS);

/**
 * The same for the strings of an envelope, with a cache: URIs and the names of options recur. A name enters the cache when
 * it misses twice without another miss of its slot in between, so that many different names do not evict each other.
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

/** The name in a slot, if its bytes are those from `at` to `end`. */
function recall(slot: number, mixed: number, bytes: Uint8Array, at: number, end: number): string | undefined {
  const found = mixes[slot] === mixed ? known[slot] : undefined;
  return found !== undefined && isAt(found.bytes, bytes, at, end) ? found.text : undefined;
}

/** Puts a name into its slot and moves the previous one to the second slot. */
function remember(slot: number, mixed: number, name: KnownText): void {
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
