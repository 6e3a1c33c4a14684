/** Holds the section "First steps" of docs/operations.md to the file that `wamp-router init` writes, and to what it has to show. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readConfiguration } from '../apps/router/src/config/load.ts';
import { writeExample } from '../apps/router/src/init.ts';
import { actsOf, changed, isPrinted } from '../scripts/follow/transcript.ts';

const acts = actsOf(readFileSync(new URL('../docs/operations.md', import.meta.url), 'utf8'), 'First steps');

test('the section shows each step of an operator once', () => {
  const commands = acts.flatMap((act) => (act.kind === 'command' ? [act.command] : []));
  const steps = [
    /^npm install @wamp\/router-server @wamp\/cli$/,
    /^wamp-router init/,
    /^wamp-router check/,
    /^wamp-router start/,
    /^wamp call com\./,
    /--auth wampcra/,
    /\/site\/$/,
    /\/metrics/,
    /^wamp-router reload --config wamp\.yaml$/,
    /^kill %1/,
  ];
  for (const step of steps)
    expect(
      commands.filter((command) => step.test(command)),
      String(step),
    ).toHaveLength(1);
});

test('the changes of the section fit the file that init writes, and make a valid configuration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wamp-first-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'wamp.yaml');
  writeExample(file);
  mkdirSync(join(folder, 'site'));
  writeFileSync(join(folder, 'ada.secret'), 'a secret');
  let text = readFileSync(file, 'utf8');
  for (const act of acts) if (act.kind === 'change') text = changed(text, act.hunks);
  const { configuration } = readConfiguration(text, { file, environment: {} });
  expect(configuration.realms[0]?.auth).toHaveProperty('wampcra');
});

test('a change is refused unless the file has its lines once', () => {
  const hunks = [{ before: 'b\n', after: 'c\n' }];
  expect(changed('a\nb\n', hunks)).toBe('a\nc\n');
  expect(() => changed('a\n', hunks)).toThrow('does not have');
  expect(() => changed('b\nb\n', hunks)).toThrow('more than once');
});

test('an ellipsis stands for any text, and all other text for itself', () => {
  expect(isPrinted('added 3 packages in 2s\nwarning\n', '…added … packages…')).toBe(true);
  expect(isPrinted('1.5\n', '1.5')).toBe(true);
  expect(isPrinted('125\n', '1.5')).toBe(false);
  expect(isPrinted('', '')).toBe(true);
});
