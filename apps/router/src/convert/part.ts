/** A mapping of a configuration that is being converted: reports every key that nobody has read. */

/** What is left out of the result, or is not the same there. */
export interface Note {
  /** Path in the file, such as `workers[0].transports[1].paths.info`; empty for what is converted with a difference. */
  readonly path: string;
  readonly text: string;
}

/** Reasons to leave keys out, by key. */
export type Reasons = Readonly<Record<string, string>>;

/** One mapping of the file. Values of the wrong type are reported, and count as absent. */
export class Part {
  readonly path: string;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #notes: Note[];
  readonly #read = new Set<string>();

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
    const value = this.#take(key);
    return value === undefined ? undefined : new Part(value, this.#below(key), this.#notes);
  }

  /** The mappings of a list. */
  parts(key: string): readonly Part[] {
    const value = this.#take(key);
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.#wrong(key, 'is no list');
      return [];
    }
    return value.map((item, index) => new Part(item, `${this.#below(key)}[${index}]`, this.#notes));
  }

  /** The mappings of a mapping, by key. */
  named(key: string): readonly (readonly [name: string, part: Part])[] {
    return this.part(key)?.entries() ?? [];
  }

  /** All mappings below it, by key. */
  entries(): readonly (readonly [name: string, part: Part])[] {
    return this.keys().flatMap((name) => {
      const below = this.part(name);
      return below === undefined ? [] : [[name, below] as const];
    });
  }

  /** Reads keys that have no effect here either way. */
  skip(...keys: readonly string[]): void {
    for (const key of keys) this.#read.add(key);
  }

  /** Reports a key, or the whole. */
  leave(text: string, key?: string): void {
    if (key !== undefined) this.#read.add(key);
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

/** A size as it is written in the file. */
export function sizeText(bytes: number): string {
  if (bytes % 2 ** 20 === 0) return `${bytes / 2 ** 20}MiB`;
  return bytes % 1024 === 0 ? `${bytes / 1024}KiB` : `${bytes}B`;
}
