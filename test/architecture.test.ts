/** Checks ARCHITECTURE.md against the tree, and docs/dependencies.md against the manifests. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { repositoryFiles as files } from './code-map.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

function read(path: string): string {
  return readFileSync(root + path, 'utf8');
}

function named(path: string, expression: RegExp): string[] {
  return [...read(path).matchAll(expression)].map(([, name = '']) => name).sort();
}

test('every file that ARCHITECTURE.md names by its path exists', () => {
  const known = files();
  const mentioned = new Set(named('ARCHITECTURE.md', /`((?:[\w-]+\/)+[\w.-]+\.ts)`/g));
  const missing = [...mentioned].filter((path) => !known.some((file) => file.endsWith(path)));
  expect(missing).toEqual([]);
});

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

test('every direct dependency has its reason, and nothing else has', () => {
  const manifests = files().filter((file) => file.endsWith('package.json'));
  const direct = manifests.flatMap((file) => {
    const { dependencies, optionalDependencies, devDependencies } = JSON.parse(read(file)) as Manifest;
    return Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies });
  });
  const foreign = new Set(direct.filter((name) => !name.startsWith('@wamp/')));
  const rows = read('docs/dependencies.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  const reasoned = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );
  expect([...foreign].sort()).toEqual([...reasoned].sort());
});
