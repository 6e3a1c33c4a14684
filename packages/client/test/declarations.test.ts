/** What other people's compilers make of our declarations: real runs of `tsc` over small projects. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const packages = fileURLToPath(new URL('../..', import.meta.url));
/** The compilers that people have. */
type Compiler = 'typescript' | 'typescript-7';

interface Manifest {
  readonly publishConfig: { readonly exports: Readonly<Record<string, unknown>> };
}
/** What a web page is compiled with: no types of Node, nothing newer than 2022, and declarations checked, too. */
const browser = {
  noEmit: true,
  strict: true,
  skipLibCheck: false,
  target: 'es2022',
  lib: ['es2022', 'dom'],
  types: [],
  module: 'esnext',
  moduleResolution: 'bundler',
};

let folder: string;

beforeAll(async () => {
  // Within the package, so that what our packages depend on is found.
  folder = await mkdtemp(fileURLToPath(new URL('../node_modules/declarations-', import.meta.url)));
  for (const name of ['protocol', 'client']) await publish(name);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Runs a compiler; gives what it prints. */
async function tsc(compiler: Compiler, args: readonly string[]): Promise<string> {
  const program = fileURLToPath(new URL(`../../../node_modules/${compiler}/bin/tsc`, import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], (_error, stdout) => {
      resolve(stdout);
    });
  });
}

/** The package as it would be installed: its published `exports`, and declarations made from the source. */
async function publish(name: string): Promise<void> {
  const home = join(folder, 'node_modules', '@wamp', name);
  await mkdir(home, { recursive: true });
  const manifest = await manifestOf(name);
  const { exports } = manifest.publishConfig;
  await writeFile(join(home, 'package.json'), JSON.stringify({ ...manifest, exports }));
  const dependencies = join(packages, name, 'node_modules');
  await symlink(dependencies, join(home, 'node_modules'), 'dir');
  await emit(name, home);
}

/** Writes the declarations of a package, with the compiler settings of its build. */
async function emit(name: string, home: string): Promise<void> {
  const config = join(home, 'tsconfig.json');
  await writeFile(
    config,
    JSON.stringify({
      extends: join(packages, name, 'tsconfig.build.json'),
      compilerOptions: {
        composite: false,
        emitDeclarationOnly: true,
        declarationMap: false,
        sourceMap: false,
        tsBuildInfoFile: null,
        incremental: false,
        rootDir: join(packages, name, 'src'),
        outDir: join(home, 'dist'),
        // The check of the sources is another step.
        noCheck: true,
      },
      include: [join(packages, name, 'src')],
    }),
  );
  expect(await tsc('typescript-7', ['-p', config])).toBe('');
}

async function manifestOf(name: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(packages, name, 'package.json'), 'utf8')) as Manifest;
}

/** Compiles files in one project; gives the errors of the compiler. */
async function compile(
  compiler: Compiler,
  sources: Readonly<Record<string, string>>,
  options: object,
): Promise<string> {
  const home = await mkdtemp(join(folder, 'project-'));
  await writeFile(join(home, 'package.json'), '{"type": "module"}');
  const files = Object.keys(sources).map((name) => `${name}.ts`);
  for (const [name, source] of Object.entries(sources)) await writeFile(join(home, `${name}.ts`), source);
  await writeFile(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }));
  return tsc(compiler, ['-p', home]);
}

/** A module that imports each published entry of both packages. */
async function everyEntry(): Promise<string> {
  const lines: string[] = [];
  for (const name of ['protocol', 'client']) {
    for (const entry of Object.keys((await manifestOf(name)).publishConfig.exports)) {
      if (entry === './package.json') continue;
      lines.push(`export * as n${lines.length} from '@wamp/${name}${entry.slice(1)}';`);
    }
  }
  return lines.join('\n');
}

const typed = (contract: string, uses: string): string => `
  import { connect } from '@wamp/client';
  interface Api { ${contract} }
  const session = await connect<Api>('wss://example.com/ws', { realm: 'realm1' });
  ${uses}
  export {};
`;

