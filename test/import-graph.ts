/** Which source file of the workspace imports which, types included. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The folders of all packages and apps. */
const packages = ['packages', 'apps'].flatMap((parent) =>
  readdirSync(join(root, parent)).map((name) => `${parent}/${name}`),
);

function filesIn(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
    join(folder, file),
  );
}

/** The imports of each source file, by its path in the repository: `packages/client/src/call.ts`. */
export type Graph = ReadonlyMap<string, readonly string[]>;

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, string | { readonly '@wamp/source'?: string }>>;
}

/** Reads every file of `packages/<name>/src` and `apps/<name>/src`. An import counts when it is relative, or of `@wamp/…`. */
export function importGraph(): Graph {
  const entries = entryPoints();
  const files = packages.flatMap((folder) => filesIn(`${folder}/src`)).filter((file) => /\.tsx?$/.test(file));
  return new Map(
    files.map((file) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(join(root, file), 'utf8'), true, true);
      const targets = importedFiles.map(({ fileName }) =>
        fileName.startsWith('.') ? join(dirname(file), fileName) : entries.get(fileName),
      );
      return [file, [...new Set(targets.filter((target) => target !== undefined))]];
    }),
  );
}

/** The source file of each entry of the packages: `@wamp/protocol/cbor`, say. */
function entryPoints(): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of packages) {
    const { name, exports = {} } = JSON.parse(
      readFileSync(join(root, folder, 'package.json'), 'utf8'),
    ) as Manifest;
    for (const [entry, target] of Object.entries(exports)) {
      const source = typeof target === 'string' ? undefined : target['@wamp/source'];
      if (source !== undefined) found.set(join(name, entry), join(folder, source));
    }
  }
  return found;
}

/** Tarjan's strongly connected components of more than one file: each is a circle, or several that meet. */
export function circlesOf(graph: Graph): string[][] {
  const circles: string[][] = [];
  const order = new Map<string, number>();
  const stack: string[] = [];

  /** Returns the smallest number that can be reached from `file` among the files of the stack. */
  function visit(file: string): number {
    const number = order.size;
    order.set(file, number);
    stack.push(file);
    let lowest = number;
    for (const target of graph.get(file) ?? []) {
      if (!order.has(target)) lowest = Math.min(lowest, visit(target));
      else if (stack.includes(target)) lowest = Math.min(lowest, order.get(target) ?? number);
    }
    if (lowest === number) {
      const component = stack.splice(stack.indexOf(file));
      if (component.length > 1) circles.push(component.sort());
    }
    return lowest;
  }

  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return circles.sort();
}
