/**
 * `npm run release:check`: versions and publishes a throw-away copy of the repository to a registry on loopback, installs
 * the packages into blank projects, uses them there, and does the same for a second release. `--sbom FILE` writes the list of
 * all packages that come with ours.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  blankProjects,
  callThroughPrograms,
  pinnedVersions,
  runProject,
  runtimesIn,
} from './blank-projects.ts';
import { Copy, type Published } from './copy.ts';
import { comparePacked } from './identical.ts';
import { listParts } from './parts.ts';
import { inspect } from './published.ts';
import { Registry } from './registry.ts';
import { step, StepFailed } from './step.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Where the list of parts (SBOM) is written: `--sbom FILE`. */
const { sbom } = parseArgs({ options: { sbom: { type: 'string' } } }).values;
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
    expectAnnounced(copy),
  );
  await step('two builds of this commit in two folders: identical tarballs', async () => {
    const other = await Copy.make(root, join(folder, 'another-copy'), 'anew');
    await comparePacked([copy, other], [join(folder, 'packed'), join(folder, 'packed-again')]);
  });
  await using registry = await step('a registry', () =>
    Registry.start(join(root, 'node_modules', '.cache', 'wamp-registry'), join(folder, 'registry')),
  );
  const first = await step('changeset version, changeset publish', () => copy.release(registry));
  await table(first, registry);
  console.log(`       ${await listParts(first, registry, join(folder, 'everything'), sbom)}`);
  await useEach(registry);
  copy.change('second', 'minor', 'A change that the second release is for.');
  const second = await step('a second release', () => copy.release(registry));
  await step(`${first[0]?.version ?? ''} → ${second[0]?.version ?? ''}: the same project, upgraded`, () =>
    upgrade(second, registry),
  );
  await step('a breaking change of public types without a changeset is refused', () => breakTypes(copy));
}

async function expectAnnounced(copy: Copy): Promise<void> {
  const { ok, output } = await copy.publicTypes();
  if (!ok) throw new StepFailed(output);
}

/** Installs into each blank project, and uses what is there. */
async function useEach(registry: Registry): Promise<void> {
  const projects = blankProjects(pinnedVersions(root), runtimesIn(root));
  for (const [index, project] of projects.entries())
    await step(project.name, () => runProject(project, join(folder, `project-${index}`), registry));
  const programs = join(folder, `project-${projects.length - 1}`);
  await step('wamp-router start, wamp call', () => callThroughPrograms(programs));
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

function indented(lines: readonly string[]): string {
  return lines.map((line) => `       ${line}`).join('\n');
}

/** One row a package. */
async function table(published: readonly Published[], registry: Registry): Promise<void> {
  for (const each of published) {
    const { packed, unpacked, dependencies } = await inspect(each, registry, join(folder, 'tarballs'), [
      root,
      folder,
    ]);
    const { name, version } = each;
    const sizes = [packed, unpacked].map((bytes) => `${(bytes / 1000).toFixed(1)} kB`.padStart(12));
    console.log(
      `       ${name.padEnd(20)} ${version.padEnd(8)} ${sizes.join('')}  ${dependencies} dependencies`,
    );
  }
}

/** Installs the newest packages into the first project again: it is to run without a change. */
async function upgrade(published: readonly Published[], registry: Registry): Promise<void> {
  const [project] = blankProjects({}, {});
  if (project === undefined) return;
  const dependencies = project.dependencies.map((name) => {
    const version = published.find((each) => each.name === name)?.version;
    return `${name}@${version ?? 'latest'}`;
  });
  await runProject({ ...project, dependencies }, join(folder, 'project-0'), registry);
}
