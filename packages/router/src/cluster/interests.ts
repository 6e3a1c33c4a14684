/** Interests: which nodes want the events of which topics, and which node is the first or the last with a subscription. */
import type { Id, MatchPolicy, Uri } from '@wamp/protocol';
import { isWithin } from '../core/broker.ts';
import { PatternMap } from '../core/pattern-map.ts';
import type { Sharing } from '../core/sharing.ts';
import type { PeerNode } from './peer.ts';

/** The interest of a node in a topic, as the node has announced it. */
export interface Wish {
  readonly match: MatchPolicy;
  readonly topic: Uri;
  readonly isWanted: boolean;
  /** When the subscription was created (ms since the epoch). */
  readonly created: number;
  /** True while the SUBSCRIBE waits until the other nodes have processed this announcement. */
  readonly isPending: boolean;
  /** True when the announcing node knew of no other one with the interest: it was the first then, or the last. */
  readonly isAlone: boolean;
}

interface Interest {
  readonly match: MatchPolicy;
  readonly topic: Uri;
  readonly peers: Map<PeerNode, Wish>;
  /** Nodes (epochs) whose last subscriber left while others had some; for this node with the id of that session, else with 0. */
  readonly leavers: Map<string, Id>;
}

export const POLICIES: readonly MatchPolicy[] = ['exact', 'prefix', 'wildcard'];

export class Interests {
  readonly #byPattern = new PatternMap<Interest>();
  readonly #sharing: Sharing | undefined;
  readonly #idOf: (match: MatchPolicy, topic: Uri) => Id;
  readonly #self: () => string;

  /** @param self the run of this node */
  constructor(
    sharing: Sharing | undefined,
    idOf: (match: MatchPolicy, topic: Uri) => Id,
    self: () => string,
  ) {
    this.#sharing = sharing;
    this.#idOf = idOf;
    this.#self = self;
  }

  /** @param isHere whether this node has the subscription as well */
  set(peer: PeerNode, wish: Wish, isHere: boolean): void {
    const { match, topic, created } = wish;
    const known = this.#byPattern.get(match, topic);
    if (wish.isWanted) {
      const interest = known ?? { match, topic, peers: new Map<PeerNode, Wish>(), leavers: new Map() };
      interest.peers.set(peer, wish);
      if (known === undefined) this.#byPattern.set(match, topic, interest);
      if (!wish.isPending && this.#sharing?.subscriptions.get(match, topic) === undefined)
        this.#sharing?.add({ id: this.#idOf(match, topic), match, topic, created });
    } else if (known?.peers.delete(peer) === true) {
      known.leavers.set(peer.id.epoch, 0);
      if (known.peers.size === 0) this.#isOver(known, wish.isAlone || isHere);
    }
  }

  /** Removes the interests of a node that is gone. */
  forget(peer: PeerNode): void {
    for (const match of POLICIES) {
      for (const interest of [...this.#byPattern.values(match)])
        if (interest.peers.delete(peer) && interest.peers.size === 0) this.#isOver(interest, true);
    }
  }

  /** The nodes that want the events of a topic. */
  of(topic: Uri): Set<PeerNode> {
    const wanting = new Set<PeerNode>();
    if (this.#byPattern.size === 0) return wanting;
    for (const interest of this.#byPattern.matching(topic)) {
      if (!isWithin(interest, topic)) continue;
      for (const peer of interest.peers.keys()) wanting.add(peer);
    }
    return wanting;
  }

  /** The nodes with an interest in exactly this pattern. */
  having(match: MatchPolicy, topic: Uri): readonly PeerNode[] {
    return [...(this.#byPattern.get(match, topic)?.peers.keys() ?? [])];
  }

  /**
   * Whether this node is the first with a subscription. If two nodes subscribe at the same time, the one with the lower epoch is.
   * @param wasAlone true when this node knew of no other one with the interest when its SUBSCRIBE arrived
   */
  isFirst(match: MatchPolicy, topic: Uri, wasAlone: boolean): boolean {
    for (const [{ id }, wish] of this.#byPattern.get(match, topic)?.peers ?? []) {
      if (!wish.isPending || !wasAlone) return false;
      if (wish.isAlone && id.epoch < this.#self()) return false;
    }
    return true;
  }

  /** Notes the last subscriber of this node, which has left while other nodes have subscribers. */
  leave(match: MatchPolicy, topic: Uri, session: Id): void {
    this.#byPattern.get(match, topic)?.leavers.set(this.#self(), session);
  }

  /** Removes an interest that no other node has. @param isTold true if this node does not publish that it is deleted */
  #isOver({ match, topic, leavers }: Interest, isTold: boolean): void {
    this.#byPattern.delete(match, topic);
    const subscription = this.#sharing?.subscriptions.get(match, topic);
    this.#sharing?.delete(match, topic);
    const session = leavers.get(this.#self());
    if (isTold || subscription === undefined || session === undefined) return;
    const first = [...leavers.keys()].sort()[0];
    if (first === this.#self()) this.#sharing?.vanished.emit(session, subscription);
  }
}
