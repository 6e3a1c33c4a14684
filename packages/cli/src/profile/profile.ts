/** Profiles: named sets of connection options, each a JSON file in the configuration folder. */
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { usage } from '../io/failure.ts';
import { configFolder, readPrivate } from './folder.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** The content of a profile before it is checked. */
export interface Profile {
  readonly name: string;
  readonly file: string;
  /** By the names of the options, without leading dashes. */
  readonly entries: Readonly<Record<string, unknown>>;
  /** The ticket, password or private key. */
  readonly secret: string | undefined;
}

const NAME = /^[\w-][\w.-]{0,63}$/;

/** @throws Failure */
function profileFile(env: Env, name: string): string {
  if (!NAME.test(name))
    throw usage(
      `${JSON.stringify(name)} is not a valid profile name`,
      'Use letters, digits, "-", "_" and ".".',
    );
  return join(configFolder(env), 'profiles', `${name}.json`);
}

/** The profile of a name; undefined if there is none. @throws Failure */
export function readProfile(env: Env, name: string): Profile | undefined {
  const file = profileFile(env, name);
  if (!existsSync(file)) return undefined;
  const what = 'profile';
  const text = readPrivate(file, what, (content) => hasSecret(content));
  const content = objectIn(text);
  if (content === undefined)
    throw usage(`profile ${file} is not a JSON object`, 'Write it again: wamp profile set --help');
  const { secret, ...entries } = content;
  if (secret !== undefined && typeof secret !== 'string')
    throw usage(`profile ${file}: secret must be a string`);
  for (const [key, value] of Object.entries(entries)) {
    if (typeof value !== 'string' && typeof value !== 'boolean') {
      throw usage(`profile ${file}: ${key} must be a string`, 'Write it again: wamp profile set --help');
    }
  }
  return { name, file, entries, secret };
}

/** A file that is not a valid profile may still contain a secret. */
function hasSecret(text: string): boolean {
  const content = objectIn(text);
  return content === undefined || 'secret' in content;
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return value as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

/** Writes a profile that only its owner may read; replaces the old one atomically. */
export function writeProfile(env: Env, name: string, content: Readonly<Record<string, unknown>>): string {
  const file = profileFile(env, name);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const beside = `${file}.${process.pid}.new`;
  writeFileSync(beside, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
  chmodSync(beside, 0o600);
  renameSync(beside, file);
  return file;
}

/** The names of all profiles. */
export function profileNames(env: Env): string[] {
  const folder = join(configFolder(env), 'profiles');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .filter((name) => NAME.test(name))
    .sort();
}

/** @throws Failure if there is none */
export function removeProfile(env: Env, name: string): string {
  const file = profileFile(env, name);
  if (!existsSync(file)) throw noProfile(env, name);
  rmSync(file);
  return file;
}

export function noProfile(env: Env, name: string): Error {
  const names = profileNames(env);
  const known =
    names.length === 0
      ? 'No profile exists yet: wamp profile set --help'
      : `Existing profiles: ${names.join(', ')}.`;
  return usage(`there is no profile ${name}`, known);
}
