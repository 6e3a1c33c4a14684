/** Key `include`: reads the files that a configuration consists of, and puts their sections together. */
import { readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Environment } from './environment.ts';
import type { Fault, Path, Position } from './faults.ts';
import { Files, textOf } from './files.ts';
import { readYaml, type YamlSource } from './yaml.ts';

/** More files, deeper nesting or longer texts than any real configuration has. */
const MOST_FILES = 1_000;
const MOST_LEVELS = 8;
const MOST_BYTES = 16 * 2 ** 20;

/** A file of the configuration. */
export interface ConfigurationFile {
  /** Its name, for messages. */
  readonly file: string;
  /** The file names its own base of relative paths. */
  readonly folder: string;
  readonly source: YamlSource;
}

/** A value of a file: the file, and the path within it. */
interface ValueOrigin {
  readonly part: ConfigurationFile;
  readonly path: Path;
}

/** Where a value stands. */
export interface Place {
  /** The name of its file. */
  readonly file: string;
  /** Its path within this file. */
  readonly path: Path;
  readonly position: Position;
}

/** All files of a configuration as one. */
export class WholeSource {
  /** Undefined if a file cannot be read as YAML. */
  readonly value: unknown;
  readonly faults: readonly Fault[];
  /** The files, the first one first. */
  readonly parts: readonly ConfigurationFile[];
  /** The absolute paths of all files, and of folders in which further ones may appear. */
  readonly files: readonly string[];
  readonly #origins: ReadonlyMap<string, ValueOrigin | readonly ValueOrigin[]>;

  constructor(gathered: Gathering) {
    const { parts, faults, files } = gathered;
    const isWhole = parts.every(({ source }) => source.value !== undefined);
    const merged = isWhole ? merge(parts, faults) : undefined;
    this.parts = parts;
    this.value = merged?.value;
    this.#origins = merged?.origins ?? new Map();
    this.files = [...files];
    this.faults = [
      ...parts.flatMap(({ file, source }) => source.faults.map((fault) => ({ file, ...fault }))),
      ...faults,
    ];
  }

  /** @param atKey whether to return the position of the key */
  locate(path: Path, atKey = false): Place {
    const { part, path: within } = this.originOf(path);
    return { file: part.file, path: within, position: part.source.locate(within, atKey) };
  }

  /** The file of a value, or of what lacks it. */
  originOf(path: Path): ValueOrigin {
    const [first] = this.parts;
    if (first === undefined) throw new Error('a configuration without a file');
    const [key = '', index, ...rest] = path;
    const origin = this.#origins.get(String(key));
    if (origin === undefined) return { part: first, path };
    if (!Array.isArray(origin)) return { part: (origin as ValueOrigin).part, path };
    const item = (origin as readonly ValueOrigin[])[Number(index ?? 0)];
    if (item === undefined) return { part: first, path };
    return index === undefined
      ? { part: item.part, path }
      : { part: item.part, path: [...item.path, ...rest] };
  }
}

interface Merged {
  readonly value: Readonly<Record<string, unknown>>;
  readonly origins: ReadonlyMap<string, ValueOrigin | readonly ValueOrigin[]>;
}

/** Lists are appended; every other section stands in one file. */
function merge(
  parts: readonly ConfigurationFile[],
  faults: Fault[],
): Merged | { readonly value: unknown; readonly origins: Map<string, ValueOrigin> } {
  const [first, ...others] = parts;
  if (first === undefined || (others.length === 0 && !isMapping(first.source.value)))
    return { value: first?.source.value, origins: new Map<string, ValueOrigin>() };
  const value: Record<string, unknown> = {};
  const origins = new Map<string, ValueOrigin | readonly ValueOrigin[]>();
  for (const part of parts) {
    if (!isMapping(part.source.value)) continue;
    for (const [key, section] of Object.entries(part.source.value)) {
      if (key === INCLUDE && part !== first) continue;
      const known = origins.get(key);
      const own = Array.isArray(section)
        ? section.map((_, index): ValueOrigin => ({ part, path: [key, index] }))
        : undefined;
      if (known === undefined) {
        value[key] = section;
        origins.set(key, own ?? { part, path: [key] });
      } else if (own !== undefined && Array.isArray(known)) {
        value[key] = [...(value[key] as readonly unknown[]), ...(section as readonly unknown[])];
        origins.set(key, [...(known as readonly ValueOrigin[]), ...own]);
      } else
        faults.push(faultIn(part, [key], `stands in ${nameOf(known)}, too, expected it in one file`, true));
    }
  }
  return { value, origins };
}

function nameOf(origin: ValueOrigin | readonly ValueOrigin[]): string {
  const [one] = Array.isArray(origin) ? (origin as readonly ValueOrigin[]) : [origin as ValueOrigin];
  return one?.part.file ?? 'another file';
}

const INCLUDE = 'include';

