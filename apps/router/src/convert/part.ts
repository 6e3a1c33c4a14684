/** A mapping of a configuration that is being converted: reports every key that nobody has read. */

/** What is left out of the result, or is not the same there. */
export interface Note {
  /** Path in the file, such as `workers[0].transports[1].paths.info`; empty for what is converted with a difference. */
  readonly path: string;
  readonly text: string;
  /** True for a key that many mappings have and that no client notices: those with the same text become one note. */
  readonly isCommon?: boolean;
}

/** Reasons to leave keys out, by key. */
export type Reasons = Readonly<Record<string, string>>;

/**
 * One mapping of the file. Values of the wrong type are reported, and count as absent.
 * There is no way to read a key for nothing: what is neither read nor left out is reported by `finish` of the root.
 */
export class Part {
  readonly path: string;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #notes: Note[];
  readonly #read = new Set<string>();
  readonly #parts = new Map<string, readonly Part[]>();

  constructor(value: unknown, path: string, notes: Note[]) {
    this.path = path;
    this.#notes = notes;
    const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
    this.#values = isMapping ? (value as Record<string, unknown>) : {};
    if (!isMapping) this.#note(path, 'is no mapping');
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#values, key);
  }

  keys(): readonly string[] {
    return Object.keys(this.#values);
  }

  /** Text; a number counts as its digits. */
  text(key: string): string | undefined {
    const value = this.#take(key);
    if (typeof value === 'number') return String(value);
    if (typeof value === 'string' || value === undefined) return value;
    this.#wrong(key, 'is no text');
    return undefined;
  }

  /** Reads a key that can have this value only. */
  is(key: string, expected: string): void {
    const value = this.text(key);
    if (value !== undefined && value !== expected) this.#wrong(key, `is taken for ${expected}`);
  }

  number(key: string): number | undefined {
    const value = this.#take(key);
    if (typeof value === 'number' || value === undefined) return value;
    this.#wrong(key, 'is no number');
    return undefined;
  }

  flag(key: string): boolean | undefined {
    const value = this.#take(key);
    if (typeof value === 'boolean' || value === undefined) return value;
    this.#wrong(key, 'is neither true nor false');
    return undefined;
  }

  texts(key: string): readonly string[] {
    const value = this.#take(key);
    if (value === undefined) return [];
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    this.#wrong(key, 'is no list of texts');
    return [];
  }

  part(key: string): Part | undefined {
    const known = this.#parts.get(key);
    if (known !== undefined) return known[0];
    const value = this.#take(key);
    if (value === undefined) return undefined;
    const part = new Part(value, this.#below(key), this.#notes);
    this.#parts.set(key, [part]);
    return part;
  }

  /** The mappings of a list. */
  parts(key: string): readonly Part[] {
    const value = this.#take(key);
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.#wrong(key, 'is no list');
      return [];
    }
    const parts = value.map((item, index) => new Part(item, `${this.#below(key)}[${index}]`, this.#notes));
    this.#parts.set(key, parts);
    return parts;
  }

  /** The mappings of a mapping, by key. */
  named(key: string): readonly (readonly [name: string, part: Part])[] {
    return this.part(key)?.entries() ?? [];
  }

  /** All mappings below it, by key. */
  entries(): readonly (readonly [name: string, part: Part])[] {
    return this.keys().flatMap((name) => {
      if (name === '__proto__') {
        this.leave('is no name here', name);
        return [];
      }
      const below = this.part(name);
      return below === undefined ? [] : [[name, below] as const];
    });
  }

  /** Reports a key that many mappings have and that no client notices, together with the others of its kind. */
  leaveCommon(text: string, key: string): void {
    this.#read.add(key);
    if (this.has(key)) this.#notes.push({ path: this.#below(key), text, isCommon: true });
  }

  /** Reports a key, or the whole with all that is below it. */
  leave(text: string, key?: string): void {
    if (key === undefined) {
      for (const each of this.keys()) this.#read.add(each);
      this.#parts.clear();
    } else {
      this.#read.add(key);
      this.#parts.delete(key);
    }
    this.#note(key === undefined ? this.path : this.#below(key), text);
  }

  /** Reports that the whole is converted, and how it differs. */
  change(text: string): void {
    this.#note('', `${this.path}: ${text}`);
  }

  /** Reports all keys that were not read. @param reasons why, by key */
  rest(reasons: Reasons = {}): void {
    for (const key of this.keys()) {
      if (this.#read.has(key)) continue;
      const why = Object.hasOwn(reasons, key) ? reasons[key] : undefined;
      this.leave(why ?? 'has no counterpart here', key);
    }
  }

  /** Reports all keys that were not read, here and in all mappings below that were. */
  finish(): void {
    this.rest();
    for (const parts of this.#parts.values()) for (const part of parts) part.finish();
  }

  #take(key: string): unknown {
    this.#read.add(key);
    return this.has(key) ? this.#values[key] : undefined;
  }

  #below(key: string): string {
    if (!/^[\w-]+$/.test(key)) return `${this.path}[${JSON.stringify(key)}]`;
    return this.path === '' ? key : `${this.path}.${key}`;
  }

  #wrong(key: string, text: string): void {
    this.#note(this.#below(key), text);
  }

  #note(path: string, text: string): void {
    this.#notes.push({ path, text });
  }
}

/** Why the ids of parts are left out. */
export const NAMELESS = 'parts of the configuration have no ids here';

/** A size as it is written in the file. */
export function sizeText(bytes: number): string {
  if (bytes % 2 ** 20 === 0) return `${bytes / 2 ** 20}MiB`;
  return bytes % 1024 === 0 ? `${bytes / 1024}KiB` : `${bytes}B`;
}
