/** Realms on demand: created from a template when a client joins them, and removed when they are idle. */
import {
  CloseUri,
  ErrorUri,
  GlobalScope,
  isReserved,
  isUri,
  matches,
  type Id,
  type Uri,
} from '@wamp/protocol';
import { tellingNetwork } from './addresses.ts';
import type { Pattern } from './authz/pattern-sets.ts';
import { starred } from './authz/rule.ts';
import type { Clock } from './core/clock.ts';
import { Hook } from './core/hook.ts';
import type { Realm } from './core/realm.ts';
import type { RouterEvents, RealmClosed } from './events.ts';
import type { LimitTally } from './limits.ts';
import { isRealmPattern } from './realm-patterns.ts';
import type { NamedRealm, RealmChanges, RealmTemplate, RouterOptions } from './router-options.ts';
import { guardsOf } from './router-settings.ts';
import type { GuardedRealm, JoinRefusal, RealmOnDemand } from './session/candidate.ts';

/** What a template limits by default; times in ms. */
export const DEFAULT_TEMPLATE_LIMITS: Readonly<Record<'maxRealms' | 'maxRealmsPerAddress' | 'idle', number>> =
  {
    maxRealms: 100,
    maxRealmsPerAddress: 10,
    idle: 10 * 60_000,
  };

/** What a realm of a template keeps by default, far less than other realms: sizes in bytes. */
export const DEFAULT_TEMPLATE_STORES: { readonly retainedBytes: number; readonly historyBytes: number } = {
  retainedBytes: 2 ** 20,
  historyBytes: 2 ** 20,
};

function isWithin({ match, uri }: Pattern, name: Uri): boolean {
  return matches(match, uri, name);
}

/** The parts of the router that this module uses. */
export interface TemplateRouter {
  readonly clock: Clock;
  readonly events: Pick<RouterEvents, 'emit'>;
  readonly limited: LimitTally;
  guardedRealm(name: Uri): GuardedRealm | undefined;
  /** @param template the pattern of its template */
  createRealm(realm: NamedRealm, template: Uri): GuardedRealm;
  reconfigureRealm(name: Uri, changes: RealmChanges): void;
  removeRealm(name: Uri, reason?: Uri): boolean;
}

/** The templates of a router, and the realms that exist because of them. */
export class RealmTemplates {
  readonly #router: TemplateRouter;
  readonly #options: RouterOptions;
  /** A realm is being removed; its numbers are complete. */
  readonly closing: Hook<[Realm]> = new Hook();
  readonly #ids: () => Id;
  #pools: readonly RealmPool[] = [];

  /**
   * @param options the options of the router, which hold where a template says nothing
   * @throws TypeError for a pattern without a star, or two templates with one pattern
   */
  constructor(router: TemplateRouter, options: RouterOptions) {
    const scope = new GlobalScope();
    this.#router = router;
    this.#options = options;
    this.#ids = options.globalId ?? ((): Id => scope.next());
    this.replace(options.realmTemplates ?? []);
  }

  /** The realm of that name, which exists because of a template, or can be created from one. */
  find(name: Uri): RealmOnDemand | undefined {
    return this.#poolOf(name)?.onDemand;
  }

  /** The pattern of the template that a realm of that name has been, or would be, created from. */
  patternFor(name: Uri): Uri | undefined {
    return this.#poolOf(name)?.uri;
  }

