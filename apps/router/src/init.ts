/** Writes a configuration file to begin with. */
import { readFileSync, writeFileSync } from 'node:fs';
import { CannotStart, USAGE } from './failure.ts';

/** The file that comes with the package. */
const EXAMPLE = new URL('../deploy/wamp.yaml', import.meta.url);
/** Where editors find what may stand in it, wherever the file is. */
const SCHEMA = 'https://unpkg.com/@wamp/router-server/schema/wamp.schema.json';

/**
 * Writes the commented example, and never over a file that is there.
 * @returns a line that says what to do with it
 * @throws CannotStart
 */
export function writeExample(file: string): string {
  const example = readFileSync(EXAMPLE, 'utf8').replace('../schema/wamp.schema.json', SCHEMA);
  try {
    writeFileSync(file, example, { flag: 'wx', mode: 0o640 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === 'EEXIST'
      ? new CannotStart(`${file} is there already; name another file, or delete it`, USAGE)
      : new CannotStart(`${file} cannot be written: ${message}`);
  }
  return `${file} is written; check it with: wamp-router check --config ${file}`;
}
