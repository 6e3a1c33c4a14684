/** Wishes: announces to the other nodes the topics whose events this node wants. */
import type { MatchPolicy, Uri } from '@wamp/protocol';
import type { CoreRealm } from '../core/core-realm.ts';
import type { Session } from '../core/session.ts';
import { POLICIES, type Interests } from './interests.ts';

/** Pending SUBSCRIBEs to one pattern. */
interface AwaitedTopic {
  readonly match: MatchPolicy;
  readonly topic: Uri;
  count: number;
  /** True when no other node had the interest when the first of them arrived. */
  readonly isAlone: boolean;
}

/** Sends the fields of an INTEREST to all other nodes. */
type Tell = (wish: readonly unknown[]) => void;

export class Wishes {
  readonly #core: CoreRealm;
  readonly #interests: Interests;
  readonly #tell: Tell;
  readonly #wanted = new Map<string, AwaitedTopic>();

  constructor(core: CoreRealm, interests: Interests, tell: Tell) {
    this.#core = core;
    this.#interests = interests;
    this.#tell = tell;
    core.broker.created.on((_session, { match, topic }) => {
      tell(this.#wish(match, topic, true, false));
    });
    core.broker.deleted.on((session, { match, topic }) => {
      this.#drop(match, topic, session);
    });
  }

  /** Announces a SUBSCRIBE. @returns a function to call once it is processed; undefined when it need not wait for others */
  want(match: MatchPolicy, topic: Uri): (() => void) | undefined {
    const isKnown = this.#core.broker.subscriptions.get(match, topic) !== undefined;
    const key = keyOf(match, topic);
    const waiting = this.#wanted.get(key);
    if (isKnown && waiting === undefined) return undefined;
    const isAlone = this.#interests.having(match, topic).length === 0;
    const wanted = waiting ?? { match, topic, count: 0, isAlone };
    wanted.count += 1;
    this.#wanted.set(key, wanted);
    if (!isKnown && waiting === undefined) this.#tell(this.#wish(match, topic, true, true));
    return () => {
      wanted.count -= 1;
      if (wanted.count > 0) return;
      this.#wanted.delete(key);
      this.#drop(match, topic);
    };
  }

  /** The fields of an INTEREST for each pattern. */
  *all(): Generator<readonly unknown[], void> {
    for (const match of POLICIES)
      for (const { topic } of this.#core.broker.subscriptions.values(match))
        yield this.#wish(match, topic, true, false);
    for (const { match, topic } of this.#wanted.values()) yield this.#wish(match, topic, true, true);
  }

  /** Whether no other node has a subscription that has just been created here. */
  isFirst(match: MatchPolicy, topic: Uri): boolean {
    const wasAlone = this.#wanted.get(keyOf(match, topic))?.isAlone ?? true;
    return this.#interests.isFirst(match, topic, wasAlone);
  }

  /** @param last the last subscriber, if there was one */
  #drop(match: MatchPolicy, topic: Uri, last?: Session): void {
    if (this.#wanted.has(keyOf(match, topic))) return;
    if (this.#core.broker.subscriptions.get(match, topic) !== undefined) return;
    if (last !== undefined) this.#interests.leave(match, topic, last.id);
    this.#tell(this.#wish(match, topic, false, false));
  }

  #wish(match: MatchPolicy, topic: Uri, isWanted: boolean, isPending: boolean): readonly unknown[] {
    const created = this.#core.broker.subscriptions.get(match, topic)?.created ?? this.#core.clock.now();
    const isAlone =
      this.#wanted.get(keyOf(match, topic))?.isAlone ?? this.#interests.having(match, topic).length === 0;
    return [match, topic, isWanted, created, isPending, isAlone];
  }
}

function keyOf(match: MatchPolicy, topic: Uri): string {
  return `${match} ${topic}`;
}
