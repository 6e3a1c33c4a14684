/**
 * `npm run api:changes`: lists the public declarations that the last release had and the API reports have not,
 * and fails when no pending changeset announces them. `--since REF` compares with another commit than the last release.
 */
import readChangesets from '@changesets/read';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { removedLines, unannounced, type Removal } from './changes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** All packages have one version, so the tag of one stands for the release. */
const TAG = '@wamp/client@';

const { since = lastRelease() } = parseArgs({ options: { since: { type: 'string' } } }).values;
if (since === undefined) console.log('No release has been tagged yet: there is nothing to compare with.');
else await compare(since);

async function compare(ref: string): Promise<void> {
  const removals = reportsAt(ref).flatMap((path) => removalIn(ref, path));
  const next = clientVersion();
  const version = ref.startsWith(TAG) ? ref.slice(TAG.length) : next;
  const missing = unannounced(removals, await readChangesets(root), version, next);
  for (const removal of removals) {
    console.log(
      `${removal.name}, ${removal.entry}: ${removal.lines.length} lines of ${ref} are gone or changed`,
    );
    for (const line of removal.lines) console.log(`  - ${line}`);
  }
  if (missing.length === 0) {
    console.log(
      `Public types since ${ref}: ${removals.length === 0 ? 'nothing was removed' : 'each removal is announced'}.`,
    );
    return;
  }
  const names = [...new Set(missing.map(({ name }) => name))].join(', ');
  const bump = version.startsWith('0.') ? 'minor or major' : 'major';
  console.error(
    `Public types of ${names} break, and no changeset says so: add one with a ${bump} bump (npx changeset).`,
  );
  process.exitCode = 1;
}

function removalIn(ref: string, path: string): readonly Removal[] {
  const file = join(root, path);
  const lines = removedLines(
    git('show', `${ref}:${path}`),
    existsSync(file) ? readFileSync(file, 'utf8') : '',
  );
  if (lines.length === 0) return [];
  const manifest = git('show', `${ref}:${dirname(dirname(path))}/package.json`);
  const { name } = JSON.parse(manifest) as { readonly name: string };
  return [{ name, entry: basename(path, '.api.md'), lines }];
}

/** The API reports at a commit, as paths. */
function reportsAt(ref: string): readonly string[] {
  return git('ls-tree', '-r', '--name-only', ref, '--', 'packages')
    .split('\n')
    .filter((path) => path.endsWith('.api.md'));
}

/** The version in the manifests. */
function clientVersion(): string {
  const manifest = readFileSync(join(root, 'packages', 'client', 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
}

function lastRelease(): string | undefined {
  const tags = git('tag', '--merged', 'HEAD', '--sort=-creatordate', '--list', `${TAG}*`);
  return tags.split('\n').find((tag) => tag !== '');
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 });
}
