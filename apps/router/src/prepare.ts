/** Validates what depends on the configuration alone, for both `check` and `start`, before any listener opens. */
import { isIP } from 'node:net';
import { createRouter, isLoopback, type Log, type Router } from '@wamp/router';
import {
  namedRealm,
  preparedTemplate,
  type PreparedRealm,
  type PreparedTemplate,
  type SharedParts,
} from './authenticators.ts';
import { clusterOptions } from './cluster.ts';
import { letsInAnonymous } from './config/entrances.ts';
import type { Path } from './config/faults.ts';
import type { Listener } from './config/listeners.ts';
import type { LoadedConfiguration } from './config/load.ts';
import type { RealmConfiguration } from './config/realms.ts';
import { placedRealms } from './config/schema.ts';
import { assembleListener } from './listener.ts';
import { grantsEverything } from './rights.ts';

/** A router, and the realms that it was created with. */
interface Prepared {
  readonly router: Router;
  readonly realms: readonly PreparedRealm[];
  readonly templates: readonly PreparedTemplate[];
}

/**
 * Creates the router of a configuration, with its realms; nothing listens yet.
 * @param insecureDev whether to allow unrestricted anonymous access from other machines
 * @throws CannotStart if the configuration cannot run on any machine
 */
export async function prepare(
  loaded: LoadedConfiguration,
  insecureDev: boolean,
  log: Log,
  shared?: SharedParts,
): Promise<Prepared> {
  const { listeners, limits, attempts, strictRequestIds, agent } = loaded.configuration;
  if (!insecureDev) refuseExposure(listeners, loaded);
  const realms = await prepareRealms(loaded, shared);
  const templates = await prepareTemplates(loaded, shared);
  return {
    router: createRouter({
      realms,
      realmTemplates: templates,
      limits,
      attempts,
      strictRequestIds,
      log,
      ...clusterOptions(loaded.configuration),
      ...(agent === undefined ? {} : { agent }),
    }),
    realms,
    templates,
  };
}

/** @throws CannotStart if one of them can never be opened */
export function prepareRealms(
  loaded: LoadedConfiguration,
  shared?: SharedParts,
): Promise<readonly PreparedRealm[]> {
  return Promise.all(
    placedRealms(loaded.configuration).map(({ realm, path }) => openable(realm, path, loaded, shared)),
  );
}

/** @throws CannotStart if no realm could ever be created from one of them */
export function prepareTemplates(
  loaded: LoadedConfiguration,
  shared?: SharedParts,
): Promise<readonly PreparedTemplate[]> {
  return Promise.all(
    loaded.configuration.realmTemplates.map(async (template, index) => {
      try {
        return await preparedTemplate(template, shared);
      } catch (error) {
        throw loaded.complaint(
          ['realm_templates', index],
          error instanceof Error ? error.message : String(error),
        );
      }
    }),
  );
}

/**
 * Does everything that `start` does before it opens listeners.
 * @throws CannotStart for every configuration that `start` refuses
 */
export async function rehearse(loaded: LoadedConfiguration, insecureDev: boolean): Promise<void> {
  const { router } = await prepare(loaded, insecureDev, () => undefined);
  await assembleAll(router, loaded.configuration.listeners);
  await router.close();
}

/** Creates each listener, and discards it. @throws CannotStart for an invalid combination of settings */
export async function assembleAll(router: Router, listeners: readonly Listener[]): Promise<void> {
  for (const listener of listeners) await assembleListener(router, listener, () => undefined).close();
}

/** Refuses unrestricted anonymous access from other machines. Host names are resolved by `start` only. */
export function refuseExposure(listeners: readonly Listener[], loaded: LoadedConfiguration): void {
  const { realms, realmTemplates } = loaded.configuration;
  const open = [...realms, ...realmTemplates].filter(grantsEverything);
  listeners.forEach(({ address, unix, auth, paths }, index) => {
    if (unix !== undefined || isLoopback(address) || isIP(address) === 0) return;
    const entrances = [auth, ...Object.values(paths).map((rules) => rules.auth)];
    if (!open.some((realm) => entrances.some((rules) => letsInAnonymous(rules, realm)))) return;
    throw loaded.complaint(
      ['listeners', index, 'address'],
      `refusing to listen on ${address}: anyone who reaches it could do everything; ` +
        'listen on 127.0.0.1, or add --insecure-dev if that is meant',
    );
  });
}

/**
 * A realm with its authenticators and authorizer; a value that they refuse, such as a password, is reported with its
 * position.
 */
async function openable(
  realm: RealmConfiguration,
  path: Path,
  loaded: LoadedConfiguration,
  shared?: SharedParts,
): ReturnType<typeof namedRealm> {
  try {
    const prepared = await namedRealm(realm, shared);
    // The realm for operators tells of this router alone.
    return path[0] === 'admin' ? { ...prepared, cluster: false } : prepared;
  } catch (error) {
    throw loaded.complaint(path, error instanceof Error ? error.message : String(error));
  }
}
