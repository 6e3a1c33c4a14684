/** Reproducible packages: two builds of one commit, in two folders, are packed into identical tarballs. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Copy } from './copy.ts';
import { StepFailed } from './step.ts';

/**
 * Packs what two copies have built.
 * @param folders where the tarballs go, one folder for each copy
 * @returns how many tarballs were compared
 * @throws StepFailed when two of them differ, or one is missing
 */
export async function comparePacked(
  copies: readonly [Copy, Copy],
  folders: readonly [string, string],
): Promise<number> {
  const [one, other] = [await packed(copies[0], folders[0]), await packed(copies[1], folders[1])];
  const names = new Set([...one.keys(), ...other.keys()]);
  const differing = [...names].filter((name) => one.get(name) !== other.get(name));
  if (differing.length === 0 && names.size > 0) return names.size;
  throw new StepFailed(`two builds of one commit differ: ${differing.join(', ') || 'nothing was packed'}`);
}

/** The hash of each tarball, by its name. */
async function packed(copy: Copy, folder: string): Promise<ReadonlyMap<string, string>> {
  for (const { name } of copy.packages())
    await copy.pnpm(`--filter=${name}`, 'pack', '--pack-destination', folder);
  return new Map(
    readdirSync(folder).map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex'),
    ]),
  );
}
