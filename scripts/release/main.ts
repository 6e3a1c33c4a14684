/**
 * `npm run release:check`: versions and publishes a throw-away copy of the repository to a registry on loopback, installs
 * the packages into blank projects, uses them there, does the same for a second release, and closes with a table. `--sbom FILE`
 * writes the list of all packages that come with ours; `--require-advisories` fails when the registry does not say which of them have advisories.
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { blankProjects, pinnedVersions, runtimesIn, type BlankProject } from './blank-projects.ts';
import { closingTable, type Row } from './closing-table.ts';
import { Copy, type Published } from './copy.ts';
import { comparePacked } from './identical.ts';
import { checkAdvisories, checkLicenses, listParts } from './parts.ts';
import { inspect } from './published.ts';
import { Registry } from './registry.ts';
import { callThroughPrograms, runProject } from './run-project.ts';
import { step, StepFailed } from './step.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const options = parseArgs({
  options: {
    /** Where the list of parts (SBOM) is written. */
    sbom: { type: 'string' },
    /** Fails when the registry cannot be asked for advisories. */
    'require-advisories': { type: 'boolean', default: false },
  },
}).values;
const folder = mkdtempSync(join(tmpdir(), 'wamp-release-'));
try {
  await check();
} catch (error) {
  if (!(error instanceof StepFailed)) throw error;
  console.error(`FAILED ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function check(): Promise<void> {
  const copy = await step('a copy of what is committed, installed and built', () =>
    Copy.make(root, join(folder, 'copy'), 'cached'),
  );
  await step('public types: each breaking change since the last release is announced', () =>
    expectTypes(copy),
  );
  await step('two builds of this commit in two folders: identical tarballs', async () => {
    const other = await Copy.make(root, join(folder, 'another-copy'), 'anew');
    await comparePacked([copy, other], [join(folder, 'packed'), join(folder, 'packed-again')]);
  });
  await using registry = await step('a registry', () =>
    Registry.start(join(root, 'node_modules', '.cache', 'wamp-registry'), join(folder, 'registry')),
  );
  const first = await step('changeset version, changeset publish', () => copy.release(registry));
  const rows = await step('contents: no test, source or configuration, and no path of this machine', () =>
    inspectEach(first, registry),
  );
  await checkParts(first, registry);
  const projects = await useEach(copy, first, registry);
  await releaseAgain(copy, first, projects, registry);
  await step('a breaking change of public types without a changeset is refused', () => breakTypes(copy));
  await step('the release of that change, once its version is raised, is not', () => versionBreak(copy));
  const used = (name: string): readonly string[] =>
    projects.filter(({ dependencies }) => dependencies.includes(name)).map(({ short }) => short);
  console.log(`\n${closingTable(rows.map((row) => ({ ...row, uses: used(row.name) })))}`);
}

/** Reports that are out of date would hide a breaking change. */
async function expectTypes(copy: Copy): Promise<void> {
  await copy.expectApiReports();
  await expectAnnounced(copy);
}

async function expectAnnounced(copy: Copy): Promise<void> {
  const { ok, output } = await copy.publicTypes();
  if (!ok) throw new StepFailed(output);
}

/** Looks through each package. */
async function inspectEach(
  published: readonly Published[],
  registry: Registry,
): Promise<readonly Omit<Row, 'uses'>[]> {
  // Of a container without a home, every path begins with it.
  const home = homedir() === sep ? [] : [homedir() + sep];
  const forbidden = [root, folder, realpathSync(folder), ...home];
  return Promise.all(
    published.map(async (each) => ({ ...each, ...(await inspect(each, registry, forbidden)) })),
  );
}

/** What comes with ours from others. */
async function checkParts(published: readonly Published[], registry: Registry): Promise<void> {
  const everything = join(folder, 'everything');
  const parts = await step('all packages in one project, and a list of their parts (SBOM)', () =>
    listParts(published, registry, everything, options.sbom),
  );
  console.log(`       licenses of ${checkLicenses(parts)}`);
  const advisories = await checkAdvisories(parts, everything, options['require-advisories']);
  console.log(`       advisories: ${advisories}`);
}

/** Installs into each blank project, and uses what is there. @returns the projects */
async function useEach(
  copy: Copy,
  published: readonly Published[],
  registry: Registry,
): Promise<readonly BlankProject[]> {
  const projects = blankProjects({
    packages: published.map(({ name }) => name),
    entries: copy.entries(),
    versions: pinnedVersions(root),
    pnpm: copy.packageManager,
    runtimes: runtimesIn(root),
  });
  for (const [index, project] of projects.entries())
    await step(project.name, () => runProject(project, join(folder, `project-${index}`), registry));
  const programs = join(folder, `project-${projects.length - 1}`);
  await step('wamp-router start, wamp call', () => callThroughPrograms(programs));
  return projects;
}

/** Publishes a second release of one changeset, and installs it into the first project: it is to run without a change. */
async function releaseAgain(
  copy: Copy,
  first: readonly Published[],
  [project]: readonly BlankProject[],
  registry: Registry,
): Promise<void> {
  const change = 'A change that the second release is for.';
  copy.change('second', 'minor', change);
  const second = await step('a second release', () => copy.release(registry));
  const [from = '', to = ''] = [first, second].map(([each]) => each?.version);
  console.log(`       ${copy.changelogOf(to, change)}`);
  const expected = nextMinor(from) ?? to;
  if (project === undefined || second.some(({ version }) => version !== expected))
    throw new StepFailed(`after ${from}, a minor change makes ${expected}: ${JSON.stringify(second)}`);
  const dependencies = project.dependencies.map((name) => `${name}@${to}`);
  await step(`${from} → ${to}: the same project, upgraded`, () =>
    runProject({ ...project, dependencies }, join(folder, 'project-0'), registry),
  );
}

/** The version that follows for a minor change. @returns undefined after a prerelease, whose own number grows */
function nextMinor(version: string): string | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)\.\d+$/.exec(version) ?? [];
  return major === undefined ? undefined : `${major}.${Number(minor) + 1}.0`;
}

/** Removes a public type, which is to be refused until a changeset announces it. */
async function breakTypes(copy: Copy): Promise<void> {
  await copy.removeExport('Backoff');
  const silent = await copy.publicTypes();
  if (silent.ok) throw new StepFailed(`a removed type was not noticed:\n${silent.output}`);
  console.log(indented(silent.output.split('\n').filter((line) => /Backoff|break/.test(line))));
  copy.change('third', 'major', 'Removes `Backoff`.');
  await expectAnnounced(copy);
}

/** Raises the version for the announced removal, as a release does before it publishes: its changeset is then gone. */
async function versionBreak(copy: Copy): Promise<void> {
  await copy.version();
  await expectAnnounced(copy);
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `       ${line}`).join('\n');
}
