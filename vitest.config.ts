// The tests of all folders, in few projects; everything runs from source, so no build is needed first.
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
  '.',
].filter((folder) => existsSync(`${root}${folder}/test`));

/** The folders whose tests have a set-up of their own, besides the seed of random tests. */
const SETUPS: Readonly<Record<string, string>> = {
  'packages/client': 'packages/client/test/handlers-loaded.ts',
  'packages/router': 'packages/router/test/support/spoil-what-is-free.ts',
};

/** The test files of a folder that replace modules with `vi.mock`: what they load is theirs alone. */
function mockingIn(folder: string): string[] {
  return readdirSync(`${root}${folder}/test`, { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/test/${file.replaceAll(sep, '/')}`)
    .filter((file) => file.endsWith('.test.ts') && readFileSync(root + file, 'utf8').includes('vi.mock('));
}

/**
 * The tests of some folders. Their files share a process and the modules that they load, one after the other, and leave nothing
 * behind: so they take two thirds of the CPU time. Those that mock have a process each.
 */
function projectsOf(name: string, folders: readonly string[]): TestProjectInlineConfiguration[] {
  const mocking = folders.flatMap(mockingIn);
  const setupFiles = ['test/seed.ts', ...folders.flatMap((folder) => SETUPS[folder] ?? [])];
  const include = folders.map((folder) => `${folder}/test/**/*.test.ts`);
  return [
    { extends: true, test: { name, include, exclude: mocking, setupFiles, isolate: false } },
    ...(mocking.length === 0
      ? []
      : [{ extends: true as const, test: { name: `${name}, mocking`, include: mocking, setupFiles } }]),
  ];
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
    // One more than the cores of a small machine: some files wait for a browser, or for a process.
    maxWorkers: 3,
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
    projects: [
      ...Object.keys(SETUPS).flatMap((folder) => projectsOf(folder, [folder])),
      ...projectsOf(
        'others',
        folders.filter((folder) => SETUPS[folder] === undefined),
      ),
    ],
  },
});