  /**
   * Replaces the templates. Realms whose template is not among them, by its pattern, are removed; the others get its settings.
   * @throws TypeError for a pattern without a star, or two templates with one pattern
   */
  replace(templates: readonly RealmTemplate[]): void {
    checkTemplates(templates);
    // A fault is reported before anything has changed.
    for (const template of templates) guardsOf(template, this.#options);
    const known = new Map(this.#pools.map((pool) => [pool.uri, pool]));
    const next = templates.map((template) => {
      const { authorizer = this.#options.authorizer } = template;
      const stores = { ...DEFAULT_TEMPLATE_STORES, ...template.stores };
      const whole = { ...template, authorizer, stores };
      const { authenticators } = guardsOf(whole, this.#options);
      const pool = known.get(template.uri);
      known.delete(template.uri);
      pool?.reconfigure(whole, authenticators);
      return (
        pool ??
        new RealmPool(this.#router, {
          template: whole,
          authenticators,
          ids: this.#ids,
          closing: this.closing,
        })
      );
    });
    this.#pools = next;
    for (const pool of known.values()) pool.close();
  }

  /** How many realms exist, by the pattern of their template. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#pools.map(({ uri, size }) => [uri, size]));
  }

  /** Stops all timers: the router closes. */
  stop(): void {
    for (const pool of this.#pools) pool.stop();
  }

  #poolOf(name: Uri): RealmPool | undefined {
    if (this.#pools.length === 0) return undefined;
    return this.#pools.find((pool) => pool.has(name)) ?? this.#pools.find((pool) => pool.covers(name));
  }
}

function checkTemplates(templates: readonly RealmTemplate[]): void {
  const seen = new Set<Uri>();
  for (const { uri } of templates) {
    if (!isRealmPattern(uri))
      throw new TypeError(`realm template ${uri}: expected a pattern with stars, such as com.example.*`);
    if (seen.has(uri)) throw new TypeError(`realm template ${uri}: there are two with this pattern`);
    seen.add(uri);
  }
}

/** A realm that exists because of a template. */
interface LiveRealm {
  readonly name: Uri;
  /** The address, or network, of the client for which it was created; undefined where it identifies no client. */
  readonly creator: string | undefined;
  /** Cancels its removal. */
  dismiss: () => void;
  why: RealmClosed['why'];
}

/** A template as it is applied. */
interface PoolSettings {
  readonly template: RealmTemplate;
  readonly authenticators: RealmOnDemand['authenticators'];
  readonly ids: () => Id;
  readonly closing: Hook<[Realm]>;
}

/** The realms of one template. */
class RealmPool {
  readonly uri: Uri;
  /** What clients that want to join one of the realms find; another object after the authenticators have changed. */
  onDemand: RealmOnDemand;
  readonly #router: TemplateRouter;
  readonly #pattern: Pattern;
  readonly #ids: () => Id;
  readonly #closing: Hook<[Realm]>;
  readonly #live = new Map<Uri, LiveRealm>();
  /** Realms without a session; the one that has had none for longest comes first. */
  readonly #idle = new Set<LiveRealm>();
  readonly #byCreator = new Map<string, number>();
  #template: RealmTemplate;
  #stopped = false;

  constructor(router: TemplateRouter, { template, authenticators, ids, closing }: PoolSettings) {
    this.#router = router;
    this.uri = template.uri;
    this.#pattern = starred(template.uri);
    this.#ids = ids;
    this.#closing = closing;
    this.#template = template;
    this.onDemand = this.#onDemand(authenticators);
  }

  get size(): number {
    return this.#live.size;
  }

  has(name: Uri): boolean {
    return this.#live.has(name);
  }

  covers(name: Uri): boolean {
    return !isReserved(name) && isUri(name, this.#template.uriRules) && isWithin(this.#pattern, name);
  }

  /** Applies to all realms, those that exist among them. */
  reconfigure(template: RealmTemplate, authenticators: RealmOnDemand['authenticators']): void {
    this.#template = template;
    if (authenticators !== this.onDemand.authenticators) this.onDemand = this.#onDemand(authenticators);
    const { stores, quotas, maxSessions, slowConsumers } = template;
    const changes = { authenticators: template.authenticators, slowConsumers, stores, quotas, maxSessions };
    for (const name of this.#live.keys()) this.#router.reconfigureRealm(name, changes);
    for (const realm of [...this.#idle]) this.#rests(realm);
  }

  /** Removes all realms. */
  close(): void {
    for (const realm of [...this.#live.values()]) this.#remove(realm, 'template_removed');
  }

  stop(): void {
    this.#stopped = true;
    for (const { dismiss } of this.#live.values()) dismiss();
  }

  #onDemand(authenticators: RealmOnDemand['authenticators']): RealmOnDemand {
    return {
      pattern: this.uri,
      authenticators,
      hasRole: (name, authrole) => {
        const { authorizer } = this.#router.guardedRealm(name) ?? this.#template;
        return authorizer?.hasRole?.(authrole) ?? true;
      },
      newSessionId: (name) => this.#router.guardedRealm(name)?.realm.newSessionId() ?? this.#ids(),
      open: (name, address) => this.#router.guardedRealm(name) ?? this.#open(name, address),
    };
  }

  /** Creates a realm, in place of an idle one if there are too many. */
  #open(name: Uri, address: string | undefined): GuardedRealm | JoinRefusal {
    const { maxRealms = DEFAULT_TEMPLATE_LIMITS.maxRealms } = this.#template;
    const { maxRealmsPerAddress = DEFAULT_TEMPLATE_LIMITS.maxRealmsPerAddress } = this.#template;
    const creator = tellingNetwork(address);
    const own = creator === undefined ? 0 : (this.#byCreator.get(creator) ?? 0);
    if (own >= maxRealmsPerAddress && !this.#makeRoom((each) => each.creator === creator)) {
      return this.#full(
        'realms_per_address',
        'your address has created too many realms (maxRealmsPerAddress)',
      );
    }
    if (this.#live.size >= maxRealms && !this.#makeRoom(() => true))
      return this.#full('realms', 'there are too many realms of this kind (maxRealms)');
    const guarded = this.#router.createRealm({ ...this.#template, name, cluster: false }, this.uri);
    this.#watch({ name, creator, dismiss: () => undefined, why: 'removed' }, guarded);
    this.#router.events.emit({ code: 'realm_opened', realm: name, template: this.uri });
    return guarded;
  }

  #full(limit: 'realms' | 'realms_per_address', message: string): JoinRefusal {
    this.#router.limited.add(limit);
    return { abort: ErrorUri.LIMIT_EXCEEDED, message };
  }

  /** Removes the realm that has been idle for longest, of those that may go. @returns false if none may */
  #makeRoom(mayGo: (realm: LiveRealm) => boolean): boolean {
    for (const realm of this.#idle) {
      if (!mayGo(realm)) continue;
      this.#remove(realm, 'room_needed');
      return true;
    }
    return false;
  }

  #watch(live: LiveRealm, { realm }: GuardedRealm): void {
    const { name, creator } = live;
    this.#live.set(name, live);
    if (creator !== undefined) this.#byCreator.set(creator, (this.#byCreator.get(creator) ?? 0) + 1);
    realm.joined.on(() => {
      live.dismiss();
      this.#idle.delete(live);
    });
    realm.left.on(() => {
      if (realm.sessions.size === 0 && this.#live.get(name) === live) this.#rests(live);
    });
    realm.removed.on(() => {
      this.#closing.emit(realm.shown);
      this.#gone(live);
    });
    // The client for which it is created may be lost before it joins.
    this.#rests(live);
  }

  /** The realm has no session: it is removed unless somebody joins. */
  #rests(live: LiveRealm): void {
    live.dismiss();
    this.#idle.add(live);
    if (this.#stopped) return;
    const { idle = DEFAULT_TEMPLATE_LIMITS.idle } = this.#template;
    live.dismiss = this.#router.clock.after(idle, () => {
      this.#remove(live, 'idle');
    });
  }

  #remove(live: LiveRealm, why: RealmClosed['why']): void {
    live.why = why;
    this.#router.removeRealm(live.name, CloseUri.CLOSE_REALM);
  }

  #gone(live: LiveRealm): void {
    const { name, creator, why } = live;
    live.dismiss();
    this.#live.delete(name);
    this.#idle.delete(live);
    if (creator !== undefined) {
      const left = (this.#byCreator.get(creator) ?? 1) - 1;
      if (left === 0) this.#byCreator.delete(creator);
      else this.#byCreator.set(creator, left);
    }
    this.#router.events.emit({ code: 'realm_closed', realm: name, template: this.uri, why });
  }
}
