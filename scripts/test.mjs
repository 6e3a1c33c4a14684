// `npm test`: every check, each as a named step, and one closing line that counts them all.
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { countsOf, install, needsInstall, pnpm, requireNode, root, runNode, runTool } from './workspace.mjs';

requireNode();

const published = [
  'protocol',
  'client',
  'router',
  'store-sqlite',
  'http-bridge',
  'cluster-nats',
  'opentelemetry',
  'react',
  'cli',
];
/** What the tools leave for us to read. */
const cache = join(root, 'node_modules', '.cache', 'wamp-test');
const totals = { passed: 0, failed: 0, skipped: 0 };

if (!needsInstall() || step('install', await install())) {
  rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });

  // What reads the sources alone goes on beside the tests: most machines have two cores at least.
  const sources = checkSources();
  await checkBuilt();
  await Promise.all([sources, tests(process.argv.slice(2))]);
}

process.exitCode = totals.failed === 0 ? 0 : 1;
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);

/**
 * @param {string} name
 * @param {import('./workspace.mjs').Outcome} outcome
 */
function step(name, { ok, output, seconds }) {
  totals[ok ? 'passed' : 'failed'] += 1;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s)`);
  if (!ok) console.log(output.trimEnd());
  return ok;
}

/** What reads the sources alone. */
async function checkSources() {
  step('format', await runTool('prettier', ['--check', '.']));
  // The linter keeps whole programs in memory: with little room for new objects, a quarter of its time goes into collecting them.
  const env = { NODE_OPTIONS: '--max-semi-space-size=256' };
  step('lint', await runTool('eslint', ['--max-warnings', '0', '.'], { env }));
}

/** What the compiler says, and then what is built. */
async function checkBuilt() {
  step('types', await runTool('typescript-7', ['-b']));
  step('knip', await runTool('knip', []));
  step('build', await pnpm(['run', 'build']));
  step('API reports', await runTool('tsx', ['scripts/api/main.ts', '--check']));
  await packages();
  await commonJs();
  step(
    'API reference',
    await runTool('typedoc', ['--options', 'packages/client/typedoc.json', '--emit', 'none']),
  );
  step('size', await runNode(['scripts/sizes.mjs', '--check']));
}

/** Checks the packages as they would be published: packed by pnpm, which resolves `publishConfig` and `workspace:`. */
async function packages() {
  const filters = published.map((name) => `--filter=@wamp/${name}`);
  const packed = await pnpm([...filters, 'pack', '--pack-destination', cache]);
  if (!step('pack', packed)) return;
  const tarballs = readdirSync(cache);
  const files = published.map((name) =>
    join(cache, tarballs.find((file) => file.startsWith(`wamp-${name}-`)) ?? `no tarball of ${name}`),
  );
  step('packages as published', await runNode(['scripts/check-packed.mjs', ...files]));
}

/** Compiles a project of CommonJS that uses the packages, and runs it. */
async function commonJs() {
  const project = join(cache, 'commonjs');
  mkdirSync(join(project, 'node_modules', '@wamp'), { recursive: true });
  for (const name of published) {
    symlinkSync(join(root, 'packages', name), join(project, 'node_modules', '@wamp', name), 'junction');
  }
  const main = join(project, 'main.cts');
  writeFileSync(
    main,
    `import client = require('@wamp/client');
import { msgpack } from '@wamp/client/msgpack';
import { json, type Serializer } from '@wamp/protocol';
import { createRouter, type Router } from '@wamp/router';
const { connect } = require('@wamp/client') as typeof client;
const router: Router = createRouter({ realms: ['realm1'] });
const serializers: readonly Serializer[] = [json, msgpack];
if (connect !== client.connect || serializers.length !== 2) throw new Error('two instances');
void router.close();
`,
  );
  for (const module of ['node16', 'nodenext']) {
    const options = [
      '--module',
      module,
      '--target',
      'es2022',
      '--strict',
      '--skipLibCheck',
      '--types',
      'node',
    ];
    step(`commonjs, module ${module}`, await runTool('typescript-7', [...options, '--ignoreConfig', main]));
  }
  step('commonjs, at run time', await runNode([join(project, 'main.cjs')]));
}

/**
 * Runs vitest, which reports to the terminal itself, and adds its counts.
 * @param {readonly string[]} filters
 */
async function tests(filters) {
  const report = join(cache, 'vitest.json');
  const { ok } = await runTool('vitest', ['run', ...filters], {
    live: true,
    env: { WAMP_TOTALS: 'outer', WAMP_TEST_REPORT: report },
  });
  const failedBefore = totals.failed;
  const counts = countsOf(report) ?? { passed: 0, failed: 0, skipped: 0 };
  totals.passed += counts.passed;
  totals.failed += counts.failed;
  totals.skipped += counts.skipped;
  // With a filter, most requirements have no test in the report.
  if (filters.length === 0)
    step('conformance', await runNode(['conformance/report.mjs', '--check', '--report', report]));
  // An error outside any test, or no report at all, is a failure that no test stands for.
  if (!ok && totals.failed === failedBefore) totals.failed += 1;
}
