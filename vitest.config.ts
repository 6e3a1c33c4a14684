// One vitest project for each workspace package; everything runs from source, so no build is needed first.
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defaultClientConditions, defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';
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
].filter((folder) => existsSync(`${root}${folder}/package.json`));

/** What runs before the tests of a file, besides the seed of random tests. */
const SETUP: Readonly<Record<string, readonly string[]>> = {
  'packages/client': ['handlers-loaded.ts'],
  'packages/router': ['support/spoil-what-is-free.ts'],
};

/**
 * The projects whose test files share the modules that they load, one file after the other in a process: they mock none, and leave
 * nothing behind. Their tests then take two thirds of the CPU time.
 */
const SHARING: ReadonlySet<string> = new Set(['packages/protocol', 'packages/client', 'apps/router']);

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
    projects: [...folders, '.'].map((folder) => ({
      extends: true as const,
      root: root + folder,
      test: {
        name: folder === '.' ? 'repository' : folder,
        include: ['test/**/*.test.ts'],
        isolate: !SHARING.has(folder),
        setupFiles: [
          `${root}test/seed.ts`,
          ...(SETUP[folder]?.map((file) => `${root}${folder}/test/${file}`) ?? []),
        ],
      },
    })),
  },
});
