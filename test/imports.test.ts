/** Holds the imports of all source files against the floors of their packages. */
import { expect, test } from 'vitest';
import { floors, mayImport, upward } from './floors.ts';
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

/** The path in the table of floors that a file belongs to, the longest that names it, and the number of its floor. */
function placeOf(file: string): { readonly path: string; readonly floor: number } | undefined {
  const own = within(file);
  const paths = (floors[packageOf(file)] ?? []).flatMap((all, floor) => all.map((path) => ({ path, floor })));
  const naming = paths.filter(({ path }) => path === own || own.startsWith(`${path}/`));
  return naming.sort((one, other) => one.path.length - other.path.length).at(-1) ?? paths.find(isRest);
}

function isRest({ path }: { readonly path: string }): boolean {
  return path === '.';
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

test('a file imports from its own floor and from those below, but for the imports that are listed', () => {
  const found = [...importsIn(graph)]
    .filter(({ from, to }) => packageOf(from) === packageOf(to) && floorOf(to) > floorOf(from))
    .map(({ from, to }) => `${from} → ${within(to)}`);
  expect(found.sort()).toEqual(upward);
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
