/** Computes the settings of a realm or router from its options and the defaults. */
import { getHeapStatistics } from 'node:v8';
import { anonymous } from './auth/anonymous.ts';
import type { RealmOptions } from './core/core-realm.ts';
import { DEFAULT_STORE_LIMITS } from './core/kept.ts';
import { DEFAULT_QUOTAS } from './core/quotas.ts';
import { expect } from './expect.ts';
import type { Limits } from './limits.ts';
import { isNameable } from './realm-patterns.ts';
import type { NamedRealm, RealmChanges, RouterOptions } from './router-options.ts';
import type { GuardedRealm } from './session/candidate.ts';

/**
 * The settings that concern how clients join a realm, and how slow clients are treated.
 * @throws TypeError for realms that no authenticator may name
 */
export function guardsOf(
  own: RealmChanges,
  options: RouterOptions,
): Pick<GuardedRealm, 'authenticators' | 'slowConsumers'> {
  const { authenticators = options.authenticators, slowConsumers = options.slowConsumers } = own;
  for (const { method, realms = [] } of authenticators ?? []) {
    const wrong = realms.find((realm) => !isNameable(realm));
    expect(
      wrong === undefined,
      `authenticator ${method}: realms: ${wrong}: expected the name of a realm, or a pattern such as com.example.*, not below wamp`,
    );
  }
  return { authenticators: authenticators ?? [anonymous()], slowConsumers };
}

/** The limits of a realm and its sessions. */
export function boundsOf(
  own: RealmChanges & Pick<NamedRealm, 'preferLocal'>,
  options: RouterOptions,
): Pick<RealmOptions, 'quotas' | 'stores' | 'maxSessions' | 'prefersLocal'> {
  return {
    quotas: { ...DEFAULT_QUOTAS, ...options.quotas, ...own.quotas },
    stores: { ...DEFAULT_STORE_LIMITS, ...options.stores, ...own.stores },
    maxSessions: own.maxSessions ?? options.maxSessions,
    prefersLocal: own.preferLocal,
  };
}

/** Resolves in a later turn of the event loop. */
export function afterInputAndOutput(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** The maximum size of the data that the process keeps (bytes). */
export function keptBytes({ keptSize }: Limits): number {
  return keptSize || Math.floor(getHeapStatistics().heap_size_limit / 4);
}
