/** The settings of a connection from the command line, the environment, a profile, and defaults. */
import { CommanderError } from 'commander';
import { usage } from '../io/failure.ts';
import { noProfile, readProfile, type Profile } from '../profile/profile.ts';
import { CONNECTION_KEYS, parsed, variableOf, type ConnectionOptions } from './options.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** The options of a command line that select a connection. */
export interface Given extends ConnectionOptions {
  readonly profile?: string;
}

/** The URL, realm and credentials of a connection. */
export interface Settings extends ConnectionOptions {
  readonly url: string;
  readonly realm: string;
  /** The ticket, password or private key, from a variable or the profile. */
  readonly secret?: string;
}

const DEFAULTS = { url: 'ws://127.0.0.1:8080/ws', realm: 'realm1' } as const;
/** The profile that is used if none is named and it exists. */
const USUAL = 'default';

/**
 * In order of precedence: options of the command line; the profile that the command line names; the environment; the
 * profile that the environment names, or else `default`; the defaults.
 * @throws Failure for an invalid option, value or profile
 */
export function settings({ profile: named, ...given }: Given, env: Env): Settings {
  const fromEnv = environment(env);
  const profile = profileOf(named, env);
  const fromProfile = profile === undefined ? {} : optionsOf(profile);
  const secretOfEnv = env['WAMP_SECRET'] ?? '';
  const variables = secretOfEnv === '' ? fromEnv : { ...fromEnv, secret: secretOfEnv };
  const base: Settings =
    named === undefined
      ? { ...DEFAULTS, ...credentialsFor(fromProfile, { ...fromEnv, ...given }), ...variables, ...given }
      : { ...DEFAULTS, ...variables, ...credentialsFor(fromProfile, given), ...given };
  // A file named by a source of higher precedence overrides a secret of a lower one.
  const { secret, ...withoutSecret } = base;
  const fileIsNearer =
    given.secretFile !== undefined || (secretOfEnv === '' && fromEnv.secretFile !== undefined);
  return secret === undefined || fileIsNearer ? withoutSecret : base;
}

/** A profile without its credentials if the router is overridden: they belong to the profile's own router. */
function credentialsFor(
  profile: ConnectionOptions & { readonly secret?: string },
  nearer: ConnectionOptions,
): ConnectionOptions & { readonly secret?: string } {
  const { url } = profile;
  if (nearer.url === undefined || url === undefined || placeOf(nearer.url) === placeOf(url)) return profile;
  const {
    auth: _auth,
    authid: _authid,
    secret: _secret,
    secretFile: _file,
    cert: _cert,
    key: _key,
    ...rest
  } = profile;
  return rest;
}

function placeOf(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${protocol === 'unix:' ? pathname : host}`;
}

/** @throws Failure */
function environment(env: Env): ConnectionOptions {
  const entries = CONNECTION_KEYS.flatMap((key): [string, string][] => {
    const text = env[variableOf(key)] ?? '';
    return text === '' ? [] : [[key, text]];
  });
  const options: ConnectionOptions[] = entries.map((entry) => {
    try {
      return parsed([entry]);
    } catch (error) {
      throw misspelt(error, `variable ${variableOf(entry[0])}`);
    }
  });
  return Object.assign({}, ...options) as ConnectionOptions;
}

/** @throws Failure */
function profileOf(named: string | undefined, env: Env): Profile | undefined {
  const ofEnv = env['WAMP_PROFILE'] ?? '';
  const name = named ?? (ofEnv === '' ? undefined : ofEnv);
  const profile = readProfile(env, name ?? USUAL);
  if (profile === undefined && name !== undefined) throw noProfile(env, name);
  return profile;
}

/** @throws Failure */
export function optionsOf({
  file,
  entries,
  secret,
}: Pick<Profile, 'file' | 'entries' | 'secret'>): ConnectionOptions & { readonly secret?: string } {
  try {
    const options = parsed(Object.entries(entries));
    return secret === undefined ? options : { ...options, secret };
  } catch (error) {
    throw misspelt(error, `profile ${file}`);
  }
}

/** Rewords Commander's message about an option for the key of a profile. */
function misspelt(error: unknown, where: string): Error {
  if (!(error instanceof CommanderError)) throw error;
  const said = error.message
    .replace(/^error: /, '')
    .replace(/option '--([\w-]+)[^']*'/g, '$1')
    .replace(/Did you mean --/, 'Did you mean ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return usage(`${where}: ${said}`, `Valid names: ${CONNECTION_KEYS.join(', ')}.`);
}
