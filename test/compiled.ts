/** Programs for tests that start processes: compiled from the sources of this checkout, once for each state of them. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
} from 'node:fs';
import { rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const kept = join(root, 'node_modules/.cache/wamp-programs');

/** What is loaded with `require`, if it is there: compiled programs find it beside them. */
const FOUND_AT_RUN_TIME: Readonly<Record<string, string>> = {
  bufferutil: 'packages/router',
  libsql: 'packages/store-sqlite',
  'better-sqlite3': 'packages/store-sqlite',
};
/** What `ws` asks for and this repository does not install. */
const ABSENT = ['utf-8-validate'];

/** How long a program is kept after a test has asked for it last (ms). */
const GRACE = 3_600_000;

/** The hash of each source of a program, by its path in the repository. */
type Sources = Readonly<Record<string, string>>;

/**
 * Compiles programs, unless that has been done for the same sources.
 * A program starts in a fraction of the time that a loader for TypeScript takes.
 * @param entries the source of each program, by the name of its result: `{ main: 'packages/cli/src/main.ts' }`
 * @returns the folder of the results, such as `main.js`; beside it is the package.json of the first program
 */
export async function compiled(entries: Readonly<Record<string, string>>): Promise<string> {
  const key = keyOf(entries);
  const found = buildsOf(key).find((folder) => areCurrent(sourcesIn(folder)));
  if (found === undefined) return join(await compile(entries, key), 'program');
  const now = new Date();
  utimesSync(found, now, now);
  return join(found, 'program');
}

/** Stands for all that decides on the result besides the sources. */
function keyOf(entries: Readonly<Record<string, string>>): string {
  const manifests = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/package.json`);
  const files = ['pnpm-lock.yaml', 'test/compiled.ts', ...manifests].filter((file) =>
    existsSync(root + file),
  );
  return hash(
    JSON.stringify([entries, process.version, ...files.map((file) => readFileSync(root + file, 'utf8'))]),
  );
}

function hash(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

function buildsOf(key: string): readonly string[] {
  if (!existsSync(kept)) return [];
  return readdirSync(kept)
    .filter((name) => name.startsWith(key))
    .map((name) => join(kept, name));
}

function sourcesIn(folder: string): Sources {
  try {
    return JSON.parse(readFileSync(join(folder, 'sources.json'), 'utf8')) as Sources;
  } catch {
    // Another process deletes it.
    return {};
  }
}

function areCurrent(sources: Sources): boolean {
  const all = Object.entries(sources);
  return all.length > 0 && all.every(([file, known]) => existsSync(root + file) && hashOf(file) === known);
}

function hashOf(file: string): string {
  return hash(readFileSync(root + file, 'utf8'));
}

async function compile(entries: Readonly<Record<string, string>>, key: string): Promise<string> {
  mkdirSync(kept, { recursive: true });
  removeOld();
  const folder = mkdtempSync(join(kept, 'new-'));
  const sources = await bundle(entries, join(folder, 'program'));
  writeFileSync(join(folder, 'package.json'), manifestOf(Object.values(entries)[0] ?? ''));
  mkdirSync(join(folder, 'node_modules'));
  for (const [name, owner] of Object.entries(FOUND_AT_RUN_TIME)) {
    const place = join(root, owner, 'node_modules', name);
    if (existsSync(place)) symlinkSync(realpathSync(place), join(folder, 'node_modules', name), 'junction');
  }
  const text = JSON.stringify(sources);
  writeFileSync(join(folder, 'sources.json'), text);
  const final = join(kept, `${key}-${hash(text)}`);
  try {
    renameSync(folder, final);
  } catch (error) {
    // Another process has compiled the same meanwhile.
    if (!existsSync(final)) throw error;
    rmSync(folder, { recursive: true });
  }
  return final;
}

function removeOld(): void {
  for (const name of readdirSync(kept)) {
    const folder = join(kept, name);
    const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > GRACE) rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the sources that it has read */
async function bundle(entries: Readonly<Record<string, string>>, outDir: string): Promise<Sources> {
  let files: readonly string[] = [];
  const input = Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(root, file)]));
  const conditions = ['@wamp/source', 'node', 'import', 'module', 'default'];
  await build({
    configFile: false,
    envFile: false,
    root,
    publicDir: false,
    logLevel: 'error',
    resolve: { conditions },
    ssr: { noExternal: true, resolve: { conditions } },
    plugins: [
      {
        name: 'sources',
        buildEnd() {
          files = [...this.getModuleIds()].filter(
            (id) => id.startsWith(root) && !id.includes('node_modules'),
          );
        },
      },
    ],
    build: {
      ssr: true,
      outDir,
      minify: false,
      reportCompressedSize: false,
      target: 'node20',
      rolldownOptions: {
        input,
        external: [...Object.keys(FOUND_AT_RUN_TIME), ...ABSENT],
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  });
  return Object.fromEntries(files.map((file) => relative(root, file)).map((file) => [file, hashOf(file)]));
}

/** The package.json of the package that a file belongs to. */
function manifestOf(file: string): string {
  for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) {
    const manifest = join(root, folder, 'package.json');
    if (existsSync(manifest)) return readFileSync(manifest, 'utf8');
  }
  throw new Error(`${file} belongs to no package: name a file of packages/ or apps/`);
}
