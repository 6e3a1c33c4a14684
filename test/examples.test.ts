/** The examples: short, described, listed and tested. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const folder = new URL('../examples/', import.meta.url);
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => existsSync(new URL(`${entry.name}/src/main.ts`, folder)))
  .map((entry) => entry.name);

function linesOf(path: string): readonly string[] {
  return readFileSync(new URL(path, folder), 'utf8').trimEnd().split('\n');
}

/** Neither empty nor a comment. */
function isCode(line: string): boolean {
  return !/^\s*($|\/\/|\/?\*)/.test(line);
}

function filesIn(path: string): string[] {
  if (!existsSync(new URL(path, folder))) return [];
  return readdirSync(new URL(path, folder)).map((file) => `${path}/${file}`);
}

test.each(names)('example %s has at most 200 lines of code, a README of one page, and a test', (name) => {
  const sources = [...filesIn(`${name}/src`), ...filesIn(`${name}/page`)];
  expect(
    sources
      .filter((file) => file.endsWith('.ts'))
      .flatMap(linesOf)
      .filter(isCode).length,
  ).toBeLessThanOrEqual(200);
  expect(linesOf(`${name}/README.md`).length).toBeLessThanOrEqual(60);
  expect(filesIn(`${name}/test`).filter((file) => file.endsWith('.test.ts'))).not.toEqual([]);
});

test('examples/README.md lists all of them with the command that runs each', () => {
  const page = readFileSync(new URL('README.md', folder), 'utf8');
  const listed = [...page.matchAll(/`npm run example ([\w-]+)`.*\(([\w-]+)\/README\.md\)/g)];
  expect(listed.map(([, run, link]) => [run, link]).sort()).toEqual(names.map((name) => [name, name]).sort());
});
