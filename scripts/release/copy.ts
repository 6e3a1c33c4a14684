/** A throw-away copy of the repository, which is versioned and published as a release would be. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Registry } from './registry.ts';
import { run, type StepOptions } from './step.ts';

/** A package as it was published. */
export interface Published {
  readonly name: string;
  readonly version: string;
}

interface Manifest extends Published {
  readonly private?: boolean;
  readonly packageManager?: string;
}

/** Whose tags they are: git wants a name. */
const IDENTITY = {
  GIT_AUTHOR_NAME: 'release check',
  GIT_AUTHOR_EMAIL: 'release@check.invalid',
  GIT_COMMITTER_NAME: 'release check',
  GIT_COMMITTER_EMAIL: 'release@check.invalid',
};

export class Copy {
  readonly folder: string;
  readonly #options: StepOptions;

  private constructor(folder: string) {
    this.folder = folder;
    this.#options = { cwd: folder, env: { ...IDENTITY, TURBO_TELEMETRY_DISABLED: '1', CI: 'true' } };
  }

  /** Clones what is committed, installs and builds. @param root the repository @param folder where to, not there yet */
  static async make(root: string, folder: string): Promise<Copy> {
    await run('git', ['clone', '--quiet', '--no-hardlinks', root, folder], { cwd: root });
    const copy = new Copy(folder);
    await copy.pnpm('install', '--frozen-lockfile', '--prefer-offline');
    await copy.pnpm('run', 'build', '--cache-dir', join(root, '.turbo', 'cache'));
    return copy;
  }

  pnpm(...args: readonly string[]): Promise<string> {
    const { packageManager = 'pnpm' } = manifestIn(this.folder);
    return run('npx', ['-y', packageManager, ...args], this.#options);
  }

  /** Adds a changeset. */
  change(name: string, bump: 'major' | 'minor' | 'patch', text: string): void {
    const file = join(this.folder, '.changeset', `${name}.md`);
    writeFileSync(file, `---\n'@wamp/client': ${bump}\n---\n\n${text}\n`);
  }

  /** Turns the pending changesets into versions and changelogs, and publishes. @returns what was published */
  async release(registry: Registry): Promise<readonly Published[]> {
    writeFileSync(join(this.folder, '.npmrc'), registry.npmrc);
    await this.pnpm('exec', 'changeset', 'version');
    await run('git', ['add', '--all'], this.#options);
    await run('git', ['commit', '--quiet', '--message', 'Release'], this.#options);
    await this.pnpm('exec', 'changeset', 'publish');
    return this.packages();
  }

  /** The packages that a release publishes. */
  packages(): readonly Published[] {
    return ['packages', 'apps'].flatMap((group) =>
      readdirSync(join(this.folder, group))
        .map((name) => manifestIn(join(this.folder, group, name)))
        .filter((manifest) => manifest.private !== true)
        .map(({ name, version }) => ({ name, version })),
    );
  }
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
