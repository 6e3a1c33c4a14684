/** The files that a configuration names: certificates, and secrets. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

/** Reads files that are not too large, and says why it cannot. */
export class Files {
  readonly #folder: string;

  /** @param folder where relative paths begin */
  constructor(folder: string) {
    this.#folder = folder;
  }

  read(path: string): Buffer | { readonly fault: string } {
    const file = resolve(this.#folder, path);
    try {
      const found = statSync(file);
      // From a pipe, reading might wait for ever.
      if (!found.isFile()) return { fault: 'is no regular file' };
      return found.size <= MOST_BYTES ? readFileSync(file) : { fault: 'the file is larger than 1 MiB' };
    } catch (error) {
      return { fault: whyUnreadable(error) };
    }
  }
}

const MOST_BYTES = 2 ** 20;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'the file may not be read',
  ENOTDIR: 'there is no such file',
};

function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? `the file cannot be read (${code})`;
}
