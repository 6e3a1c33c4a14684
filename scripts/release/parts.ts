/** The parts of a release that come from others: their licenses, known faults, and a list of them all (SBOM, CycloneDX 1.5). */
import { writeFileSync } from 'node:fs';
import { askRegistry, knownFaults, REVIEWED } from './advisories.ts';
import type { Published } from './copy.ts';
import type { Registry } from './registry.ts';
import { writeProject } from './run-project.ts';
import { run, StepFailed } from './step.ts';

/** Licenses under which others' code may be installed with ours, all of them permissive. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Unlicense',
]);

interface License {
  readonly license?: { readonly id?: string; readonly name?: string };
  readonly expression?: string;
}

/** A package of the list. */
export interface Component {
  readonly name: string;
  readonly version: string;
  readonly licenses?: readonly License[];
}

interface Sbom {
  readonly bomFormat: string;
  readonly components?: readonly Component[];
}

/**
 * Installs all published packages into one project, and lists everything that came with them.
 * @param file where the list is written; nowhere without one
 * @returns the parts: those of this repository and of others
 * @throws StepFailed when one of our packages is missing
 */
export async function listParts(
  published: readonly Published[],
  registry: Registry,
  folder: string,
  file: string | undefined,
): Promise<readonly Component[]> {
  const dependencies = Object.fromEntries(published.map(({ name, version }) => [name, version]));
  writeProject({ manifest: { name: 'everything', version: '0.0.0', dependencies } }, folder, registry);
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], {
    cwd: folder,
  });
  const text = await run('npm', ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'library'], {
    cwd: folder,
  });
  const { bomFormat, components = [] } = JSON.parse(text) as Sbom;
  if (bomFormat !== 'CycloneDX') throw new StepFailed(`npm sbom wrote ${bomFormat}, expected CycloneDX`);
  const names = new Set(components.map(({ name }) => name));
  const missing = published.filter(({ name }) => !names.has(name));
  if (missing.length > 0)
    throw new StepFailed(`the SBOM lacks ${missing.map(({ name }) => name).join(', ')}`);
  if (file !== undefined) writeFileSync(file, text);
  return components;
}

/** @returns how many parts have which license @throws StepFailed when a license is unknown or not allowed */
export function checkLicenses(components: readonly Component[]): string {
  const refused = components.filter((each) => !licenseOf(each).every((license) => ALLOWED.has(license)));
  if (refused.length === 0) return `${components.length} packages: ${countedLicenses(components)}`;
  const list = refused.map((each) => `${each.name}@${each.version}: ${licenseOf(each).join(', ') || 'none'}`);
  throw new StepFailed(`licenses that are not on the list of scripts/release/parts.ts:\n${list.join('\n')}`);
}

/**
 * Looks for parts with a published advisory: in the list that this repository keeps, and at the registry.
 * @param folder the project in which they are installed
 * @param needed whether it is a failure that the registry does not answer
 * @returns what was looked at @throws StepFailed that names the parts with an advisory
 */
export async function checkAdvisories(
  components: readonly Component[],
  folder: string,
  needed: boolean,
): Promise<string> {
  const answer = await askRegistry(folder);
  const faults = [...knownFaults(components), ...(answer.asked ? answer.faults : [])];
  if (faults.length > 0)
    throw new StepFailed(`packages with a published advisory come with ours:\n${faults.join('\n')}`);
  const list = `none of those known on ${REVIEWED}`;
  if (answer.asked) return `${list}, and none that the registry knows`;
  const skipped = `the registry was not asked: ${answer.why}`;
  if (needed) throw new StepFailed(`advisories: ${skipped}`);
  return `${list}; newer ones are unchecked, because ${skipped}`;
}

/** The licenses of a part. Of a choice, `(MIT OR …)`, one that is allowed is enough. @returns none when it names none */
function licenseOf({ licenses = [] }: Component): readonly string[] {
  const named = licenses.map(
    ({ license, expression }) => license?.id ?? license?.name ?? expression ?? 'none',
  );
  if (named.length === 0) return ['none'];
  return named.map((each) => {
    const choice = each.replace(/[()]/g, '').split(' OR ');
    return choice.find((one) => ALLOWED.has(one)) ?? each;
  });
}

function countedLicenses(components: readonly Component[]): string {
  const counts = new Map<string, number>();
  for (const license of components.flatMap(licenseOf)) counts.set(license, (counts.get(license) ?? 0) + 1);
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([license, count]) => `${count} ${license}`)
    .join(', ');
}
