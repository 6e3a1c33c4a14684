/** Computes the steps of a reload: a pure function of the old and the new configuration. */
import { differing, same } from './config/same.ts';
import type { AdminConfiguration } from './config/admin.ts';
import { snakeCase } from './config/camel-keys.ts';
import type { Listener } from './config/listeners.ts';
import type { RealmConfiguration, TemplateConfiguration } from './config/realms.ts';
import { placedRealms, type Configuration } from './config/schema.ts';
import { authenticationChanged, rolesGone } from './departures.ts';

/** A listener, and its key. */
interface OfListener {
  readonly place: string;
  readonly listener: Listener;
}

/** One step of a reload, or a change that a reload cannot make. */
export type Change =
  | (OfListener & { readonly kind: 'listener_opened' | 'listener_closed' | 'certificate_renewed' })
  | (OfListener & { readonly kind: 'listener_replaced'; readonly keys: readonly string[] })
  | { readonly kind: 'realm_added'; readonly realm: RealmConfiguration }
  | { readonly kind: 'realm_removed'; readonly realm: RealmConfiguration }
  | { readonly kind: 'realm_closed_and_opened'; readonly realm: RealmConfiguration }
  | {
      readonly kind: 'realm_changed';
      readonly before: RealmConfiguration;
      readonly realm: RealmConfiguration;
      readonly keys: readonly string[];
    }
  | {
      readonly kind: 'template_added' | 'template_removed' | 'template_replaced';
      readonly template: TemplateConfiguration;
    }
  | {
      readonly kind: 'template_changed';
      readonly before: TemplateConfiguration;
      readonly template: TemplateConfiguration;
      readonly keys: readonly string[];
    }
  | { readonly kind: 'setting_changed'; readonly path: string }
  /** Unchanged until the process is restarted. */
  | { readonly kind: 'needs_restart'; readonly path: string };

/** Keys of a realm that cannot change while it has sessions. */
const FIXED_IN_REALM: ReadonlySet<string> = new Set([
  'uriRules',
  'disclosure',
  'history',
  'trustLevels',
  'cluster',
  'preferLocal',
]);
/** Limits that listeners copy when they are opened. */
export const FIXED_LIMITS = ['messageSize', 'pingInterval', 'pingTimeout'] as const;
const FIXED: ReadonlySet<string> = new Set(FIXED_LIMITS);

/** All differences, in the order of the file; empty if there are none. */
export function planReload(before: Configuration, after: Configuration): readonly Change[] {
  return [
    ...listenerChanges(before.listeners, after.listeners),
    ...realmChanges(allRealms(before), allRealms(after)),
    ...templateChanges(before.realmTemplates, after.realmTemplates),
    ...(before.strictRequestIds === after.strictRequestIds ? [] : [restart('strict_request_ids')]),
    ...(before.agent === after.agent ? [] : [restart('agent')]),
    ...settingChanges('limits', before.limits, after.limits, FIXED),
    ...settingChanges('attempts', before.attempts, after.attempts),
    ...(before.drain === after.drain ? [] : [setting('drain')]),
    ...settingChanges('log', before.log, after.log, new Set(['format'])),
    ...adminChanges(before.admin, after.admin),
    ...(same(before.store, after.store) ? [] : [restart('store')]),
    ...(same(before.cluster, after.cluster) ? [] : [restart('cluster')]),
    ...(same(before.tracing, after.tracing) ? [] : [restart('tracing')]),
    ...settingChanges('reload', before.reload, after.reload),
  ];
}

function allRealms(configuration: Configuration): readonly RealmConfiguration[] {
  return placedRealms(configuration).map(({ realm }) => realm);
}

/** Its realm is one of the realms. */
function adminChanges(before: AdminConfiguration, after: AdminConfiguration): readonly Change[] {
  return [
    ...settingChanges('admin', placesOf(before), placesOf(after), new Set(['listener', 'socket'])),
    ...(same(before.payloads ?? [], after.payloads ?? []) ? [] : [setting('admin.realm.payloads')]),
  ];
}

function placesOf({ listener, socket }: AdminConfiguration): object {
  return { listener, socket };
}

function placeOf({ unix, address, port }: Listener): string {
  return unix ?? `${address} port ${port}`;
}

/** Listeners by place; several may use any free port. */
export function byPlace(listeners: readonly Listener[]): ReadonlyMap<string, Listener> {
  const places = new Map<string, Listener>();
  for (const listener of listeners) {
    const place = placeOf(listener);
    let [unique, number] = [place, 1];
    while (places.has(unique)) unique = `${place} (${(number += 1)})`;
    places.set(unique, listener);
  }
  return places;
}

function listenerChanges(before: readonly Listener[], after: readonly Listener[]): readonly Change[] {
  const [old, next] = [byPlace(before), byPlace(after)];
  const gone = [...old].filter(([place]) => !next.has(place));
  return [
    ...gone.map(([place, listener]): Change => ({ kind: 'listener_closed', place, listener })),
    ...[...next].flatMap(([place, listener]): readonly Change[] => {
      const known = old.get(place);
      return known === undefined
        ? [{ kind: 'listener_opened', place, listener }]
        : changesOf(known, { place, listener });
    }),
  ];
}

function changesOf(before: Listener, now: OfListener): readonly Change[] {
  const { listener } = now;
  const keys = differing(before, listener);
  if (keys.length === 0) return [];
  const isRenewal = keys.length === 1 && before.tls !== undefined && listener.tls !== undefined;
  return isRenewal && sameButFiles(before, listener)
    ? [{ kind: 'certificate_renewed', ...now }]
    : [{ kind: 'listener_replaced', ...now, keys: keys.map(snakeCase) }];
}

