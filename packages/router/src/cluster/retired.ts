/** Retired: the callees of this node that have unregistered, of which nobody is told before they are answered. */
import type { MatchPolicy, Uri } from '@wamp/protocol';
import type { Registration } from '../core/registration.ts';
import type { Session } from '../core/session.ts';

interface Retirement {
  readonly session: Session;
  readonly key: string;
  /** Tells of it. */
  readonly tell: () => void;
}

export class Retired {
  /** One of each session at most, as its messages wait until it is answered. */
  readonly #bySession = new Map<Session, Retirement>();
  readonly #byPattern = new Map<string, Set<Retirement>>();

  /** @returns a function that tells of it, unless that has been done */
  add(session: Session, { match, procedure }: Registration, tell: () => void): () => void {
    const key = keyOf(match, procedure);
    const retirement = { session, key, tell };
    const same = this.#byPattern.get(key) ?? new Set<Retirement>();
    same.add(retirement);
    this.#byPattern.set(key, same);
    this.#bySession.set(session, retirement);
    return () => {
      this.#tell(retirement);
    };
  }

  /** Tells of those of a registration, before it has a callee of this node again. */
  tellOf(match: MatchPolicy, procedure: Uri): void {
    for (const retirement of [...(this.#byPattern.get(keyOf(match, procedure)) ?? [])])
      this.#tell(retirement);
  }

  /** Tells of that of a session, which begins to leave. */
  leaving(session: Session): void {
    const retirement = this.#bySession.get(session);
    if (retirement !== undefined) this.#tell(retirement);
  }

  #tell(retirement: Retirement): void {
    const { session, key, tell } = retirement;
    const same = this.#byPattern.get(key);
    if (same?.delete(retirement) !== true) return;
    if (same.size === 0) this.#byPattern.delete(key);
    this.#bySession.delete(session);
    tell();
  }
}

function keyOf(match: MatchPolicy, procedure: Uri): string {
  return `${match} ${procedure}`;
}
