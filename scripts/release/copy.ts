/** A throw-away copy of the repository, which is versioned and published as a release would be. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Registry } from './registry.ts';
import { run, StepFailed, type StepOptions } from './step.ts';

/** A package as it was published. */
export interface Published {
  readonly name: string;
  readonly version: string;
}

interface Manifest extends Published {
  readonly private?: boolean;
  readonly packageManager?: string;
  readonly publishConfig?: { readonly exports?: Readonly<Record<string, unknown>> };
}

/** Whose tags they are: git wants a name. Signatures, which a developer may have switched on, would ask for a password. */
const IDENTITY = {
  GIT_CONFIG_COUNT: '2',
  GIT_CONFIG_KEY_0: 'commit.gpgsign',
  GIT_CONFIG_VALUE_0: 'false',
  GIT_CONFIG_KEY_1: 'tag.gpgsign',
  GIT_CONFIG_VALUE_1: 'false',
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

  /**
   * Clones what is committed, installs and builds.
   * @param root the repository
   * @param folder where to, not there yet
   * @param cache whether what the repository has built already may be used
   */
  static async make(root: string, folder: string, cache: 'cached' | 'anew'): Promise<Copy> {
    await run('git', ['clone', '--quiet', '--no-hardlinks', root, folder], { cwd: root });
    const copy = new Copy(folder);
    await copy.pnpm('install', '--frozen-lockfile', '--prefer-offline');
    const cached = ['--cache-dir', join(root, '.turbo', 'cache')];
    await copy.pnpm('run', 'build', ...(cache === 'cached' ? cached : ['--force']));
    return copy;
  }

  /** pnpm, with its version. */
  get packageManager(): string {
    return manifestIn(this.folder).packageManager ?? 'pnpm';
  }

  pnpm(...args: readonly string[]): Promise<string> {
    return run('npx', ['-y', this.packageManager, ...args], this.#options);
  }

  /** Adds a changeset. */
  change(name: string, bump: 'major' | 'minor' | 'patch', text: string): void {
    const file = join(this.folder, '.changeset', `${name}.md`);
    writeFileSync(file, `---\n'@wamp/client': ${bump}\n---\n\n${text}\n`);
  }

  /** Turns the pending changesets into versions and changelogs. */
  async version(): Promise<void> {
    await run('npm', ['run', 'version'], this.#options);
  }

  /**
   * Does what `version` does, commits and publishes, by the commands of a release.
   * @returns what was published
   */
  async release(registry: Registry): Promise<readonly Published[]> {
    writeFileSync(join(this.folder, '.npmrc'), registry.npmrc);
    await this.version();
    await run('git', ['add', '--all'], this.#options);
    await run('git', ['commit', '--quiet', '--message', 'Release'], this.#options);
    await run('npm', ['run', 'release', '--', '--built'], this.#options);
    return this.packages();
  }

  /** Compares the API reports, which the check of public types reads, with what was built. @throws StepFailed when one is out of date */
  async expectApiReports(): Promise<void> {
    await this.pnpm('run', 'api', '--check');
  }

  /**
   * Removes an exported name of `@wamp/client` from its public types, and brings its API reports up to date.
   * @throws StepFailed when the name is not exported on a line of its own
   */
  async removeExport(name: string): Promise<void> {
    const file = join(this.folder, 'packages', 'client', 'src', 'index.ts');
    const before = readFileSync(file, 'utf8');
    const after = before.replace(new RegExp(`^ *(type )?${name},\\n`, 'm'), '');
    if (after === before) throw new StepFailed(`${file} does not export ${name} on a line of its own`);
    writeFileSync(file, after);
    await this.pnpm('run', 'build', '--filter=@wamp/client');
    await this.pnpm('run', 'api', '--package', '@wamp/client');
  }

  /** Whether each breaking change of public types since the last release is announced; and what the check printed. */
  async publicTypes(): Promise<{ readonly ok: boolean; readonly output: string }> {
    try {
      return { ok: true, output: await this.pnpm('run', 'api:changes') };
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error;
      return { ok: false, output: error.message };
    }
  }

  /** The packages that a release publishes. */
  packages(): readonly Published[] {
    return this.#manifests().map(({ name, version }) => ({ name, version }));
  }

  /** What can be imported of the packages, such as `@wamp/client/cbor`. */
  entries(): readonly string[] {
    return this.#manifests().flatMap(({ name, publishConfig }) =>
      Object.keys(publishConfig?.exports ?? {})
        .filter((entry) => entry !== './package.json')
        .map((entry) => name + entry.slice(1)),
    );
  }

  /**
   * The heading of a version in the changelog of `@wamp/client`, with the line of a change.
   * @throws StepFailed when the changelog has no such line below that heading
   */
  changelogOf(version: string, change: string): string {
    const file = join(this.folder, 'packages', 'client', 'CHANGELOG.md');
    const [, section = ''] = readFileSync(file, 'utf8').split(`## ${version}\n`);
    const [line] = (section.split('\n## ')[0] ?? '').split('\n').filter((each) => each.includes(change));
    if (line === undefined) throw new StepFailed(`${file} does not say of ${version}: ${change}`);
    return `CHANGELOG.md: ## ${version}: ${line}`;
  }

  #manifests(): readonly Manifest[] {
    return ['packages', 'apps'].flatMap((group) =>
      readdirSync(join(this.folder, group))
        .map((name) => manifestIn(join(this.folder, group, name)))
        .filter((manifest) => manifest.private !== true),
    );
  }
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
