/** Roles and the features each may announce (spec: Feature Announcement). */
import type { ClientRole, Dict, RoleDetails, RouterRole } from './message.ts';

/** Names of announced features, by role. */
export type Announcement<R extends ClientRole | RouterRole> = Readonly<Partial<Record<R, readonly string[]>>>;

/** The `roles` dictionary of HELLO or WELCOME; every role has `features`, be it empty. */
export function rolesOf<R extends ClientRole | RouterRole>(
  announcement: Announcement<R>,
): Record<R, RoleDetails> {
  const roles = Object.entries<readonly string[] | undefined>(announcement).map(([role, features = []]) => [
    role,
    { features: Object.fromEntries(features.map((feature) => [feature, true])) },
  ]);
  return Object.fromEntries(roles) as Record<R, RoleDetails>;
}

/** Spellings that mean the same (T-2). */
const ALIASES: Readonly<Record<string, string>> = { call_canceling: 'call_cancelling' };

/** What a peer announced, asked by role and feature. */
export class PeerFeatures {
  readonly #announced = new Set<string>();

  /** @param roles the `roles` of its HELLO or WELCOME */
  constructor(roles: Readonly<Partial<Record<string, RoleDetails>>>) {
    for (const [role, details] of Object.entries(roles)) {
      this.#announced.add(role);
      const features: Dict = details?.features ?? {};
      for (const [feature, value] of Object.entries(features)) {
        if (value === true) this.#announced.add(`${role}.${feature}`);
      }
    }
  }

  /** True when the peer plays `role` and, if one is named, announced `feature` for it. */
  has(role: ClientRole | RouterRole, feature?: string): boolean {
    if (feature === undefined) return this.#announced.has(role);
    const alias = ALIASES[feature];
    return (
      this.#announced.has(`${role}.${feature}`) ||
      (alias !== undefined && this.#announced.has(`${role}.${alias}`))
    );
  }
}
