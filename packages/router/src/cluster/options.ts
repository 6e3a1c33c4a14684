/** The options of a cluster, and what a node tells of its state. */
import type { InvocationPolicy, MatchPolicy, Uri } from '@wamp/protocol';
import type { ClusterEngine } from './engine.ts';

export interface ClusterOptions {
  /** The name of this node: no other one that runs may have it. */
  readonly node: string;
  /** How nodes reach each other: `natsEngine` of `@wamp/cluster-nats`. */
  readonly engine: ClusterEngine;
  /** A node of which nothing is heard for so long (ms) is declared dead; 5,000 by default, at least 1,000. */
  readonly deadAfter?: number | undefined;
}

/** What a node knows of another one. */
export interface MemberStatus {
  readonly node: string;
  readonly epoch: string;
  /** The version of the wire in which the two nodes speak with each other: the highest one that both know. */
  readonly wireVersion: number;
  /** Whether calls are sent to it now. */
  readonly reachable: boolean;
  /** Its sessions. */
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
   * `joining` until the other nodes have told what they have; `degraded` while the ledger cannot be written, so that nobody
   * can register, or while another node cannot be reached; `stopped` before the start and after the end.
   */
  readonly state: 'joining' | 'joined' | 'degraded' | 'stopped';
  /** Why it is degraded. */
  readonly why?: string;
  readonly members: readonly MemberStatus[];
  /** Registrations that this node claims, and those for whose verdict it waits. */
  readonly claims: { readonly held: number; readonly pending: number };
  /** How often this node was declared dead while it was alive, and began anew. */
  readonly expelled: number;
  /** How many runs of nodes it knows to be dead. */
  readonly certificates: number;
}

/** A registration that nodes of the cluster claim. */
export interface ClaimStatus {
  readonly realm: Uri;
  readonly match: MatchPolicy;
  readonly procedure: Uri;
  readonly invoke: InvocationPolicy;
  /** The nodes that claim it, in the order of the ledger. Of several with policy `single`, the first one has it. */
  readonly nodes: readonly string[];
}

/** What an application sees of the cluster. */
export interface Cluster {
  status(): ClusterStatus;
  /** Leaves the cluster, as `close` of the router does: resolves once the other nodes have been told, after some seconds at most. */
  leave(): Promise<void>;
  /** The registrations that nodes of the cluster claim, those of this node among them, as the ledger has them. */
  claimed(): Iterable<ClaimStatus>;
}
