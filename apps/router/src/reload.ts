/** Reloads the configuration: reports and applies its changes, or reports its faults and changes nothing. */
import { prepareRealms, prepareTemplates, assembleAll, refuseExposure } from './prepare.ts';
import { apply, type ReloadedParts } from './apply.ts';
import type { LoadedConfiguration } from './config/load.ts';
import type { Configuration } from './config/schema.ts';
import { CannotStart } from './failure.ts';
import { resolveHosts } from './listeners.ts';
import { describeChange, planReload } from './plan.ts';

/** The outcome of a reload. */
export interface Reloaded {
  /** False if nothing was changed, for the reasons in `lines`. */
  readonly ok: boolean;
  /** The changes, or the faults. */
  readonly lines: readonly string[];
}

/** Where the configuration comes from. */
export interface ReloadOptions {
  /** Reads it. @throws CannotStart */
  readonly load: () => LoadedConfiguration;
  /** Whether to allow unrestricted anonymous access from other machines. */
  readonly insecureDev: boolean;
}

/** Reloads, one after another. */
export class Reloader {
  readonly #parts: ReloadedParts;
  readonly #options: ReloadOptions;
  #configuration: Configuration;
  #files: readonly string[];
  #last: Promise<unknown> = Promise.resolve();

  /** @param running the active configuration */
  constructor(parts: ReloadedParts, options: ReloadOptions, running: LoadedConfiguration) {
    this.#parts = parts;
    this.#options = options;
    this.#configuration = running.configuration;
    this.#files = running.files;
  }

  /** The files of the active configuration, and of the last attempt. */
  get files(): readonly string[] {
    return this.#files;
  }

  /** The active configuration. */
  get configuration(): Configuration {
    return this.#configuration;
  }

  /** @param dryRun true to report the changes only */
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
    const realms = await prepareRealms(loaded, this.#parts.shared);
    const templates = await prepareTemplates(loaded, this.#parts.shared);
    await assembleAll(this.#parts.router, configuration.listeners);
    const changes = planReload(this.#configuration, configuration);
    if (!dryRun) {
      this.#parts.pages.refresh();
      await apply(this.#parts, changes, { configuration, realms, templates });
      this.#configuration = configuration;
    }
    return changes.map(describeChange);
  }
}
