/** The settings of a realm or router that follow from its options and from the defaults. */
import { getHeapStatistics } from 'node:v8';
import { anonymous } from './auth/anonymous.ts';
import type { RealmOptions } from './core/core-realm.ts';
import { DEFAULT_STORE_LIMITS } from './core/kept.ts';
import { DEFAULT_QUOTAS } from './core/quotas.ts';
import type { Limits } from './limits.ts';
import type { RealmChanges, RouterOptions } from './router-options.ts';
import type { GuardedRealm } from './session/candidate.ts';

/** How clients are let into a realm, and treated there. */
export function guardsOf(
  own: RealmChanges,
  options: RouterOptions,
): Pick<GuardedRealm, 'authenticators' | 'slowConsumers'> {
  const { authenticators = options.authenticators, slowConsumers = options.slowConsumers } = own;
  return { authenticators: authenticators ?? [anonymous()], slowConsumers };
}

/** How much a realm and its sessions may take. */
export function boundsOf(
  own: RealmChanges,
  options: RouterOptions,
): Pick<RealmOptions, 'quotas' | 'stores' | 'maxSessions'> {
  return {
    quotas: { ...DEFAULT_QUOTAS, ...options.quotas, ...own.quotas },
    stores: { ...DEFAULT_STORE_LIMITS, ...options.stores, ...own.stores },
    maxSessions: own.maxSessions ?? options.maxSessions,
  };
}

/** What the process may keep, in bytes. */
export function keptBytes({ keptSize }: Limits): number {
  return keptSize || Math.floor(getHeapStatistics().heap_size_limit / 4);
}
