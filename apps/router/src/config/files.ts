/** Reads the files that a configuration names: certificates and secrets. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

/** Reads files up to a maximum size, and explains failures. */
export class Files {
  #folder: string;
  readonly #read = new Set<string>();

  /** @param folder the base of relative paths */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Begins with another configuration. */
  begin(folder: string): void {
    this.#folder = folder;
    this.#read.clear();
  }

  /** The paths of all files that were requested, found or not. */
  get asked(): readonly string[] {
    return [...this.#read];
  }

  /** The absolute path. */
  resolve(path: string): string {
    return resolve(this.#folder, path);
  }

  read(path: string): Buffer | { readonly fault: string } {
    const file = resolve(this.#folder, path);
    this.#read.add(file);
    try {
      const found = statSync(file);
      // Reading a pipe could block.
      if (!found.isFile()) return { fault: 'is no regular file' };
      return found.size <= MOST_BYTES
        ? readable(readFileSync(file))
        : { fault: 'the file is larger than 1 MiB' };
    } catch (error) {
      return { fault: whyUnreadable(error) };
    }
  }
}

const MOST_BYTES = 2 ** 20;

/** The byte order mark that some editors write before UTF-8; it is not part of the text. */
const MARK = Buffer.of(0xef, 0xbb, 0xbf);
const UTF_16 = { fault: 'the file is UTF-16, expected UTF-8' };

/** The bytes of a file without a UTF-8 mark; a UTF-16 mark is an error. */
function readable(bytes: Buffer): Buffer | { readonly fault: string } {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return UTF_16;
  return bytes.subarray(0, MARK.length).equals(MARK) ? bytes.subarray(MARK.length) : bytes;
}

/** Decodes bytes as text, or explains why they are not text. */
export function textOf(bytes: Uint8Array): string | { readonly fault: string } {
  // UTF-16 without a mark contains zero bytes, which no configuration text does.
  if (bytes.includes(0)) return { fault: 'the file holds NUL characters, as UTF-16 does, expected UTF-8' };
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { fault: 'the file is not UTF-8' };
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'the file may not be read',
  ENOTDIR: 'there is no such file',
};

function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? `the file cannot be read (${code})`;
}
