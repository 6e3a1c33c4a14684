/** Checks that a name means one thing in each package. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { repositoryFiles } from './code-map.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const SOURCE = /^((?:packages|apps)\/[^/]+)\/src\/.*\.tsx?$/;
const DECLARATION =
  /^(export )?(?:declare )?(?:abstract )?(?:async )?(class|interface|type|enum|function\*?|const) (\w+)/gm;
const TYPE = /^(class|interface|type|enum)$/;

/** What these files export each for their own kind: the walks of the formats, what react binds to its runtime, and what browsers get instead. */
const PARALLEL =
  /^(src\/serializers\/\w+-skip\.ts|src\/(hooks|index)\.ts|src\/transports\/(no-)?node-websocket\.ts)$/;

interface Declaration {
  readonly path: string;
  readonly isExported: boolean;
  readonly isType: boolean;
}

/**
 * `name: files`, for each name that means several things in a package: a type that one file exports and another one
 * declares, and whatever two files export.
 */
function ambiguities(sources: ReadonlyMap<string, string>): string[] {
  const byName = new Map<string, Declaration[]>();
  for (const [path, text] of sources) {
    for (const [, exported, kind = '', name = ''] of text.matchAll(DECLARATION)) {
      const before = byName.get(name) ?? [];
      const known = before.find((declaration) => declaration.path === path);
      const isExported = exported !== undefined || known?.isExported === true;
      const declaration = { path, isExported, isType: TYPE.test(kind) };
      byName.set(name, [...before.filter((each) => each !== known), declaration]);
    }
  }
  return [...byName].flatMap(([name, declarations]) => {
    const exporting = declarations.filter(({ isExported }) => isExported);
    const rivals = declarations.every(({ isType }) => isType) ? declarations : exporting;
    if (exporting.length === 0 || rivals.length < 2) return [];
    if (rivals.every(({ path }) => PARALLEL.test(path))) return [];
    return [`${name}: ${rivals.map(({ path }) => path).join(', ')}`];
  });
}

function packages(): Map<string, Map<string, string>> {
  const found = new Map<string, Map<string, string>>();
  for (const path of repositoryFiles()) {
    const [, folder] = SOURCE.exec(path) ?? [];
    if (folder === undefined) continue;
    const sources = found.get(folder) ?? new Map<string, string>();
    sources.set(path.slice(folder.length + 1), readFileSync(root + path, 'utf8'));
    found.set(folder, sources);
  }
  return found;
}

test.each([...packages()])('each name of %s means one thing', (_folder, sources) => {
  expect(ambiguities(sources)).toEqual([]);
});

test('a name that means several things is reported with its files', () => {
  const sources = new Map([
    ['src/a.ts', 'export interface Line {}\nconst NONE = 1;\nexport function of() {}\n'],
    ['src/b.ts', 'type Line = string;\nconst NONE = 2;\nexport const of = 1;\n'],
    ['src/c.ts', 'function of() {}\n'],
  ]);
  expect(ambiguities(sources)).toEqual(['Line: src/a.ts, src/b.ts', 'of: src/a.ts, src/b.ts']);
});
