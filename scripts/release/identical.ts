/** Reproducible packages: two builds of one commit, in two folders, are packed into identical tarballs. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Copy } from './copy.ts';
import { run, StepFailed } from './step.ts';

/**
 * Packs what two copies have built.
 * @param folders where the tarballs go, one folder for each copy
 * @returns how many tarballs were compared
 * @throws StepFailed that names the files that differ, or says that a tarball is missing
 */
export async function comparePacked(
  copies: readonly [Copy, Copy],
  folders: readonly [string, string],
): Promise<number> {
  for (const [index, copy] of copies.entries()) {
    const filters = copy.packages().map(({ name }) => `--filter=${name}`);
    await copy.pnpm(...filters, 'pack', '--pack-destination', folders[index] ?? '');
  }
  const [one, other] = folders.map((folder) => contentsOf(folder));
  const differing = differences(one, other);
  if (differing.length === 0 && one !== undefined && one.size > 0) return one.size;
  const files = await Promise.all(differing.map((name) => differingFiles(name, folders)));
  throw new StepFailed(
    `two builds of one commit differ:\n${files.flat().join('\n') || 'nothing was packed'}`,
  );
}

/** The files below a folder, by their paths in it. */
function contentsOf(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    files
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [relative(folder, path), readFileSync(path, 'latin1')]),
  );
}

/** The names of those that differ, or are there once. */
function differences(
  one: ReadonlyMap<string, string> = new Map(),
  other: ReadonlyMap<string, string> = new Map(),
): readonly string[] {
  return [...new Set([...one.keys(), ...other.keys()])].filter((name) => one.get(name) !== other.get(name));
}

/** Unpacks a tarball of both builds. @returns the files in it that differ; the tarball itself if none does */
async function differingFiles(name: string, folders: readonly string[]): Promise<readonly string[]> {
  const [one, other] = await Promise.all(
    folders.map(async (folder) => {
      const unpacked = join(folder, `${name}-unpacked`);
      mkdirSync(unpacked);
      await run('tar', ['-xzf', join(folder, name), '-C', unpacked], { cwd: folder });
      return contentsOf(unpacked);
    }),
  );
  const files = differences(one, other).map((file) => {
    const [before = '', after = ''] = [one?.get(file), other?.get(file)];
    const at = Array.from(before).findIndex((letter, index) => letter !== after[index]);
    return `${name}: ${file}: ${JSON.stringify(before.slice(at, at + 60))}, ${JSON.stringify(after.slice(at, at + 60))}`;
  });
  return files.length > 0 ? files : [name];
}
