/** Reads the configuration again: says what changes, and changes it, or says why not and changes nothing. */
import { prepareRealms, assembleAll, refuseExposure } from './prepare.ts';
import { apply, type Parts } from './apply.ts';
import type { LoadedConfiguration } from './config/load.ts';
import type { Configuration } from './config/schema.ts';
import { CannotStart } from './failure.ts';
import { resolveHosts } from './listeners.ts';
import { describeChange, planReload } from './plan.ts';

/** What came of a reload. */
export interface Reloaded {
  /** False when nothing was changed, because of what the lines say. */
  readonly ok: boolean;
  /** What changes, or what is wrong. */
  readonly lines: readonly string[];
}

/** Where the configuration comes from. */
export interface ReloadOptions {
  /** Reads it. @throws CannotStart */
  readonly load: () => LoadedConfiguration;
  /** Whether anyone who reaches this machine may do everything. */
  readonly insecureDev: boolean;
}

/** Reloads one after another. */
export class Reloader {
  readonly #parts: Parts;
  readonly #options: ReloadOptions;
  #configuration: Configuration;
  #files: readonly string[];
  #last: Promise<unknown> = Promise.resolve();

  /** @param running the configuration that runs */
  constructor(parts: Parts, options: ReloadOptions, running: LoadedConfiguration) {
    this.#parts = parts;
    this.#options = options;
    this.#configuration = running.configuration;
    this.#files = running.files;
  }

  /** The files that say what runs, or were to. */
  get files(): readonly string[] {
    return this.#files;
  }

  /** The one that runs. */
  get configuration(): Configuration {
    return this.#configuration;
  }

  /** @param dryRun true to say what would change, and change nothing */
  reload(dryRun = false): Promise<Reloaded> {
    const reloaded = this.#last.then(() => this.#once(dryRun));
    this.#last = reloaded;
    return reloaded;
  }

  async #once(dryRun: boolean): Promise<Reloaded> {
    const { log } = this.#parts.log;
    try {
      const lines = await this.#change(dryRun);
      if (!dryRun) log('info', 'configuration reloaded', { code: 'configuration_reloaded', changes: lines });
      return { ok: true, lines };
    } catch (error) {
      if (!(error instanceof CannotStart)) throw error;
      const lines = error.message.split('\n');
      log('error', 'the configuration was not reloaded: nothing has changed', {
        code: 'configuration_refused',
        faults: lines,
      });
      return { ok: false, lines };
    }
  }

  async #change(dryRun: boolean): Promise<readonly string[]> {
    const { load, insecureDev } = this.#options;
    const loaded = load();
    const { configuration } = loaded;
    this.#files = loaded.files;
    if (!insecureDev) refuseExposure(await resolveHosts(configuration.listeners), loaded);
    const realms = await prepareRealms(loaded, this.#parts.store);
    await assembleAll(this.#parts.router, configuration.listeners);
    const changes = planReload(this.#configuration, configuration);
    if (!dryRun) {
      this.#parts.pages.refresh();
      await apply(this.#parts, changes, { configuration, realms });
      this.#configuration = configuration;
    }
    return changes.map(describeChange);
  }
}
