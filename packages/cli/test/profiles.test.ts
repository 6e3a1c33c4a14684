/** Profiles, variables and options: which counts, what is refused, and where secrets never go. */
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { settings } from '../src/session/settings.ts';
import { Place } from './support/place.ts';
import type { Circumstances, Outcome } from './support/terminal.ts';

let place: Place;

beforeEach(async () => {
  place = await Place.open();
});
afterEach(() => place[Symbol.asyncDispose]());

function file(name: string): string {
  return join(place.home, '.config', 'wamp', 'profiles', `${name}.json`);
}

function write(name: string, content: object, mode = 0o600): void {
  mkdirSync(dirname(file(name)), { recursive: true });
  writeFileSync(file(name), JSON.stringify(content));
  chmodSync(file(name), mode);
}

/** Runs without a variable that says where the router is. */
function wamp(words: string, circumstances: Circumstances = {}): Promise<Outcome> {
  return place.wamp(words.split(' '), { ...circumstances, env: { WAMP_URL: '', ...circumstances.env } });
}

test('a profile is written for its owner alone, shown without its secret, and used by name', async () => {
  const set = await wamp(`profile set local --url ${place.url} --realm realm1 --with-secret`, {
    stdin: 's3cret\n',
  });
  expect(set).toEqual({ exit: 0, stdout: '', stderr: `wamp: written: ${file('local')}\n` });
  expect(statSync(file('local')).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(file('local'), 'utf8'))).toEqual({
    url: place.url,
    realm: 'realm1',
    secret: 's3cret',
  });
  const shown = await wamp('profile show local');
  expect(JSON.parse(shown.stdout)).toEqual({ url: place.url, realm: 'realm1', secret: '(kept)' });
  expect((await wamp('profile list')).stdout).toBe('"local"\n');
  expect(await wamp('ping --count 1 --profile local --auth anonymous')).toMatchObject({ exit: 0 });
  expect(await wamp('profile remove local')).toMatchObject({ exit: 0 });
  expect(await wamp('profile remove local')).toMatchObject({ exit: 2 });
});

test('a profile with a secret that others may read is refused; one without a secret is not', async () => {
  write('open', { url: place.url, secret: 's3cret', auth: 'ticket', authid: 'joe' }, 0o640);
  const refused = await wamp('ping --profile open');
  expect(refused.exit).toBe(2);
  expect(refused.stderr).toContain('other users may read or write it (mode 640)');
  expect(refused.stderr).toContain(`chmod 600 '${file('open')}'`);
  expect(refused.stderr).not.toContain('s3cret');
  write('harmless', { url: place.url }, 0o644);
  expect(await wamp('ping --count 1 --profile harmless')).toMatchObject({ exit: 0 });
});

test('a secret file that others may read is refused', async () => {
  const secret = join(place.home, 'secret');
  writeFileSync(secret, 's3cret\n');
  chmodSync(secret, 0o604);
  const { exit, stderr } = await place.wamp([
    'ping',
    '--auth',
    'ticket',
    '--authid',
    'joe',
    '--secret-file',
    secret,
  ]);
  expect(exit).toBe(2);
  expect(stderr).toContain('mode 604');
});

test.each<[content: object, words: string]>([
  [{ relm: 'realm1' }, "unknown option '--relm' (Did you mean --realm?)"],
  [{ url: 'nonsense' }, "url argument 'nonsense' is invalid. It must be a URL"],
  [{ auth: 'pasword' }, "auth argument 'pasword' is invalid. Allowed choices are anonymous, ticket"],
  [{ realm: 7 }, 'realm must be a string'],
  [{ secret: 7 }, 'secret must be a string'],
])('a profile that says %j is refused, with what was meant', async (content, words) => {
  write('default', content);
  const { exit, stderr } = await wamp('ping');
  expect(exit).toBe(2);
  expect(stderr).toContain(`wamp: profile ${file('default')}`);
  expect(stderr).toContain(words.replace("option '--relm'", 'relm').replace('--realm', 'realm'));
});

test('a profile that is not JSON or does not exist is refused', async () => {
  write('default', {});
  writeFileSync(file('default'), '{ url: x');
  expect(await wamp('ping')).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('is not a JSON object') as string,
  });
  write('other', {});
  const { exit, stderr } = await wamp('ping --profile othr');
  expect(exit).toBe(2);
  expect(stderr).toContain('Existing profiles: default, other.');
});

test('an invalid variable is refused by name', async () => {
  const { exit, stderr } = await place.wamp(['ping'], { env: { WAMP_URL: 'here' } });
  expect(exit).toBe(2);
  expect(stderr).toContain("wamp: variable WAMP_URL: url argument 'here' is invalid.");
});

test('options count more than a named profile, that more than variables, those more than the usual profile', () => {
  const env = { HOME: place.home, WAMP_REALM: 'from.env', WAMP_SERIALIZER: 'cbor' };
  write('default', { realm: 'from.default', authid: 'joe' });
  write('named', { realm: 'from.named' });
  expect(settings({}, env)).toMatchObject({ realm: 'from.env', authid: 'joe', serializer: 'cbor' });
  expect(settings({ profile: 'named' }, env)).toMatchObject({ realm: 'from.named', serializer: 'cbor' });
  expect(settings({ profile: 'named', realm: 'from.option' }, env)).toMatchObject({ realm: 'from.option' });
  expect(settings({}, { HOME: place.home, WAMP_PROFILE: 'named' })).toMatchObject({ realm: 'from.named' });
  expect(settings({}, { HOME: '/nowhere' })).toEqual({ url: 'ws://127.0.0.1:8080/ws', realm: 'realm1' });
});

test('the credentials of a profile go to no other router than its own', () => {
  const credentials = { auth: 'ticket', authid: 'joe', secret: 's3cret' };
  write('default', { url: 'wss://example.com/ws', realm: 'com.example', ...credentials });
  const env = { HOME: place.home };
  expect(settings({}, env)).toMatchObject(credentials);
  expect(settings({ url: 'wss://example.com/other' }, env)).toMatchObject(credentials);
  expect(settings({ url: 'ws://example.com/ws' }, env)).toEqual({
    url: 'ws://example.com/ws',
    realm: 'com.example',
  });
  expect(settings({}, { ...env, WAMP_URL: 'wss://evil.example/ws' })).not.toHaveProperty('secret');
  expect(settings({ profile: 'default', url: 'wss://evil.example/ws' }, env)).not.toHaveProperty('authid');
});

test('a secret in a variable, or in a file that an option names, counts more than that of a profile', () => {
  write('default', { auth: 'ticket', authid: 'joe', secret: 'of the profile' });
  const env = { HOME: place.home };
  expect(settings({}, { ...env, WAMP_SECRET: 'of the variable' }).secret).toBe('of the variable');
  expect(settings({ secretFile: 'file' }, { ...env, WAMP_SECRET: 'of the variable' })).not.toHaveProperty(
    'secret',
  );
  expect(settings({}, { ...env, WAMP_SECRET_FILE: 'file' })).not.toHaveProperty('secret');
});
