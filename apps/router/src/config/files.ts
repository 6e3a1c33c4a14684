/** The files that a configuration names: certificates, and secrets; and what is text in them. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

/** Reads files that are not too large, and says why it cannot. */
export class Files {
  readonly #folder: string;
  readonly #read = new Set<string>();

  /** @param folder where relative paths begin */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The paths of all files that were asked for, found or not. */
  get asked(): readonly string[] {
    return [...this.#read];
  }

  /** A path as an absolute one. */
  resolve(path: string): string {
    return resolve(this.#folder, path);
  }

  read(path: string): Buffer | { readonly fault: string } {
    const file = resolve(this.#folder, path);
    this.#read.add(file);
    try {
      const found = statSync(file);
      // From a pipe, reading might wait for ever.
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

/** The mark that some editors put before UTF-8: it belongs to no text. */
const MARK = Buffer.of(0xef, 0xbb, 0xbf);
const UTF_16 = { fault: 'the file is UTF-16, expected UTF-8' };

/** The bytes of a file without the mark of UTF-8; that of UTF-16 says that they would be read wrongly. */
function readable(bytes: Buffer): Buffer | { readonly fault: string } {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return UTF_16;
  return bytes.subarray(0, MARK.length).equals(MARK) ? bytes.subarray(MARK.length) : bytes;
}

/** Bytes as the text that they are, or what is wrong with them. */
export function textOf(bytes: Uint8Array): string | { readonly fault: string } {
  // UTF-16 without a mark: every second byte of ASCII is 0, and no text in a configuration has that character.
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
