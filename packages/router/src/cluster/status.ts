/** Composes the status that a node of a cluster reports. */
import type { NodeId } from './engine.ts';
import type { ClusterStatus, MemberStatus } from './options.ts';
import type { PeerNode } from './peer.ts';

interface Seen extends Pick<ClusterStatus, 'claims' | 'expelled' | 'isolated' | 'certificates'> {
  readonly self: NodeId;
  readonly state: 'stopped' | 'joining' | 'joined';
  readonly peers: Iterable<PeerNode>;
  readonly now: number;
  /** Why the node is degraded, or has ended its sessions. */
  readonly trouble: string | undefined;
}

export function statusOf({ self, state, peers, now, trouble, ...counts }: Seen): ClusterStatus {
  return {
    node: self.name,
    epoch: self.epoch,
    state: trouble !== undefined && state === 'joined' ? 'degraded' : state,
    ...(trouble === undefined ? {} : { why: trouble }),
    members: [...peers].map((peer) => memberOf(peer, now)),
    ...counts,
  };
}

function memberOf(peer: PeerNode, now: number): MemberStatus {
  const { id, version, link } = peer;
  return {
    node: id.name,
    epoch: id.epoch,
    wireVersion: version,
    reachable: peer.isReachable,
    sessions: peer.sessionCount,
    silentMs: Math.round(now - peer.heardAt),
    unacknowledgedBytes: link.unacknowledged,
    sentBytes: link.counts.sentBytes,
    receivedBytes: link.counts.receivedBytes,
    resentMessages: link.counts.resent,
    gaps: link.counts.gaps,
    droppedPublications: peer.dropped,
    callsOut: peer.outgoing.size,
    callsIn: peer.incoming.size,
  };
}
