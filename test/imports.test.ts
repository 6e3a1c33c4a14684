/** Holds the imports of all source files against the floors of their packages. */
import { dirname, relative } from 'node:path';
import { Linter } from 'eslint';
import { expect, test } from 'vitest';
import { floorRules } from './floor-rules.mjs';
import { floors, mayImport } from './floors.mjs';
import { circlesOf, importGraph, type Graph } from './import-graph.ts';

const graph = importGraph();

/** `packages/client` of `packages/client/src/core/room.ts`. */
function packageOf(file: string): string {
  return file.slice(0, file.indexOf('/src/'));
}

/** The path of a file within the `src` of its package. */
function within(file: string): string {
  return file.slice(file.indexOf('/src/') + '/src/'.length);
}

/** The path in the table of floors that a file belongs to, and the number of its floor. */
function placeOf(file: string): { readonly path: string; readonly floor: number } | undefined {
  const own = within(file);
  const paths = (floors[packageOf(file)] ?? []).flatMap((all, floor) => all.map((path) => ({ path, floor })));
  return paths.find(({ path }) => path === own) ?? paths.find(({ path }) => path === dirname(own));
}

function floorOf(file: string): number {
  return placeOf(file)?.floor ?? -1;
}

/** Every import of the graph. */
function* importsIn(all: Graph): Generator<{ readonly from: string; readonly to: string }> {
  for (const [from, targets] of all) for (const to of targets) yield { from, to };
}

test('each file is on a floor of its package, and each path of the table names a file', () => {
  const files = [...graph.keys()];
  expect(files.filter((file) => placeOf(file) === undefined)).toEqual([]);
  const used = new Set(files.map((file) => `${packageOf(file)}: ${placeOf(file)?.path}`));
  const named = Object.entries(floors).flatMap(([name, all]) => all.flat().map((path) => `${name}: ${path}`));
  expect(named.filter((path) => !used.has(path))).toEqual([]);
});

test('a file imports from its own floor and from those below', () => {
  const found = [...importsIn(graph)]
    .filter(({ from, to }) => packageOf(from) === packageOf(to) && floorOf(to) > floorOf(from))
    .map(({ from, to }) => `${from} → ${within(to)}`);
  expect(found).toEqual([]);
});

test('a package imports only those packages that it may', () => {
  const found = [...importsIn(graph)]
    .map(({ from, to }) => ({ from, on: packageOf(from), other: packageOf(to) }))
    .filter(({ on, other }) => on !== other && mayImport[on]?.includes(other) !== true);
  expect(found).toEqual([]);
});

test('no files import each other in a circle, types included', () => {
  expect(circlesOf(graph)).toEqual([]);
});

test('a circle is found whichever of its files comes first, and apart from the files that lead to it', () => {
  const arrows = { a: ['b', 'd'], b: ['c'], c: ['b'], d: ['e'], e: [], f: ['g'], g: ['h', 'a'], h: ['f'] };
  const circular = [
    ['b', 'c'],
    ['f', 'g', 'h'],
  ];
  expect(circlesOf(new Map(Object.entries(arrows)))).toEqual(circular);
  expect(circlesOf(new Map(Object.entries(arrows).reverse()))).toEqual(circular);
});

/** The imports of those files that the linter refuses to a file. */
function refused(file: string, imports: readonly string[]): string[] {
  const lines = imports.map((target) => {
    const path = relative(dirname(file), target);
    return `import '${path.startsWith('.') ? path : `./${path}`}';`;
  });
  const messages = new Linter().verify(lines.join('\n'), floorRules(), { filename: file });
  return messages.map(({ line }) => imports[line - 1] ?? '');
}

test('the linter refuses the imports that go up, and no others within a package', () => {
  const files = [...graph.keys()];
  const folders = new Map(files.map((file) => [`${packageOf(file)}: ${placeOf(file)?.path}`, file]));
  for (const file of folders.values()) {
    const others = files.filter((other) => other !== file && packageOf(other) === packageOf(file));
    const above = others.filter((other) => floorOf(other) > floorOf(file));
    expect(refused(file, others), file).toEqual(above);
  }
});
