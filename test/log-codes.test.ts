/** Holds the table of log codes in docs/operations.md to the codes that the router and its program emit. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { repositoryFiles } from './code-map.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const textOf = (path: string): string => readFileSync(root + path, 'utf8');

/** The files that declare codes; all others emit them. */
const DECLARATIONS = [
  'packages/router/src/log.ts',
  'apps/router/src/log.ts',
  'packages/router/src/events.ts',
];
const EMITTERS = repositoryFiles()
  .filter((path) => /^(packages|apps)\/router\/src\/.*\.ts$/.test(path) && !DECLARATIONS.includes(path))
  .map(textOf);

const matches = (pattern: RegExp, text: string): string[] =>
  [...text.matchAll(pattern)].map(([, code = '']) => code);

/** A call that writes to the log, up to the code of the entry. */
const WRITTEN = /\b(?:log|note)\((?:'\w+'|\w+), '[^']*', \{\s*code: '(\w+)'/g;

const declared = DECLARATIONS.slice(0, 2).flatMap((path) => matches(/^ {2}\| '(\w+)'/gm, textOf(path)));
/** Codes of other packages, which write to `router.log`. */
const added = repositoryFiles()
  .filter((path) => /^packages\/(?!router\/)[\w-]+\/src\/.*\.ts$/.test(path))
  .map(textOf)
  .filter((text) => text.includes('outer.log('))
  .flatMap((text) => matches(/\bcode: '(\w+)'/g, text));
const [, section = ''] = textOf('docs/operations.md').split('### Log entries\n');
const rows = matches(/^\| `(\w+)` +\| (?!level)/gm, section.split('\n## ')[0] ?? '');

test('each code of the log has one row in docs/operations.md, and each row is a code', () => {
  expect(declared.length).toBeGreaterThan(30);
  expect(rows.toSorted()).toEqual([...declared, ...added].toSorted());
});

test('each code of the log is emitted', () => {
  const silent = declared.filter((code) => !EMITTERS.some((text) => text.includes(`'${code}'`)));
  expect(silent).toEqual([]);
});

test('each code that is emitted is declared', () => {
  const written = EMITTERS.flatMap((text) => matches(WRITTEN, text));
  expect(written.length).toBeGreaterThan(20);
  expect(written.filter((code) => !declared.includes(code))).toEqual([]);
});

test('each code of router.events is a code of the log', () => {
  const codes = matches(/readonly code: '(\w+)'/g, textOf('packages/router/src/events.ts'));
  expect(codes.length).toBeGreaterThan(5);
  expect(codes.filter((code) => !declared.includes(code))).toEqual([]);
});

test('each entry of the log names its code, or passes on facts that have one', () => {
  const calls = EMITTERS.flatMap((text) => [
    ...text.matchAll(/\blog\((?:'(?:debug|info|warn|error)'|[\w.]+), '[^']+', (?<facts>[^;]*);/g),
  ]);
  expect(calls.length).toBeGreaterThan(20);
  const without = calls
    .map(({ groups }) => groups?.['facts'] ?? '')
    .filter((facts) => !/\bcode\b|facts/.test(facts));
  expect(without).toEqual([]);
});
