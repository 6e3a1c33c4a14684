/** Roles and the features each may announce (spec: Feature Announcement). */
import type { ClientRole, RoleDetails, RouterRole } from './dictionaries.ts';
import type { Dict } from './words.ts';

/** Names of announced features, by role. */
export type Announcement<R extends ClientRole | RouterRole> = Readonly<Partial<Record<R, readonly string[]>>>;

/** The `roles` dictionary of HELLO or WELCOME. Every role has `features`, which may be empty. */
export function rolesOf<R extends ClientRole | RouterRole>(
  announcement: Announcement<R>,
): Record<R, RoleDetails> {
  const roles = Object.entries<readonly string[] | undefined>(announcement).map(([role, features = []]) => [
    role,
    { features: Object.fromEntries(features.map((feature) => [feature, true])) },
  ]);
  return Object.fromEntries(roles) as Record<R, RoleDetails>;
}

/** Alternative spellings of features, and the spelling that we use (T-2). */
const SPELLINGS: ReadonlyMap<string, string> = new Map([['call_cancelling', 'call_canceling']]);

/** The features that a peer announced, by role. */
export class PeerFeatures {
  readonly #announced = new Map<string, Set<string>>();

  /** @param roles the `roles` of its HELLO or WELCOME */
  constructor(roles: Readonly<Partial<Record<string, RoleDetails>>>) {
    for (const [role, details] of Object.entries(roles)) {
      const features: Dict = details?.features ?? {};
      const announced = Object.keys(features).filter((feature) => features[feature] === true);
      this.#announced.set(role, new Set(announced.map((feature) => SPELLINGS.get(feature) ?? feature)));
    }
  }

  /** What the peer has announced: the names of its features, by role. */
  toObject(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries([...this.#announced].map(([role, features]) => [role, [...features]]));
  }

  /** True when the peer announced `role` and, if given, `feature` for that role. */
  has(role: ClientRole | RouterRole, feature?: string): boolean {
    const announced = this.#announced.get(role);
    return announced !== undefined && (feature === undefined || announced.has(feature));
  }
}