/** True if the two differ in their certificates only. */
function sameButFiles(before: Listener, after: Listener): boolean {
  const files = { cert: undefined, key: undefined, ca: undefined, passphrase: undefined };
  return same({ ...before, tls: { ...before.tls, ...files } }, { ...after, tls: { ...after.tls, ...files } });
}

function realmChanges(
  before: readonly RealmConfiguration[],
  after: readonly RealmConfiguration[],
): readonly Change[] {
  const old = new Map(before.map((realm) => [realm.name, realm]));
  const names = new Set(after.map(({ name }) => name));
  return [
    ...before
      .filter(({ name }) => !names.has(name))
      .map((realm): Change => ({ kind: 'realm_removed', realm })),
    ...after.flatMap((realm): readonly Change[] => {
      const known = old.get(realm.name);
      return known === undefined ? [{ kind: 'realm_added', realm }] : changesOfRealm(known, realm);
    }),
  ];
}

function changesOfRealm(before: RealmConfiguration, realm: RealmConfiguration): readonly Change[] {
  const keys = differing(before, realm);
  if (keys.length === 0) return [];
  // These sessions were not authenticated, so their new permissions are unknown.
  if (before.roles === undefined && realm.roles !== undefined)
    return [{ kind: 'realm_closed_and_opened', realm }];
  const [fixed, changed] = [
    keys.filter((key) => FIXED_IN_REALM.has(key)),
    keys.filter((key) => !FIXED_IN_REALM.has(key)),
  ];
  return [
    ...fixed.map((key): Change => ({
      kind: 'needs_restart',
      path: `realms ${realm.name} ${snakeCase(key)}`,
    })),
    ...(changed.length === 0
      ? []
      : [{ kind: 'realm_changed', before, realm, keys: changed.map(snakeCase) } satisfies Change]),
  ];
}

function templateChanges(
  before: readonly TemplateConfiguration[],
  after: readonly TemplateConfiguration[],
): readonly Change[] {
  const old = new Map(before.map((template) => [template.name, template]));
  const next = new Map(after.map((template) => [template.name, template]));
  const kept = before.filter(({ name }) => next.has(name)).map(({ name }) => name);
  const order = after.filter(({ name }) => old.has(name)).map(({ name }) => name);
  return [
    ...before
      .filter(({ name }) => !next.has(name))
      .map((template): Change => ({ kind: 'template_removed', template })),
    ...after.flatMap((template): readonly Change[] => {
      const known = old.get(template.name);
      if (known === undefined) return [{ kind: 'template_added', template }];
      const keys = differing(known, template).map(snakeCase);
      if (keys.length === 0) return [];
      if (known.roles === undefined && template.roles !== undefined)
        return [{ kind: 'template_replaced', template }];
      return [{ kind: 'template_changed', before: known, template, keys }];
    }),
    ...(same(kept, order) ? [] : [setting('realm_templates (order)')]),
  ];
}

function settingChanges<T extends object>(
  path: string,
  before: T,
  after: T,
  fixed: ReadonlySet<string> = new Set(),
): readonly Change[] {
  return differing(before, after).map((key): Change => {
    const whole = `${path}.${snakeCase(key)}`;
    return fixed.has(key) ? restart(whole) : setting(whole);
  });
}

function setting(path: string): Change {
  return { kind: 'setting_changed', path };
}

function restart(path: string): Change {
  return { kind: 'needs_restart', path };
}

/** A change as a line for people; it names keys, but no values. */
export function describeChange(change: Change): string {
  switch (change.kind) {
    case 'listener_opened':
      return `listener ${change.place}: opened`;
    case 'listener_closed':
      return `listener ${change.place}: closed; its sessions go on`;
    case 'listener_replaced':
      return `listener ${change.place}: opened anew for ${change.keys.join(', ')}; its sessions go on, but those over long-poll`;
    case 'certificate_renewed':
      return `listener ${change.place}: certificate renewed, for handshakes to come`;
    case 'realm_added':
      return `realm ${change.realm.name}: opened`;
    case 'realm_removed':
      return `realm ${change.realm.name}: closed; its sessions end`;
    case 'realm_closed_and_opened':
      return `realm ${change.realm.name}: opened anew, for it gets roles; its sessions end`;
    case 'realm_changed':
      return `realm ${change.realm.name}: ${change.keys.join(', ')} changed${consequences(change)}`;
    case 'template_added':
      return `realm template ${change.template.name}: added`;
    case 'template_removed':
      return `realm template ${change.template.name}: removed; the sessions of its realms end`;
    case 'template_replaced':
      return `realm template ${change.template.name}: added anew, for it gets roles; the sessions of its realms end`;
    case 'template_changed':
      return `realm template ${change.template.name}: ${change.keys.join(', ')} changed${laterOnly(change.keys)}${consequences({ before: change.before, realm: change.template })}`;
    case 'setting_changed':
      return `${change.path}: changed`;
    case 'needs_restart':
      return `${change.path}: cannot change while the router runs; restart it to apply that`;
  }
}

/** What realms that exist keep as it is. */
function laterOnly(keys: readonly string[]): string {
  const fixed = keys.filter((key) => [...FIXED_IN_REALM].some((each) => snakeCase(each) === key));
  return fixed.length === 0 ? '' : `; ${fixed.join(', ')} for realms that are created from now on`;
}

function consequences({ before, realm }: { before: RealmConfiguration; realm: RealmConfiguration }): string {
  const gone = rolesGone(before, realm);
  return [
    ...(gone.length === 0 ? [] : [`; sessions with the role ${gone.join(', ')} end`]),
    ...(authenticationChanged(before, realm)
      ? ['; sessions whose principal is gone, or has another role, end']
      : []),
  ].join('');
}
