/** Holdings: what sessions hold of a broker or a dealer, subscriptions or registrations, by id and by session. */
import type { Id, MatchPolicy, Uri } from '@wamp/protocol';
import { Hook } from './hook.ts';
import type { PatternMap } from './pattern-map.ts';
import { clientOf, type Session } from './session.ts';
import type { Owner } from './wildcards.ts';

/** A subscription or a registration. */
interface HeldPattern {
  readonly id: Id;
  readonly match: MatchPolicy;
}

/** How the holdings of one kind work. */
interface Kind<H extends HeldPattern> {
  /** All holdings by pattern. The owner of this map looks up in it directly, for that is done with each message. */
  readonly byPattern: PatternMap<H>;
  uriOf(holding: H): Uri;
  /** Removes a session from a holding. @returns whether it was the last one, so that the holding is to be deleted */
  release(holding: H, session: Session): boolean;
}

/** How many holdings one session may have. */
interface Quota {
  readonly all: number;
  readonly patterns: number;
}

/** The quota that one more holding would exceed: of all, of patterns, or of the arrangements of wildcards in the realm. */
export type ExceededQuota = 'all' | 'patterns' | 'shapes';

export class Holdings<H extends HeldPattern> {
  /** The first session has got the holding. */
  readonly created: Hook<[Session, H]> = new Hook();
  /** A session has got it. */
  readonly added: Hook<[Session, H]> = new Hook();
  /** A session has lost it. */
  readonly removed: Hook<[Session, H]> = new Hook();
  /** The last session has lost it. */
  readonly deleted: Hook<[Session, H]> = new Hook();
  readonly #kind: Kind<H>;
  readonly #byId = new Map<Id, H>();
  /** The holdings of each session, so that a session that leaves costs its own ones only. */
  readonly #bySession = new Map<Session, Set<H>>();
  /** How many of these are patterns. */
  readonly #patterns = new Map<Session, number>();

  constructor(kind: Kind<H>) {
    this.#kind = kind;
  }

  byId(id: Id): H | undefined {
    return this.#byId.get(id);
  }

  /** Whether a session has the holding. */
  has(session: Session, holding: H): boolean {
    return this.#bySession.get(session)?.has(holding) === true;
  }

  /** The holdings of a session. */
  of(session: Session): ReadonlySet<H> {
    return this.#bySession.get(session) ?? new Set();
  }

  /** The quota that one more holding of a session would exceed. */
  exceeded(session: Session, match: MatchPolicy, uri: Uri, quota: Quota): ExceededQuota | undefined {
    if ((this.#bySession.get(session)?.size ?? 0) >= quota.all) return 'all';
    if (match === 'exact') return undefined;
    if ((this.#patterns.get(session) ?? 0) >= quota.patterns) return 'patterns';
    return this.#kind.byPattern.admits(match, uri, clientOf(session)) ? undefined : 'shapes';
  }

  /** Takes in a holding that no session has yet. @param owner the client whose pattern it is */
  create(holding: H, owner?: Owner): void {
    this.#kind.byPattern.set(holding.match, this.#kind.uriOf(holding), holding, owner);
    this.#byId.set(holding.id, holding);
  }

  /** Gives a holding to a session that does not have it; the owner tells the hooks, once the session has its answer. */
  add(session: Session, holding: H): void {
    let holdings = this.#bySession.get(session);
    if (holdings === undefined) this.#bySession.set(session, (holdings = new Set()));
    holdings.add(holding);
    if (holding.match !== 'exact') this.#countPattern(session, 1);
  }

  /**
   * Takes a holding from a session.
   * @param answer tells the session, before the hooks are told
   * @returns false when the session does not have it
   */
  remove(session: Session, holding: H, answer: () => void): boolean {
    if (this.#bySession.get(session)?.delete(holding) !== true) return false;
    this.#end(session, holding, answer);
    return true;
  }

  /** Takes all holdings from a session that has left, one with each step. */
  *leaving(session: Session): Generator<void, void> {
    const holdings = this.of(session);
    this.#bySession.delete(session);
    for (const holding of holdings) {
      this.#end(session, holding);
      yield;
    }
  }

  #end(session: Session, holding: H, answer?: () => void): void {
    if (holding.match !== 'exact') this.#countPattern(session, -1);
    const isLast = this.#kind.release(holding, session);
    if (isLast) {
      this.#kind.byPattern.delete(holding.match, this.#kind.uriOf(holding));
      this.#byId.delete(holding.id);
    }
    answer?.();
    this.removed.emit(session, holding);
    if (isLast) this.deleted.emit(session, holding);
  }

  #countPattern(session: Session, change: 1 | -1): void {
    const count = (this.#patterns.get(session) ?? 0) + change;
    if (count === 0) this.#patterns.delete(session);
    else this.#patterns.set(session, count);
  }
}
