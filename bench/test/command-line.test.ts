/** What the command line means. */
import { expect, test } from 'vitest';
import { readCommandLine, UsageError } from '../src/command-line.ts';

test('everything is measured and written by default, and only then', () => {
  expect(readCommandLine([])).toMatchObject({ mode: 'full', runs: 5, seconds: 1, write: true });
  for (const args of [['--quick'], ['--check'], ['--only', 'rpc'], ['--no-write'], ['--url', 'ws://a:1/']]) {
    expect(readCommandLine(args)).toMatchObject({ write: false });
  }
  expect(readCommandLine(['--only', 'rpc', '--write'])).toMatchObject({ write: true });
});

test('a router elsewhere, with its process', () => {
  expect(readCommandLine(['--url', 'ws://127.0.0.1:9000/ws', '--pid', '42'])).toMatchObject({
    other: { url: 'ws://127.0.0.1:9000/ws', pid: 42 },
  });
});

test('help is not a command', () => {
  expect(readCommandLine(['--help'])).toBeUndefined();
});

test.each([
  [['--fast']],
  [['--quick', '--check']],
  [['--runs', 'many']],
  [['--seconds', '0']],
  [['--only', '(']],
  [['--pid', '42']],
  [['--url', 'http://127.0.0.1/']],
  [['--url', 'ws://']],
])('%j is refused', (args) => {
  expect(() => readCommandLine(args)).toThrow(UsageError);
});