function faultIn({ file, source }: ConfigurationFile, path: Path, text: string, atKey = false): Fault {
  return { file, path, position: source.locate(path, atKey), text };
}

/** What has been read. */
interface Gathering {
  readonly parts: ConfigurationFile[];
  readonly faults: Fault[];
  readonly files: Set<string>;
}

/**
 * Reads a configuration with all files that it includes.
 * @param text the text of the first file
 * @param file the name of the first file
 */
export function readWhole(text: string, file: string, environment: Environment): WholeSource {
  const gathering: Gathering = { parts: [], faults: [], files: new Set() };
  new Reader(gathering, environment).read(text, file, []);
  return new WholeSource(gathering);
}

class Reader {
  readonly #gathering: Gathering;
  readonly #environment: Environment;
  #bytes = 0;

  constructor(gathering: Gathering, environment: Environment) {
    this.#gathering = gathering;
    this.#environment = environment;
  }

  /** @param above the absolute paths of the files that include this one */
  read(text: string, file: string, above: readonly string[]): void {
    const part = { file, folder: dirname(file), source: readYaml(text, this.#environment) };
    const { parts, faults, files } = this.#gathering;
    parts.push(part);
    files.add(resolve(file));
    const { value } = part.source;
    if (value === undefined) return;
    if (!isMapping(value)) {
      // A file of comments includes nothing; the first one is judged by the schema.
      if (above.length > 0 && value !== null)
        faults.push(faultIn(part, [], 'is no mapping, expected sections such as realms'));
      return;
    }
    if (!(INCLUDE in value)) return;
    const entries = value[INCLUDE];
    if (!Array.isArray(entries)) {
      // That of the first file is judged by the schema.
      if (above.length > 0) faults.push(faultIn(part, [INCLUDE], 'is no list, expected a list of files'));
      return;
    }
    (entries as readonly unknown[]).forEach((entry, index) => {
      this.#include(part, [INCLUDE, index], entry, [...above, resolve(file)]);
    });
  }

  #include(part: ConfigurationFile, path: Path, entry: unknown, above: readonly string[]): void {
    const { faults } = this.#gathering;
    if (typeof entry !== 'string' || entry === '') {
      if (above.length > 1) faults.push(faultIn(part, path, 'is no path, expected the path of a file'));
      return;
    }
    const found = this.#matching(part.folder, entry);
    if ('fault' in found) faults.push(faultIn(part, path, found.fault));
    else {
      for (const name of found.names) {
        const fault = this.#one(name, above);
        if (fault !== undefined) faults.push(faultIn(part, path, fault));
      }
    }
  }

  /** @returns why it cannot be included */
  #one(name: string, above: readonly string[]): string | undefined {
    const { files, parts } = this.#gathering;
    const whole = resolve(name);
    if (above.includes(whole)) return `includes ${basename(name)}, which includes this file`;
    // Twice in several lists counts once.
    if (parts.some(({ file }) => resolve(file) === whole)) return undefined;
    if (parts.length >= MOST_FILES) return `is one file too many, expected at most ${MOST_FILES}`;
    if (above.length > MOST_LEVELS) return `is included too deep, expected at most ${MOST_LEVELS} levels`;
    files.add(whole);
    const bytes = new Files('.').read(name);
    const text = Buffer.isBuffer(bytes) ? textOf(bytes) : bytes;
    if (typeof text !== 'string') return text.fault;
    this.#bytes += text.length;
    if (this.#bytes > MOST_BYTES) return 'is too much: all files together are larger than 16 MiB';
    this.read(text, name, above);
    return undefined;
  }

  /** The files that an entry names, in the order of their names. */
  #matching(
    folder: string,
    entry: string,
  ): { readonly names: readonly string[] } | { readonly fault: string } {
    const name = basename(entry);
    const within = entry.startsWith('/') ? dirname(entry) : join(folder, dirname(entry));
    if (!name.includes('*')) return { names: [join(within, name)] };
    if (dirname(entry).includes('*'))
      return { fault: 'has a star in the name of a folder, expected it in that of the file' };
    // New files in the folder are noticed.
    this.#gathering.files.add(resolve(within));
    try {
      const matching = readdirSync(within, { withFileTypes: true }).filter(
        (each) => !each.isDirectory() && matches(name, each.name),
      );
      return { names: matching.map((each) => join(within, each.name)).sort() };
    } catch {
      return { fault: 'is in a folder that cannot be read' };
    }
  }
}

/** Whether a name matches a pattern, in which a star stands for any text; hidden files match only what begins with a dot. */
function matches(pattern: string, name: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false;
  const [head = '', ...tail] = pattern.split('*');
  const last = tail.pop() ?? '';
  if (!name.startsWith(head) || !name.endsWith(last) || name.length < head.length + last.length) return false;
  let at = head.length;
  for (const piece of tail) {
    const next = name.indexOf(piece, at);
    if (next === -1 || next + piece.length > name.length - last.length) return false;
    at = next + piece.length;
  }
  return true;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
