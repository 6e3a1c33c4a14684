/** Shares what clients announce: clients of the same library announce the same features. */
import { PeerFeatures, type Dict, type Hello, type RoleDetails } from '@wamp/protocol';

type Roles = Hello['details']['roles'];

/** Reads the features in HELLO. Consecutive clients that announce the same get the same object, which never changes. */
export class Announcements {
  #last: PeerFeatures = new PeerFeatures({});
  /** The names of the features that the last client has announced, by role. */
  #names: ReadonlyMap<string, ReadonlySet<string>> = new Map();

  /** @param roles `HELLO.Details.roles` */
  featuresIn(roles: Roles): PeerFeatures {
    if (!this.#areLast(roles)) {
      this.#last = new PeerFeatures(roles);
      this.#names = new Map(
        Object.entries(roles).map(([role, details]) => [role, new Set(namesIn(details))]),
      );
    }
    return this.#last;
  }

  #areLast(roles: Roles): boolean {
    const entries = Object.entries(roles);
    if (entries.length !== this.#names.size) return false;
    return entries.every(([role, details]) => {
      const last = this.#names.get(role);
      const names = namesIn(details);
      return names.length === last?.size && names.every((name) => last.has(name));
    });
  }
}

function namesIn(details: RoleDetails | undefined): readonly string[] {
  const features: Dict = details?.features ?? {};
  return Object.keys(features).filter((name) => features[name] === true);
}
