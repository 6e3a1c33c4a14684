/** What the configuration alone decides: `check` and `start` both go through here before anything listens. */
import { isIP } from 'node:net';
import { createRouter, isLoopback, type EventStore, type Log, type Router } from '@wamp/router';
import { namedRealm, type PreparedRealm } from './authenticators.ts';
import type { Listener } from './config/listeners.ts';
import type { LoadedConfiguration } from './config/load.ts';
import type { RealmConfiguration } from './config/realms.ts';
import { assembleListener } from './listener.ts';
import { grantsEverything } from './rights.ts';

/** A router, and the realms that it was made of. */
interface Prepared {
  readonly router: Router;
  readonly realms: readonly PreparedRealm[];
}

/**
 * The router that a configuration asks for, with its realms; nothing listens yet.
 * @param insecureDev whether anyone who reaches this machine may do everything
 * @param store where past events are kept; in memory by default
 * @throws CannotStart when it can never run, on whichever machine
 */
export async function prepare(
  loaded: LoadedConfiguration,
  insecureDev: boolean,
  log: Log,
  store?: EventStore,
): Promise<Prepared> {
  const { listeners, limits, attempts, strictRequestIds, agent } = loaded.configuration;
  if (!insecureDev) refuseExposure(listeners, loaded);
  const realms = await prepareRealms(loaded, store);
  return {
    router: createRouter({
      realms,
      limits,
      attempts,
      strictRequestIds,
      log,
      ...(agent === undefined ? {} : { agent }),
    }),
    realms,
  };
}

/** @throws CannotStart when one of them can never be opened */
export function prepareRealms(
  loaded: LoadedConfiguration,
  store?: EventStore,
): Promise<readonly PreparedRealm[]> {
  return Promise.all(
    loaded.configuration.realms.map((realm, index) => openable(realm, index, loaded, store)),
  );
}

/**
 * Goes all the way to where a listener would be opened, and opens none.
 * @throws CannotStart for whatever `start` refuses on account of the configuration
 */
export async function rehearse(loaded: LoadedConfiguration, insecureDev: boolean): Promise<void> {
  const { router } = await prepare(loaded, insecureDev, () => undefined);
  await assembleAll(router, loaded.configuration.listeners);
  await router.close();
}

/** Puts each listener together, and none to use. @throws what a listener of this kind can never do */
export async function assembleAll(router: Router, listeners: readonly Listener[]): Promise<void> {
  for (const listener of listeners) await assembleListener(router, listener, () => undefined).close();
}

/** Refuses to offer everything to anyone beyond this machine. What names stand for, only `start` finds out. */
export function refuseExposure(listeners: readonly Listener[], loaded: LoadedConfiguration): void {
  if (!loaded.configuration.realms.some(grantsEverything)) return;
  listeners.forEach(({ address, unix }, index) => {
    if (unix !== undefined || isLoopback(address) || isIP(address) === 0) return;
    throw loaded.complaint(
      ['listeners', index, 'address'],
      `refusing to listen on ${address}: anyone who reaches it could do everything; ` +
        'listen on 127.0.0.1, or add --insecure-dev if that is meant',
    );
  });
}

/** A realm with its authenticators and authorizer; what they refuse, such as a password, is told with its place. */
async function openable(
  realm: RealmConfiguration,
  index: number,
  loaded: LoadedConfiguration,
  store?: EventStore,
): ReturnType<typeof namedRealm> {
  try {
    return await namedRealm(realm, store);
  } catch (error) {
    throw loaded.complaint(['realms', index], error instanceof Error ? error.message : String(error));
  }
}
