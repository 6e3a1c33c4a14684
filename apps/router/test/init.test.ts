/** `wamp-router init` on a terminal: the questions, and the file that comes of the answers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfiguration } from '../src/config/load.ts';
import { RUNTIME, USAGE } from '../src/failure.ts';
import { askForWishes, whyUnwritten, writeExample } from '../src/init.ts';

/** Answers one line after another, and notes the questions. */
function lines(...answers: readonly (string | undefined)[]) {
  const asked: string[] = [];
  const left = [...answers];
  const ask = (question: string): Promise<string | undefined> => {
    asked.push(question);
    return Promise.resolve(left.shift());
  };
  return { ask, asked };
}

test('init asks for realm, port and origin, again when an answer is not valid, and writes them', async () => {
  const { ask, asked } = lines(
    'wamp.x',
    ' com.example ',
    '99999',
    '9000',
    'https://App.example',
    'https://app.example',
  );
  const wishes = await askForWishes(ask);
  expect(asked).toEqual([
    'Name of the realm [realm1]: ',
    'expected a URI such as com.example, not below wamp. Name of the realm [realm1]: ',
    'Port to listen on [8080]: ',
    'expected a whole number from 0 to 65535. Port to listen on [8080]: ',
    'Origin of web pages of other hosts that may connect (empty for none): ',
    'expected an origin such as https://app.example. Origin of web pages of other hosts that may connect (empty for none): ',
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'wamp-init-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const file = join(folder, 'wamp.yaml');
  writeExample(file, wishes);
  const { listeners, realms } = loadConfiguration(file, {}).configuration;
  expect(realms.map(({ name }) => name)).toEqual(['com.example']);
  expect(listeners[0]).toMatchObject({ port: 9000, origins: ['https://app.example'] });
});

test('empty answers mean the defaults, and the end of the input writes nothing', async () => {
  expect(await askForWishes(lines('', '', '').ask)).toEqual({ realm: 'realm1', port: '8080', origin: '' });
  await expect(askForWishes(lines('com.example', undefined).ask)).rejects.toThrow('nothing was written');
});

test.each([
  ['EEXIST', USAGE, 'etc/wamp.yaml is there already; name another file, or delete it'],
  ['ENOENT', RUNTIME, 'etc/wamp.yaml cannot be written: there is no folder etc; create it'],
  ['ENOTDIR', RUNTIME, 'etc/wamp.yaml cannot be written: etc is no folder; name another file'],
  [
    'EROFS',
    RUNTIME,
    'etc/wamp.yaml cannot be written: this user may not write to etc; name a file elsewhere',
  ],
  ['ENOSPC', RUNTIME, 'etc/wamp.yaml cannot be written: no room'],
])('a file that cannot be written for %s is told with what to do', (code, exitCode, message) => {
  const error = Object.assign(new Error('no room'), { code });
  expect(whyUnwritten('etc/wamp.yaml', error)).toMatchObject({ exitCode, message });
});

test('init never writes over anything, and needs a folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wamp-init-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const file = join(folder, 'wamp.yaml');
  writeExample(file);
  expect(() => writeExample(file)).toThrow('is there already');
  expect(() => writeExample(folder)).toThrow('is there already');
  expect(() => writeExample(join(folder, 'none', 'wamp.yaml'))).toThrow('there is no folder');
  expect(() => writeExample(join(file, 'wamp.yaml'))).toThrow('is no folder');
});
