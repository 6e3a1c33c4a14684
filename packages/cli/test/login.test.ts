/** Logging in by every method, and the secrets that `keygen` and `auth hash` make for it. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cryptosign, scram, ticket, wampcra } from '../../router/src/index.ts';
import { Place } from './support/place.ts';

const realms = ['realm1'];
const authrole = 'user';

/** Logs in, and gives the authid and role that the router knows us by. */
async function whoAmI(place: Place, words: readonly string[], stdin = ''): Promise<unknown> {
  const { exit, stdout, stderr } = await place.wamp(['sessions', ...words], { stdin });
  if (exit !== 0) return { exit, stderr };
  const { authid, authrole: role } = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  return { authid, role };
}

const JOE = ['--authid', 'joe', '--secret-file', '-'];

test('ticket, with the secret from standard input, a variable or a file', async () => {
  const tickets = new Map([['joe', { authrole, ticket: 's3cret' }]]);
  await using place = await Place.open({ realms, authenticators: [ticket(tickets)] });
  expect(await whoAmI(place, ['--auth', 'ticket', ...JOE], 's3cret\r\n')).toEqual({
    authid: 'joe',
    role: 'user',
  });
  const env = { WAMP_AUTH: 'ticket', WAMP_AUTHID: 'joe', WAMP_SECRET: 's3cret' };
  expect(await place.wamp(['ping', '--count', '1'], { env })).toMatchObject({ exit: 0 });
  const wrong = await place.wamp(['ping', '--count', '1'], { env: { ...env, WAMP_SECRET: 'wr0ng' } });
  expect(wrong).toMatchObject({ exit: 4, stdout: '' });
  expect(wrong.stderr).toContain('Check --auth (ticket), --authid and the secret');
  expect(wrong.stderr).not.toContain('wr0ng');
});

test('a password typed at a terminal is not shown', async () => {
  const tickets = new Map([['joe', { authrole, ticket: 's3cret' }]]);
  await using place = await Place.open({ realms, authenticators: [ticket(tickets)] });
  const running = place.start(['ping', '--count', '1', '--auth', 'ticket', '--authid', 'joe'], {
    terminal: true,
  });
  running.type('s3crex\u007ft\r');
  const { exit, stdout, stderr } = await running.ended;
  expect(exit).toBe(0);
  expect(stderr).toBe('Ticket: \n');
  expect(stdout).not.toContain('s3c');
});

test.each([[[]], [['--kdf', 'pbkdf2', '--iterations', '4096']]])(
  'scram, with keys of wamp auth hash %j',
  async (options) => {
    await using maker = await Place.open({ realms });
    const { stdout } = await maker.wamp(['auth', 'hash', ...options], { stdin: 'pencil\n' });
    const { stored_key: storedKey, server_key: serverKey, ...rest } = JSON.parse(stdout) as ScramRow;
    const joe = { authrole, ...rest, storedKey, serverKey };
    await using place = await Place.open({ realms, authenticators: [scram(new Map([['joe', joe]]))] });
    expect(await whoAmI(place, ['--auth', 'scram', ...JOE], 'pencil\n')).toEqual({
      authid: 'joe',
      role: 'user',
    });
    expect(await whoAmI(place, ['--auth', 'scram', ...JOE], 'crayon\n')).toMatchObject({ exit: 4 });
  },
);

interface ScramRow {
  readonly kdf: 'argon2id13' | 'pbkdf2';
  readonly iterations: number;
  readonly memory?: number;
  readonly salt: string;
  readonly stored_key: string;
  readonly server_key: string;
}

test('wampcra, with a key of wamp auth hash', async () => {
  await using maker = await Place.open({ realms });
  const { stdout } = await maker.wamp(['auth', 'hash', '--method', 'wampcra'], { stdin: 'pencil\n' });
  const row = JSON.parse(stdout) as { key: string; salt: string; iterations: number; keylen: number };
  const joe = { authrole, ...row };
  await using place = await Place.open({ realms, authenticators: [wampcra(new Map([['joe', joe]]))] });
  expect(await whoAmI(place, ['--auth', 'wampcra', ...JOE], 'pencil\n')).toEqual({
    authid: 'joe',
    role: 'user',
  });
});

test('cryptosign, with a key of wamp keygen, which is for its owner alone and never replaced', async () => {
  await using maker = await Place.open({ realms });
  const file = join(maker.home, 'key');
  const made = await maker.wamp(['keygen', file]);
  const { public_key: publicKey } = JSON.parse(made.stdout) as { public_key: string };
  const seed = readFileSync(file, 'utf8').trim();
  expect(seed).toMatch(/^[\da-f]{64}$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(made.stdout + made.stderr).not.toContain(seed);
  expect(JSON.parse((await maker.wamp(['keygen', file, '--public'])).stdout)).toEqual({
    file,
    public_key: publicKey,
  });
  expect(await maker.wamp(['keygen', file])).toMatchObject({ exit: 2 });
  expect(readFileSync(file, 'utf8').trim()).toBe(seed);
  const keys = new Map([['joe', { authrole, authorizedKeys: [publicKey] }]]);
  await using place = await Place.open({ realms, authenticators: [cryptosign(keys)] });
  const words = ['--auth', 'cryptosign', '--authid', 'joe', '--secret-file', file];
  expect(await whoAmI(place, words)).toEqual({ authid: 'joe', role: 'user' });
});

test.each<[words: string[], said: string]>([
  [['--auth', 'ticket'], 'needs an authid'],
  [['--auth', 'ticket', '--authid', 'joe'], 'needs a secret'],
  [['--secret-file', '-'], 'no authentication method'],
  [['--auth', 'scram', '--authid', 'joe', '--secret-file', '/no/such/file'], '/no/such/file does not exist'],
  [['--auth', 'cryptosign', '--secret-file', '-'], 'is not an Ed25519 key'],
])('%j is refused before anything is sent', async (words, said) => {
  await using place = await Place.open({ realms });
  const { exit, stdout, stderr } = await place.wamp(['ping', ...words], { stdin: 'no key\n' });
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
  expect(stderr).toContain(said);
  expect(stderr).not.toContain('no key');
});
