// `npm run conformance`: requirement → tests → status, printed and written to docs/conformance.md.
// Fails when a requirement has neither a test nor an excuse, when one of its tests fails, or when an excuse is
// given for what is tested. With `--report FILE` it reads a report of vitest instead of running the tests.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { root, runTool } from '../scripts/workspace.mjs';

/**
 * @typedef {{ id: string, level: string, text: string }} Requirement
 * @typedef {{ section: string, title: string, requirements: Requirement[] }} Section
 * @typedef {{ fullName: string, status: string }} Assertion
 * @typedef {{ testResults: { name: string, assertionResults: Assertion[] }[] }} Report
 * @typedef {{ file: string, status: string }} Test
 */

const { values } = parseArgs({ options: { report: { type: 'string' }, check: { type: 'boolean' } } });

const sections = /** @type {Section[]} */ (load('conformance/requirements.json'));
const excuses = new Map(
  Object.entries(/** @type {Record<string, string>} */ (load('conformance/excuses.json'))),
);
const tests = testsById(/** @type {Report} */ (load(values.report ?? (await runTests()))));

const rows = sections.flatMap(({ requirements }) => requirements.map(({ id }) => [id, statusOf(id)]));
const bad = rows.filter(([, status]) => status !== 'tested' && status !== 'excused');
for (const [id, status] of bad) console.log(`${id}: ${status}`);
const unknown = [...excuses.keys()].filter((id) => !rows.some(([known]) => known === id));
for (const id of unknown) console.log(`${id}: excused, but no requirement`);
const tested = rows.filter(([, status]) => status === 'tested').length;
console.log(`${rows.length} requirements: ${tested} tested, ${excuses.size} excused, ${bad.length} wanting`);

if (!values.check) writeFileSync(join(root, 'docs/conformance.md'), page());
process.exitCode = bad.length + unknown.length === 0 ? 0 : 1;

/** @param {string} path from the root, or absolute */
function load(path) {
  return /** @type {unknown} */ (
    JSON.parse(readFileSync(path.startsWith('/') ? path : join(root, path), 'utf8'))
  );
}

async function runTests() {
  const cache = join(root, 'node_modules', '.cache', 'wamp-conformance');
  mkdirSync(cache, { recursive: true });
  const report = join(cache, 'vitest.json');
  await runTool('vitest', ['run', 'packages/protocol/', 'packages/client/', 'packages/router/', 'interop/'], {
    live: true,
    env: { WAMP_TOTALS: 'outer', WAMP_TEST_REPORT: report },
  });
  return report;
}

/**
 * The tests that name each requirement.
 * @param {Report} report
 * @returns {Map<string, Test[]>}
 */
function testsById({ testResults }) {
  /** @type {Map<string, Test[]>} */
  const found = new Map();
  for (const { name, assertionResults } of testResults) {
    for (const { fullName, status } of assertionResults) {
      for (const id of new Set(fullName.match(/\b[A-Z][A-Z0-9]{1,5}-\d+\b/g))) {
        found.set(id, [...(found.get(id) ?? []), { file: relative(root, name), status }]);
      }
    }
  }
  return found;
}

/** @param {string} id */
function statusOf(id) {
  const mine = (tests.get(id) ?? []).filter(({ status }) => status !== 'skipped' && status !== 'pending');
  if (mine.some(({ status }) => status !== 'passed')) return 'a test fails';
  if (mine.length > 0) return excuses.has(id) ? 'excused, though tested' : 'tested';
  return excuses.has(id) ? 'excused' : 'no test names it';
}

function page() {
  const parts = sections.map(
    ({ section, title, requirements }) =>
      `## ${section} ${title}\n\n| id | level | requirement | shown by |\n|---|---|---|---|\n${requirements.map(row).join('\n')}\n`,
  );
  return `# Conformance

Written by \`npm run conformance\`; do not edit. Every requirement of the specification that routers and clients have to meet, and
the tests whose names begin with its id, as files with how many of them there are. ${tested} of ${rows.length} are tested, ${excuses.size} excused.

${parts.join('\n')}`;
}

/** @param {Requirement} requirement */
function row({ id, level, text }) {
  return `| ${id} | ${level} | ${text.replaceAll('|', '\\|')} | ${shownBy(id).replaceAll('|', '\\|')} |`;
}

/** @param {string} id */
function shownBy(id) {
  const excuse = excuses.get(id);
  if (excuse !== undefined) return `*${excuse}*`;
  const files = (tests.get(id) ?? []).map(({ file }) => file);
  return [...new Set(files)]
    .sort()
    .map(
      (file) =>
        `[${file.replace(/^.*\//, '').replace('.test.ts', '')}](../${file}) ${files.filter((other) => other === file).length}`,
    )
    .join(', ');
}
