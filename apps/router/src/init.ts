/** Writes an initial configuration file. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isReserved, isUri } from '@wamp/protocol';
import { isOriginRule } from '@wamp/router';
import { CannotStart, USAGE } from './failure.ts';

/** The example that is part of the package. */
const EXAMPLE = new URL('../deploy/wamp.yaml', import.meta.url);
/** The URL of the JSON Schema, for editors. */
const SCHEMA = 'https://unpkg.com/@wamp/router-server/schema/wamp.schema.json';

/** The values of the example that people are asked for. */
export interface Wishes {
  readonly realm: string;
  readonly port: string;
  /** An origin whose pages may connect; none when empty. */
  readonly origin: string;
}

const DEFAULTS: Wishes = { realm: 'realm1', port: '8080', origin: '' };

interface Query {
  readonly text: string;
  readonly isValid: (answer: string) => boolean;
  readonly expected: string;
}

const QUERIES: Readonly<Record<keyof Wishes, Query>> = {
  realm: {
    text: 'Name of the realm',
    isValid: (answer) => isUri(answer) && !isReserved(answer),
    expected: 'a URI such as com.example, not below wamp',
  },
  port: {
    text: 'Port to listen on',
    isValid: (answer) => /^\d{1,5}$/.test(answer) && Number(answer) <= 65_535,
    expected: 'a whole number from 0 to 65535',
  },
  origin: {
    text: 'Origin of web pages of other hosts that may connect (empty for none)',
    isValid: (answer) => answer === '' || isOriginRule(answer),
    expected: 'an origin such as https://app.example',
  },
};

/** Asks for a line; undefined when there is none, as at the end of the input. */
export type Ask = (question: string) => Promise<string | undefined>;

/**
 * Asks what the example is to say. An empty answer means the default, and an answer that is not valid is asked for again.
 * @throws CannotStart when the input ends
 */
export async function askForWishes(ask: Ask): Promise<Wishes> {
  const wishes: Record<keyof Wishes, string> = { ...DEFAULTS };
  for (const key of ['realm', 'port', 'origin'] as const) wishes[key] = await answerTo(key, ask);
  return wishes;
}

async function answerTo(key: keyof Wishes, ask: Ask): Promise<string> {
  const { text, isValid, expected } = QUERIES[key];
  const usual = DEFAULTS[key];
  const question = usual === '' ? `${text}: ` : `${text} [${usual}]: `;
  for (let complaint = ''; ; complaint = `expected ${expected}. `) {
    const line = await ask(complaint + question);
    if (line === undefined) throw new CannotStart('no answer: nothing was written', USAGE);
    const answer = line.trim() === '' ? usual : line.trim();
    if (isValid(answer)) return answer;
  }
}

function exampleFor({ realm, port, origin }: Wishes): string {
  return readFileSync(EXAMPLE, 'utf8')
    .replace('../schema/wamp.schema.json', SCHEMA)
    .replace('name: realm1', () => (realm === 'realm1' ? 'name: realm1' : `name: ${JSON.stringify(realm)}`))
    .replace('port: 8080', `port: ${port}`)
    .replace('origins: []', () => `origins: [${origin === '' ? '' : JSON.stringify(origin)}]`);
}

/**
 * Writes the commented example; never overwrites a file.
 * @returns a line that says how to use it
 * @throws CannotStart
 */
export function writeExample(file: string, wishes: Wishes = DEFAULTS): string {
  writeNew(file, exampleFor(wishes));
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
    throw whyUnwritten(file, error as NodeJS.ErrnoException);
  }
}

/** Says why a file could not be written, and what to do. */
export function whyUnwritten(file: string, { code, message }: NodeJS.ErrnoException): CannotStart {
  const folder = dirname(file);
  switch (code) {
    case 'EEXIST':
      return new CannotStart(`${file} is there already; name another file, or delete it`, USAGE);
    case 'ENOENT':
      return new CannotStart(`${file} cannot be written: there is no folder ${folder}; create it`);
    case 'ENOTDIR':
      return new CannotStart(`${file} cannot be written: ${folder} is no folder; name another file`);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new CannotStart(
        `${file} cannot be written: this user may not write to ${folder}; name a file elsewhere`,
      );
    default:
      return new CannotStart(`${file} cannot be written: ${message}`);
  }
}
