/** Interests: which nodes want the events of which topics. */
import type { MatchPolicy, Uri } from '@wamp/protocol';
import { isWithin } from '../core/broker.ts';
import { PatternMap } from '../core/pattern-map.ts';
import type { PeerNode } from './peer.ts';

interface Interest {
  readonly match: MatchPolicy;
  readonly topic: Uri;
  readonly peers: Set<PeerNode>;
}

export const POLICIES: readonly MatchPolicy[] = ['exact', 'prefix', 'wildcard'];

export class Interests {
  readonly #byPattern = new PatternMap<Interest>();

  set(peer: PeerNode, match: MatchPolicy, topic: Uri, isWanted: boolean): void {
    const known = this.#byPattern.get(match, topic);
    if (isWanted) {
      const interest = known ?? { match, topic, peers: new Set<PeerNode>() };
      interest.peers.add(peer);
      if (known === undefined) this.#byPattern.set(match, topic, interest);
    } else {
      known?.peers.delete(peer);
      if (known?.peers.size === 0) this.#byPattern.delete(match, topic);
    }
  }

  /** A node is gone. */
  forget(peer: PeerNode): void {
    for (const match of POLICIES)
      for (const { topic } of [...this.#byPattern.values(match)]) this.set(peer, match, topic, false);
  }

  /** The nodes that want the events of a topic. */
  of(topic: Uri): Set<PeerNode> {
    const wanting = new Set<PeerNode>();
    if (this.#byPattern.size === 0) return wanting;
    for (const interest of this.#byPattern.matching(topic)) {
      if (!isWithin(interest, topic)) continue;
      for (const peer of interest.peers) wanting.add(peer);
    }
    return wanting;
  }
}
