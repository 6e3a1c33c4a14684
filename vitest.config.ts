// The vitest projects, one for each workspace package; everything runs from source, so no build is needed first.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultClientConditions, defaultServerConditions } from 'vite';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { ClosingLineReporter } from './scripts/closing-line-reporter.ts';
import { LongestFirst } from './scripts/longest-first.ts';

const root = fileURLToPath(new URL('.', import.meta.url));
const source = '@wamp/source';

function foldersIn(parent: string): string[] {
  if (!existsSync(root + parent)) return [];
  return readdirSync(root + parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${parent}/${entry.name}`);
}

const folders = [
  ...foldersIn('packages'),
  ...foldersIn('apps'),
  ...foldersIn('examples'),
  'interop',
  'bench',
].filter((folder) => existsSync(`${root}${folder}/test`));

/** What runs before the tests of a file, besides the seed of random tests. */
const SETUP: Readonly<Record<string, readonly string[]>> = {
  'packages/client': ['handlers-loaded.ts'],
  'packages/router': ['support/spoil-what-is-free.ts'],
};

/** The test files of a folder that replace modules with `vi.mock`: what they load is theirs alone. */
function mockingIn(folder: string): string[] {
  const tests = `${root}${folder}/test`;
  return readdirSync(tests, { recursive: true, encoding: 'utf8' })
    .filter(
      (file) => file.endsWith('.test.ts') && readFileSync(`${tests}/${file}`, 'utf8').includes('vi.mock('),
    )
    .map((file) => `test/${file.replaceAll(sep, '/')}`);
}

/**
 * The tests of a folder. Its files share a process and the modules that they load, one after the other, and leave nothing behind:
 * so they take two thirds of the CPU time. Those that mock have a process each.
 */
function projectsOf(folder: string): TestProjectInlineConfiguration[] {
  const mocking = mockingIn(folder);
  const project = (
    name: string,
    test: TestProjectInlineConfiguration['test'],
  ): TestProjectInlineConfiguration => ({
    extends: true,
    root: root + folder,
    test: {
      ...test,
      name,
      setupFiles: [
        `${root}test/seed.ts`,
        ...(SETUP[folder]?.map((file) => `${root}${folder}/test/${file}`) ?? []),
      ],
    },
  });
  const name = folder === '.' ? 'repository' : folder;
  const shared = { include: ['test/**/*.test.ts'], exclude: mocking, isolate: false };
  if (mocking.length === 0) return [project(name, shared)];
  return [project(name, shared), project(`${name}, mocking`, { include: mocking })];
}

/** Every run tests the same random inputs, so that a failure is one of the change; `npm run test:deep` chooses others each time. */
process.env['WAMP_FUZZ_SEED'] ??=
  process.env['WAMP_DEEP'] === '1' ? String((Date.now() % 2 ** 31) + 1) : '20';

/** Set by scripts/test.mjs, which reads the counts from that file. */
const report = process.env['WAMP_TEST_REPORT'];

export default defineConfig({
  resolve: { conditions: [source, ...defaultClientConditions] },
  ssr: { resolve: { conditions: [source, ...defaultServerConditions] } },
  test: {
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // Bounds for what hangs, not for what is slow: a machine twenty times as busy must not fail a test.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 290_000 } },
    passWithNoTests: true,
    reporters: [
      'default',
      ...(report === undefined ? [] : [['json', { outputFile: report }] as ['json', { outputFile: string }]]),
      new ClosingLineReporter(),
    ],
    coverage: { provider: 'v8', include: ['packages/*/src/**', 'apps/*/src/**'] },
    projects: [...folders, '.'].flatMap(projectsOf),
  },
});
