/** The options of a cluster, and the status that a node reports. */
import type { InvocationPolicy, MatchPolicy, Uri } from '@wamp/protocol';
import type { ClusterEngine } from './engine.ts';

export interface ClusterOptions {
  /** The name of this node, which no other running node of the cluster may have. */
  readonly node: string;
  /** The engine by which the nodes reach each other, such as `natsEngine` of `@wamp/cluster-nats`. */
  readonly engine: ClusterEngine;
  /** A node that is silent for this long (ms) is declared dead; 5,000 by default, at least 1,000. */
  readonly deadAfter?: number | undefined;
  /**
   * What the node does when it cannot write the ledger for `deadAfter`, because it is cut off or the ledger is unavailable.
   * `serve`, the default: it serves its own clients; other nodes may then have another callee of a procedure with policy
   * `single`. `end`: it ends all sessions of shared realms with `wamp.close.system_shutdown`, refuses new ones with
   * `wamp.error.unavailable`, and joins again as soon as it can; `deadAfter` has to be at least 15,000 then. Other nodes respect
   * the claims of such a node, if it dies, for `deadAfter` + 2,000 ms after its last sign of life in the ledger.
   */
  readonly isolated?: 'serve' | 'end' | undefined;
}

/** The state of another node, as this node sees it. */
export interface MemberStatus {
  readonly node: string;
  readonly epoch: string;
  /** The version of the wire protocol between the two nodes: the highest one that both support. */
  readonly wireVersion: number;
  /** Whether calls are sent to it now. */
  readonly reachable: boolean;
  /** How many sessions it has. */
  readonly sessions: number;
  readonly silentMs: number;
  readonly unacknowledgedBytes: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly resentMessages: number;
  readonly gaps: number;
  readonly droppedPublications: number;
  readonly callsOut: number;
  readonly callsIn: number;
}

export interface ClusterStatus {
  readonly node: string;
  /** Identifies this run of the node. */
  readonly epoch: string;
  /**
   * `joining` until the other nodes have sent their state; `degraded` while there is no connection to the engine, the ledger
   * cannot be written (no procedure can be registered then), another node is silent, or a realm is not shared with another
   * node; `stopped` before the start and after the end.
   */
  readonly state: 'joining' | 'joined' | 'degraded' | 'stopped';
  /** Why it is degraded; or why it has ended its sessions, while it joins again (`isolated: 'end'`). */
  readonly why?: string;
  readonly members: readonly MemberStatus[];
  /** How many claims to registrations this node has won, and how many wait for a verdict. */
  readonly claims: { readonly held: number; readonly pending: number };
  /** How often this node was declared dead while it was running, and has joined again. */
  readonly expelled: number;
  /** How often this node has ended its sessions because it could not write the ledger (`isolated: 'end'`). */
  readonly isolated: number;
  /** How many runs of nodes are dead, as far as this node knows. */
  readonly certificates: number;
}

/** A registration that nodes of the cluster claim. */
export interface ClaimStatus {
  readonly realm: Uri;
  readonly match: MatchPolicy;
  readonly procedure: Uri;
  readonly invoke: InvocationPolicy;
  /** The nodes that claim it, in the order of the ledger. Of several with policy `single`, the first one holds it. */
  readonly nodes: readonly string[];
}

/** What an application sees of the cluster. */
export interface Cluster {
  status(): ClusterStatus;
  /** Leaves the cluster, as `close` of the router does. Resolves once the other nodes have been notified, within some seconds. */
  leave(): Promise<void>;
  /** All registrations that nodes of the cluster claim, including this node, according to the ledger. */
  claimed(): Iterable<ClaimStatus>;
}
