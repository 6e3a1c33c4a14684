/** `wamp-router explain`: explanations of keys and codes; each code has one. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readCommandLine } from '../src/command-line.ts';
import { readConfiguration } from '../src/config/load.ts';
import { explainWord } from '../src/explain-word.ts';
import { CODES } from '../src/log-codes.ts';

const YAML = `listeners: [{ port: 0, message_size: 2MiB }, { port: 1 }]
realms:
  - name: one
  - { name: two, disclosure: false }
limits:
  queue_size: 4MiB
`;
const loaded = readConfiguration(YAML, { file: 'wamp.yaml', environment: {} });

test('a key is explained with its meaning, the expected value, its default, and where it is set', () => {
  expect(explainWord('limits.queue_size', loaded).split('\n')).toEqual([
    'limits.queue_size',
    expect.stringMatching(/^ {2}\w/),
    '  expected: a size such as 64KiB or 1MiB',
    '  default: "8MiB"',
    '  set at wamp.yaml:6:15',
  ]);
  expect(explainWord('limits.hello_timeout', loaded)).toContain('not set in the file');
  expect(explainWord('limits.hello_timeout')).not.toContain('set');
});

test('a key of a list is explained for each item, with an index or without, and by its last part', () => {
  for (const word of ['realms[].disclosure', 'realms[1].disclosure', 'disclosure']) {
    expect(explainWord(word, loaded)).toContain('  set at wamp.yaml:4:30');
  }
  expect(explainWord('realms[].name', loaded)).toMatch(
    /required\n {2}set at wamp\.yaml:3:11, wamp\.yaml:4:13$/,
  );
});

test('a name of several keys is explained for each, or listed when there are many', () => {
  expect(
    explainWord('message_size')
      .split('\n')
      .filter((line) => !line.startsWith(' ')),
  ).toEqual(['listeners[].message_size', 'listeners[].paths.*.message_size', 'limits.message_size']);
  expect(explainWord('role')).toMatch(/^role is a key at several places, name one of them:\n {2}realms/);
});

test('a code is explained with its level', () => {
  expect(explainWord('login_refused')).toMatch(/^login_refused: a code of the log, level info\n {2}A client/);
  expect(explainWord('draining')).toMatch(/^draining: a reason of \/health\/ready\n/);
});

test('any other word is refused with the nearest', () => {
  expect(() => explainWord('x'.repeat(10_000))).toThrow(`${'x'.repeat(80)}… is neither a key`);
  expect(() => explainWord('queue_sice')).toThrow(/neither a key .* did you mean queue_size\?/);
  expect(() => explainWord('login_refusd')).toThrow('did you mean login_refused?');
  expect(() => explainWord('zzzzzzzzzzzz')).toThrow('configuration-reference.md has all keys');
});

test('the command line takes a word, and a file', () => {
  expect(readCommandLine(['explain', 'limits', '--config', 'wamp.yaml'])).toEqual({
    name: 'explain',
    word: 'limits',
    config: 'wamp.yaml',
  });
});

test('the level of each code is that of docs/operations.md, which has all codes of the log', () => {
  const page = readFileSync(fileURLToPath(new URL('../../../docs/operations.md', import.meta.url)), 'utf8');
  const [, section = ''] = page.split('### Log entries\n');
  const rows = [...section.matchAll(/^\| `(\w+)` +\| ([\w, ]+?) +\|/gm)].map(([, code, level]) => [
    code,
    level,
  ]);
  const ofLog = Object.entries(CODES).filter(([, { level }]) => level !== 'health');
  expect(Object.fromEntries(rows)).toEqual(
    Object.fromEntries(ofLog.map(([code, { level }]) => [code, level])),
  );
});
