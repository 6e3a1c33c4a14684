/** Writes an initial configuration file. */
import { readFileSync, writeFileSync } from 'node:fs';
import { CannotStart, USAGE } from './failure.ts';

/** The example that is part of the package. */
const EXAMPLE = new URL('../deploy/wamp.yaml', import.meta.url);
/** The URL of the JSON Schema, for editors. */
const SCHEMA = 'https://unpkg.com/@wamp/router-server/schema/wamp.schema.json';

/**
 * Writes the commented example; never overwrites a file.
 * @returns a line that says how to use it
 * @throws CannotStart
 */
export function writeExample(file: string): string {
  writeNew(file, readFileSync(EXAMPLE, 'utf8').replace('../schema/wamp.schema.json', SCHEMA));
  return `${file} is written; check it with: wamp-router check --config ${file}`;
}

/**
 * Writes a configuration file; never overwrites one.
 * @throws CannotStart
 */
export function writeNew(file: string, text: string): void {
  try {
    // There may be secrets in it.
    writeFileSync(file, text, { flag: 'wx', mode: 0o640 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === 'EEXIST'
      ? new CannotStart(`${file} is there already; name another file, or delete it`, USAGE)
      : new CannotStart(`${file} cannot be written: ${message}`);
  }
}
