/** The carrier of a realm's channels: sends messages of a feature to the same feature at other nodes, over the links. */
import type { Carrier, SharingNode } from '../core/sharing.ts';
import type { NodeId } from './engine.ts';
import type { Interests } from './interests.ts';
import type { PeerNode } from './peer.ts';
import { EntryType, writeEntry } from './wire.ts';
import type { Wishes } from './wishes.ts';

/** The parts of a shared realm that its carrier uses. */
export interface CarrierRealm {
  /** The number of the realm on the links of this node. */
  readonly index: number;
  readonly peers: ReadonlyMap<string, PeerNode>;
  /** The nodes that share the realm. */
  readonly sharers: ReadonlySet<PeerNode>;
  readonly interests: Interests;
  readonly wishes: Wishes;
  /** The current run of this node. */
  readonly self: () => NodeId;
  readonly settled: (done: () => void) => void;
}

export function carrierOf({
  index,
  peers,
  sharers,
  interests,
  wishes,
  self,
  settled,
}: CarrierRealm): Carrier {
  const peerOf = ({ epoch }: SharingNode): PeerNode | undefined => peers.get(epoch);
  return {
    get self() {
      return self();
    },
    nodes: () => [...sharers].map(({ id }) => id),
    isReachable: (node) => peerOf(node)?.isReachable === true,
    send: (channel, fields, payload, to) => {
      if (sharers.size === 0) return;
      const entry = writeEntry(EntryType.SHARED, index, [channel, ...fields], payload);
      for (const peer of to === undefined ? sharers : [peerOf(to)]) peer?.link.put(entry);
    },
    whenHeard: (done, to) => {
      if (to === undefined) settled(done);
      else peerOf(to)?.link.whenAcknowledged(done);
    },
    isFirst: (match, topic) => wishes.isFirst(match, topic),
    isLast: (match, topic) => interests.having(match, topic).length === 0,
    nodesOf: (match, topic) => interests.having(match, topic).map(({ id }) => id),
  };
}
