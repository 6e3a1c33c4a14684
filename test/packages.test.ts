/** The published packages: what package.json repeats by hand, for no tool derives it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

type Entry = string | Readonly<Record<string, unknown>>;

interface Manifest {
  readonly main: string;
  readonly types: string;
  readonly typesVersions: { readonly '*': Readonly<Record<string, readonly string[]>> };
  readonly exports: Readonly<Record<string, Entry>>;
  readonly publishConfig: { readonly exports: Readonly<Record<string, Entry>> };
}

function manifestOf(name: string): Manifest {
  const file = new URL(`../packages/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
}

/** What an entry `./NAME` has to be: the sources for this repository, CommonJS and ES modules for everybody. */
function published(entry: Entry): Entry {
  if (typeof entry === 'string') return entry;
  const { types, default: module } = entry;
  const inCommonJs = (path: unknown): string => String(path).replace('./dist/', './dist/cjs/');
  return {
    require: { types: inCommonJs(types), default: inCommonJs(module) },
    types: String(module).replace(/\.js$/, '.d.ts'),
    default: module,
  };
}

test.each([
  'protocol',
  'client',
  'router',
  'react',
  'store-sqlite',
  'http-bridge',
  'cluster-nats',
  'opentelemetry',
])(
  'D9 @wamp/%s has the entries it is developed with, and has them for CommonJS and older TypeScript, too',
  (name) => {
    const { main, types, typesVersions, exports, publishConfig } = manifestOf(name);
    const entries = Object.entries(exports);
    expect(publishConfig.exports).toEqual(
      Object.fromEntries(entries.map(([path, entry]) => [path, published(entry)])),
    );
    for (const [, entry] of entries)
      if (typeof entry !== 'string') expect(Object.keys(entry)[0]).toBe('@wamp/source');
    expect([main, types]).toEqual(['./dist/cjs/index.js', './dist/cjs/index.d.ts']);
    const others = entries.filter(([path, entry]) => path !== '.' && typeof entry !== 'string');
    expect(typesVersions['*']).toEqual(
      Object.fromEntries(
        others.map(([path, entry]) => [
          path.slice(2),
          [(entry as { readonly types: string }).types.replace('./dist/', './dist/cjs/')],
        ]),
      ),
    );
  },
);

test('the API reference has every entry of @wamp/client', () => {
  const file = new URL('../packages/client/typedoc.json', import.meta.url);
  const { entryPoints } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly entryPoints: readonly string[];
  };
  const sources = Object.values(manifestOf('client').exports).flatMap((entry) =>
    typeof entry === 'string' ? [] : [String(entry['@wamp/source']).replace('./', '')],
  );
  expect([...entryPoints].sort()).toEqual(sources.sort());
});

interface Description {
  readonly name: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly homepage?: string;
  readonly bugs?: string;
  readonly license?: string;
  readonly repository?: { readonly type: string; readonly url: string; readonly directory?: string };
  readonly files?: readonly string[];
}

function describe(path: string): Description {
  return JSON.parse(readFileSync(new URL(`../${path}package.json`, import.meta.url), 'utf8')) as Description;
}

const publishedFolders = ['packages', 'apps'].flatMap((group) =>
  readdirSync(new URL(`../${group}/`, import.meta.url))
    .map((name) => `${group}/${name}`)
    .filter((folder) => describe(`${folder}/`).private !== true),
);

test.each(publishedFolders)(
  '%s says in its manifest what it is, where it comes from and what it contains',
  (folder) => {
    const root = describe('');
    const { description, keywords, homepage, bugs, license, repository, files } = describe(`${folder}/`);
    expect(description).toMatch(/.{20,}/);
    expect(keywords?.[0]).toBe('wamp');
    expect([bugs, license]).toEqual([root.bugs, root.license]);
    expect(repository).toEqual({ ...root.repository, directory: folder });
    expect(homepage).toBe(`${root.homepage?.replace('#readme', '') ?? ''}/tree/main/${folder}#readme`);
    expect(files).not.toContain('src');
    expect(files).toContain('!dist/**/*.map');
    for (const file of ['README.md', 'LICENSE'])
      expect(existsSync(new URL(`../${folder}/${file}`, import.meta.url)), file).toBe(true);
  },
);

const repository = 'https://github.com/wamp-ts/wamp/';

test.each(publishedFolders)('the README of %s stands alone on the page of a registry', (folder) => {
  const { name } = describe(`${folder}/`);
  const page = readFileSync(new URL(`../${folder}/README.md`, import.meta.url), 'utf8');
  const prose = page.replaceAll(/^```[\s\S]*?^```/gm, '');
  expect(page.startsWith(`# ${name}\n`)).toBe(true);
  expect(page).toMatch(new RegExp(`^npm install (.* )?${name}( |$)`, 'm'));
  expect(prose.trimEnd().endsWith('MIT licensed.')).toBe(true);
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  expect(links.filter((link) => !link.startsWith('https://'))).toEqual([]);
  const inRepository = links.filter((link) => link.startsWith(repository));
  const paths = inRepository.map((link) => link.replace(`${repository}blob/main/`, '').replace(/#.*/, ''));
  expect(paths.filter((path) => !existsSync(new URL(`../${path}`, import.meta.url)))).toEqual([]);
});
