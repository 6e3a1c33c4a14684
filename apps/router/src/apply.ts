/** Applies a reload to the running router, step by step; after the listeners are open, no step can fail. */
import type { Router } from '@wamp/router';
import { applyTemplates } from './apply-templates.ts';
import type { PreparedRealm, PreparedTemplate, SharedParts } from './authenticators.ts';
import type { Listener } from './config/listeners.ts';
import type { RealmConfiguration } from './config/realms.ts';
import type { Configuration } from './config/schema.ts';
import type { Listeners } from './listeners.ts';
import type { OperatorLog } from './log.ts';
import type { PageCache } from './page-cache.ts';
import { FIXED_LIMITS, type Change } from './plan.ts';
import type { RightsSwitch } from './rights-switch.ts';
import { sendAway, sendAwayOthers } from './send-away.ts';
import type { Webhooks } from './webhooks.ts';

/** What a reload changes. */
export interface ReloadedParts {
  readonly router: Router;
  readonly listeners: Listeners;
  readonly pages: PageCache;
  readonly webhooks: Webhooks;
  readonly log: OperatorLog;
  /** The permissions of each realm with roles. */
  readonly rights: Map<string, RightsSwitch>;
  /** The templates in use, by pattern. */
  readonly templates: Map<string, PreparedTemplate>;
  /** What all realms share. */
  readonly shared: SharedParts;
}

/** The new configuration. */
export interface Wanted {
  readonly configuration: Configuration;
  /** Its realms, ready to be opened. */
  readonly realms: readonly PreparedRealm[];
  readonly templates: readonly PreparedTemplate[];
}

/**
 * Opens new listeners first, and then changes the rest.
 * @throws CannotStart if a new listener cannot be opened; then nothing has changed
 */
export async function apply(
  parts: ReloadedParts,
  changes: readonly Change[],
  { configuration, realms, templates }: Wanted,
): Promise<void> {
  const { listeners } = parts;
  const of = (kind: Change['kind']): Map<string, Listener> =>
    new Map(
      changes.flatMap((change) =>
        change.kind === kind && 'listener' in change ? [[change.place, change.listener] as const] : [],
      ),
    );
  const among = configuration.listeners.length;
  await listeners.open(of('listener_opened'), among);
  applySettings(parts, changes, configuration);
  const prepared = new Map(realms.map((realm) => [realm.name, realm]));
  for (const change of changes) if ('realm' in change) applyToRealm(parts, change, prepared);
  applyTemplates(parts, changes, templates);
  if (changes.some((change) => 'realm' in change || 'template' in change)) {
    sendAwayOthers({ router: parts.router, log: parts.log.log }, configuration);
  }
  if (changes.some((change) => 'keys' in change && change.keys.includes('auth'))) listeners.logInAgain();
  await parts.webhooks.apply(configuration.realms);
  for (const [place, listener] of of('certificate_renewed')) listeners.renew(place, listener);
  for (const place of of('listener_closed').keys()) listeners.close(place);
  await exchange(parts, of('listener_replaced'), among);
}

/** Between the two steps, new connections are refused; existing ones stay open. */
async function exchange(
  { listeners, log: { log } }: ReloadedParts,
  replaced: ReadonlyMap<string, Listener>,
  among: number,
): Promise<void> {
  for (const [place, listener] of replaced) {
    listeners.close(place);
    try {
      await listeners.open(new Map([[place, listener]]), among);
    } catch (error) {
      log('error', 'a listener could not be opened anew', { code: 'listener_lost', listener: place, error });
    }
  }
}

function applySettings(
  { router, log }: ReloadedParts,
  changes: readonly Change[],
  wanted: Configuration,
): void {
  const changed = changes.some(({ kind }) => kind === 'setting_changed');
  if (!changed) return;
  const fixed = Object.fromEntries(FIXED_LIMITS.map((key) => [key, router.limits[key]]));
  router.reconfigure({ limits: { ...wanted.limits, ...fixed }, attempts: wanted.attempts });
  const isNamed = changes.some((change) => change.kind === 'setting_changed' && change.path === 'log.level');
  if (isNamed) log.level = wanted.log.level;
}

type RealmChange = Extract<Change, { readonly realm: RealmConfiguration }>;

function applyToRealm(
  { router, rights, log: { log } }: ReloadedParts,
  change: RealmChange,
  prepared: ReadonlyMap<string, PreparedRealm>,
): void {
  const { name } = change.realm;
  if (change.kind === 'realm_removed' || change.kind === 'realm_closed_and_opened') {
    router.removeRealm(name);
    rights.delete(name);
  }
  const next = prepared.get(name);
  if (next === undefined || change.kind === 'realm_removed') return;
  if (change.kind === 'realm_changed') {
    router.reconfigureRealm(name, { authenticators: undefined, ...next });
    rights.get(name)?.exchange(next.authorizer);
    sendAway({ router, log }, name, change);
    return;
  }
  // A realm that a template has created makes way.
  router.removeRealm(name);
  router.addRealm(next);
  if (next.authorizer !== undefined) rights.set(name, next.authorizer);
}
