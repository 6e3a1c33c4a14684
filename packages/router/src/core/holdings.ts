/** Holdings: the subscriptions of a broker or the registrations of a dealer, by id and by session. */
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

/** The behaviour of one kind of holdings. */
interface Kind<H extends HeldPattern> {
  /** All holdings by pattern. The owner of this map looks values up directly, because it does so for each message. */
  readonly byPattern: PatternMap<H>;
  uriOf(holding: H): Uri;
  /** Removes a session from a holding. @returns true when it was the last one, so that the holding has to be deleted */
  release(holding: H, session: Session): boolean;
}

/** The maximum number of holdings of one session. */
export interface Quota {
  readonly all: number;
  readonly patterns: number;
}

/** Holdings that a session has asked for, about which it is not decided yet; patterns are counted in both. */
export interface PendingHoldings {
  readonly all: number;
  readonly patterns: number;
}

const NONE: PendingHoldings = { all: 0, patterns: 0 };

/** The quota that one more holding would exceed: of all holdings, of patterns, or of shapes of wildcard patterns in the realm. */
export type ExceededQuota = 'all' | 'patterns' | 'shapes';

export class Holdings<H extends HeldPattern> {
  /** A holding was created for its first session. */
  readonly created: Hook<[Session, H]> = new Hook();
  /** A session was added to a holding. */
  readonly added: Hook<[Session, H]> = new Hook();
  /** A session was removed from a holding. */
  readonly removed: Hook<[Session, H]> = new Hook();
  /** A holding was deleted with its last session. */
  readonly deleted: Hook<[Session, H]> = new Hook();
  readonly #kind: Kind<H>;
  readonly #byId = new Map<Id, H>();
  /** The holdings of each session, so that the cost of leaving depends only on the session's own holdings. */
  readonly #bySession = new Map<Session, Set<H>>();
  /** The number of patterns among them. */
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

  /** The quota that one more holding of a session would exceed, besides pending ones. */
  exceeded(
    session: Session,
    match: MatchPolicy,
    uri: Uri,
    quota: Quota,
    pending: PendingHoldings = NONE,
  ): ExceededQuota | undefined {
    if ((this.#bySession.get(session)?.size ?? 0) + pending.all >= quota.all) return 'all';
    if (match === 'exact') return undefined;
    if ((this.#patterns.get(session) ?? 0) + pending.patterns >= quota.patterns) return 'patterns';
    return this.#kind.byPattern.admits(match, uri, clientOf(session)) ? undefined : 'shapes';
  }

  /** Adds a holding that has no session yet. @param owner the client whose pattern it is */
  create(holding: H, owner?: Owner): void {
    this.#kind.byPattern.set(holding.match, this.#kind.uriOf(holding), holding, owner);
    this.#byId.set(holding.id, holding);
  }

  /** Adds a session to a holding. The caller emits the hooks, after it has answered the session. */
  add(session: Session, holding: H): void {
    let holdings = this.#bySession.get(session);
    if (holdings === undefined) this.#bySession.set(session, (holdings = new Set()));
    holdings.add(holding);
    if (holding.match !== 'exact') this.#countPattern(session, 1);
  }

  /**
   * Removes a session from a holding.
   * @param answer answers the session; called before the hooks are emitted
   * @returns false when the session does not have the holding
   */
  remove(session: Session, holding: H, answer: () => void): boolean {
    if (this.#bySession.get(session)?.delete(holding) !== true) return false;
    this.#end(session, holding, answer);
    return true;
  }

  /**
   * Removes a session from a holding, without emitting the hooks.
   * @returns a function that emits them, to be called once; undefined when the session does not have the holding
   */
  detach(session: Session, holding: H): (() => void) | undefined {
    if (this.#bySession.get(session)?.delete(holding) !== true) return undefined;
    return this.#detached(session, holding);
  }

  /** Removes a session that has left from all its holdings, one in each step. */
  *leaving(session: Session): Generator<void, void> {
    const holdings = this.of(session);
    this.#bySession.delete(session);
    for (const holding of holdings) {
      this.#end(session, holding);
      yield;
    }
  }

  #end(session: Session, holding: H, answer?: () => void): void {
    const tell = this.#detached(session, holding);
    answer?.();
    tell();
  }

  #detached(session: Session, holding: H): () => void {
    const { match, id } = holding;
    const { byPattern } = this.#kind;
    const uri = this.#kind.uriOf(holding);
    if (match !== 'exact') this.#countPattern(session, -1);
    const isLast = this.#kind.release(holding, session);
    if (isLast) {
      byPattern.delete(match, uri);
      this.#byId.delete(id);
    }
    return () => {
      this.removed.emit(session, holding);
      // Others may have it again, if this is told later.
      if (isLast && byPattern.get(match, uri) === undefined) this.deleted.emit(session, holding);
    };
  }

  #countPattern(session: Session, change: 1 | -1): void {
    const count = (this.#patterns.get(session) ?? 0) + change;
    if (count === 0) this.#patterns.delete(session);
    else this.#patterns.set(session, count);
  }
}
