/** The keys of the dicts that are being written: of several entries with the same key, only the last is kept. */

/** What is kept of an entry: the start and the end of its key, in large dicts the key's hash, and the entry that replaces it. */
const FIELDS = 4;
const END = 1;
const MIX = 2;
const PLACE = 3;
/** Marks an entry that another one has replaced. */
const DROPPED = -1;
/** In dicts of up to this many entries, each key is compared with all before it. */
const FEW = 8;
/** How many integers of memory are kept for the next payload, at most. */
const MOST_KEPT = 64 * 1024;
/** The salt of the hash, so that a sender cannot choose keys that share a slot. */
const SECRET = Math.floor(Math.random() * 0x80000000) | 1;

/** The memory into which dicts are written. */
export interface Written {
  readonly bytes: Uint8Array;
  /** The end of what has been written. */
  at: number;
  /** Temporary memory of at least `size` bytes. */
  aside(size: number): Uint8Array;
}

export class DictKeys {
  /** A stack: the entries of each open dict are above those of the dict around it. */
  #entries = new Int32Array(FIELDS * 1024);
  #top = 0;
  /** For each slot, the entry in it plus one; 0 for a free slot. */
  #slots = new Int32Array(1024);

  /** The position of the first entry of a dict that begins now. */
  get top(): number {
    return this.#top;
  }

  /** Removes all entries, and releases memory above the usual size. */
  reset(): void {
    this.#top = 0;
    if (this.#entries.length > MOST_KEPT) this.#entries = new Int32Array(FIELDS * 1024);
    if (this.#slots.length > MOST_KEPT) this.#slots = new Int32Array(1024);
  }

  /** A key has been written, from `start` up to `end`; its value follows. */
  add(start: number, end: number): void {
    const entry = this.#top;
    if (entry === this.#entries.length) this.#grow();
    const entries = this.#entries;
    entries[entry] = start;
    entries[entry + END] = end;
    entries[entry + PLACE] = entry;
    this.#top = entry + FIELDS;
  }

  /**
   * Ends the dict whose first entry is `first`. The last entry of a key replaces earlier ones, as when the keys of a dict are
   * set one by one.
   * @returns how many entries were removed
   */
  close(written: Written, first: number): number {
    const count = (this.#top - first) / FIELDS;
    if (count < 2) {
      this.#top = first;
      return 0;
    }
    const dropped =
      count <= FEW ? this.#compareAll(written.bytes, first) : this.#look(written.bytes, first, count);
    if (dropped > 0) this.#rewrite(written, first);
    this.#top = first;
    return dropped;
  }

  #compareAll(bytes: Uint8Array, first: number): number {
    let dropped = 0;
    for (let entry = first + FIELDS; entry < this.#top; entry += FIELDS) {
      for (let other = first; other < entry; other += FIELDS) {
        if (!this.#isSame(bytes, entry, other)) continue;
        this.#replace(other, entry);
        dropped += 1;
        break;
      }
    }
    return dropped;
  }

  /** The same with a hash table, for large dicts. */
  #look(bytes: Uint8Array, first: number, count: number): number {
    const entries = this.#entries;
    const slots = this.#emptySlots(count);
    const mask = slots.length - 1;
    let dropped = 0;
    for (let entry = first; entry < this.#top; entry += FIELDS) {
      const mixed = mix(bytes, entries[entry] ?? 0, entries[entry + END] ?? 0);
      entries[entry + MIX] = mixed;
      let slot = mixed & mask;
      let other = (slots[slot] ?? 0) - 1;
      while (other >= 0 && (entries[other + MIX] !== mixed || !this.#isSame(bytes, entry, other))) {
        slot = (slot + 1) & mask;
        other = (slots[slot] ?? 0) - 1;
      }
      if (other < 0) slots[slot] = entry + 1;
      else {
        this.#replace(other, entry);
        dropped += 1;
      }
    }
    return dropped;
  }

  /** The number of slots: a power of two, of which at most half will be used. */
  #emptySlots(count: number): Int32Array {
    let size = 32;
    while (size < 2 * count) size *= 2;
    if (size > this.#slots.length) this.#slots = new Int32Array(size);
    return this.#slots.subarray(0, size).fill(0);
  }

  /** Lets `entry` take the position of the first entry with its key. */
  #replace(place: number, entry: number): void {
    this.#entries[place + PLACE] = entry;
    this.#entries[entry + PLACE] = DROPPED;
  }

  #isSame(bytes: Uint8Array, one: number, other: number): boolean {
    const start = this.#entries[one] ?? 0;
    const length = (this.#entries[one + END] ?? 0) - start;
    const from = this.#entries[other] ?? 0;
    if ((this.#entries[other + END] ?? 0) - from !== length) return false;
    for (let index = 0; index < length; index += 1)
      if (bytes[start + index] !== bytes[from + index]) return false;
    return true;
  }

  /** Writes the remaining entries, in their order. */
  #rewrite(written: Written, first: number): void {
    const { bytes } = written;
    const start = this.#entries[first] ?? 0;
    const before = written.aside(written.at - start);
    before.set(bytes.subarray(start, written.at));
    let at = start;
    for (let entry = first; entry < this.#top; entry += FIELDS) {
      const from = this.#entries[entry + PLACE] ?? 0;
      if (from === DROPPED) continue;
      const next = from + FIELDS;
      const end = next < this.#top ? (this.#entries[next] ?? 0) : written.at;
      const begin = this.#entries[from] ?? 0;
      bytes.set(before.subarray(begin - start, end - start), at);
      at += end - begin;
    }
    written.at = at;
  }

  #grow(): void {
    const larger = new Int32Array(2 * this.#entries.length);
    larger.set(this.#entries);
    this.#entries = larger;
  }
}

function mix(bytes: Uint8Array, start: number, end: number): number {
  let mixed = SECRET;
  for (let index = start; index < end; index += 1) {
    mixed = Math.imul(mixed ^ (bytes[index] ?? 0), SECRET);
    mixed ^= mixed >>> 15;
  }
  return mixed;
}