const PROCEDURES = `procedures: { 'math.add2': (a: number, b: number) => number }`;
const TOPICS = `topics: { 'chat.msg': [text: string] }`;
const NO_TOPICS = `procedures: { now: () => string }; topics: {}`;

/** Modules of a web page, each with a mistake: the code of the only error that the compiler finds in it. */
const MISTAKES: readonly (readonly [what: string, code: string, source: string])[] = [
  [
    'a port instead of a URL',
    'TS2345',
    `import { connect } from '@wamp/client';
    export const session = await connect(8080, { realm: 'realm1' });`,
  ],
  [
    'a procedure that a contract does not name',
    'TS2345',
    typed(PROCEDURES, `await session.call('math.add3', [2, 3]);`),
  ],
  [
    'an argument of another type than in a contract',
    'TS2322',
    typed(PROCEDURES, `await session.call('math.add2', ['2', 3]);`),
  ],
  [
    'a topic that a contract does not name',
    'TS2345',
    typed(TOPICS, `await session.publish('chat.msgs', ['hello']);`),
  ],
  [
    'an event of another type than in a contract',
    'TS2322',
    typed(TOPICS, `await session.publish('chat.msg', [1]);`),
  ],
  ['a topic where a contract has none', 'TS2554', typed(NO_TOPICS, `await session.publish('com.news');`)],
];

/** Modules of a web page without mistakes. */
const RIGHT = {
  procedures: typed(
    PROCEDURES,
    `
    const sum: number = await session.call('math.add2', [2, 3]);
    await session.publish('com.news', [sum], { kwargs: { by: 'me' } });
    await session.subscribe('com.news', ([text]: string[]) => text);
    `,
  ),
  topics: typed(
    TOPICS,
    `
    await session.publish('chat.msg', ['hello']);
    const sum = (await session.call('math.add2', [2, 3])) as number;
    await session.register('math.add3', ([a]: number[]) => Number(a) + sum);
    `,
  ),
  'no-topics': typed(NO_TOPICS, `await session.call('now');`),
};

describe('modules of a web page', () => {
  /** What the compiler says, by the file that it is about; what is about no file is under ''. */
  const told = new Map<string, string[]>();
  const about = (file: string): readonly string[] => told.get(`${file}.ts`) ?? [];

  beforeAll(async () => {
    const wrong = MISTAKES.map(([, , source], index) => [`wrong-${index}`, source] as const);
    const sources = { entries: await everyEntry(), ...RIGHT, ...Object.fromEntries(wrong) };
    // A message may go on in further lines, which are indented.
    for (const error of (await compile('typescript-7', sources, browser)).split(/\n(?! )/).filter(Boolean)) {
      const [, file = ''] = /([^/\\]+)\(\d+,\d+\): error/.exec(error) ?? [];
      told.set(file, [...(told.get(file) ?? []), error]);
    }
  });

  test('D9 every entry compiles in a browser project without the types of Node', () => {
    expect(about('entries')).toEqual([]);
    const mistaken = [...told.keys()].filter((file) => !/^wrong-\d+\.ts$/.test(file));
    expect(mistaken).toEqual([]);
  });

  test.each(MISTAKES.map(([what, code], index) => [what, code, index] as const))(
    'D9 the compiler reports %s: %s',
    (_what, code, index) => {
      expect(about(`wrong-${index}`)).toEqual([expect.stringContaining(`error ${code}: `)]);
    },
  );

  test('D9 a contract of procedures only leaves topics open', () => {
    expect(about('procedures')).toEqual([]);
  });

  test('D9 a contract of topics only leaves procedures open', () => {
    expect(about('topics')).toEqual([]);
  });

  test('D9 a contract may be empty on one side, which then has no URI', () => {
    expect(about('no-topics')).toEqual([]);
  });
});

test('D9 every entry compiles in a project of ES modules as Node has them', async () => {
  const node = { ...browser, module: 'nodenext', moduleResolution: 'nodenext' };
  expect(await compile('typescript', { main: await everyEntry() }, node)).toBe('');
});
