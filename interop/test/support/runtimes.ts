/** Finds Deno and Bun: named by a variable, in PATH, or where `node scripts/fetch-runtimes.mjs` puts them. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const fetched = fileURLToPath(
  new URL('../../../node_modules/.cache/wamp-runtimes/node_modules/', import.meta.url),
);

export interface Runtime {
  readonly name: string;
  /** The variable that names its program. */
  readonly variable: string;
  /** Where npm puts the program. */
  readonly installed: string;
  /** What stands before the file to run. */
  readonly args: readonly string[];
}

export const RUNTIMES: readonly Runtime[] = [
  {
    name: 'deno',
    variable: 'DENO_PATH',
    installed: '.bin/deno',
    args: ['run', '--allow-all', '--no-lock', '--node-modules-dir=manual', '--conditions=@wamp/source'],
  },
  {
    name: 'bun',
    variable: 'BUN_PATH',
    installed: '.bin/bun',
    args: ['--conditions=@wamp/source', 'run'],
  },
];

/** The path of its program; undefined where it is not. */
export function programOf({ name, variable, installed }: Runtime): string | undefined {
  const { PATH = '', [variable]: named } = process.env;
  const places = [
    named ?? '',
    ...PATH.split(delimiter).map((folder) => join(folder, name)),
    fetched + installed,
  ];
  return places.find((place) => place !== '' && existsSync(place));
}

/** Runs a program to its end. @returns what it prints */
export async function output(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args);
  return stdout.trim();
}
