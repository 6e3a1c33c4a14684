/** The cluster of a configuration: its engine, its health and its metrics. */
import { natsEngine } from '@wamp/cluster-nats';
import type { Cluster, ClusterOptions, ClusterStatus, MetricsRegistry } from '@wamp/router';
import type { Configuration } from './config/schema.ts';
import type { ReadinessCheck } from './health.ts';

/** The options of the router for its cluster; nothing is connected yet. */
export function clusterOptions({ cluster }: Configuration): { readonly cluster?: ClusterOptions } {
  if (cluster === undefined) return {};
  const { name, node, nats, deadAfter, isolated } = cluster;
  return { cluster: { node, deadAfter, isolated, engine: natsEngine({ ...nats, cluster: name }) } };
}

/** Not ready until the node has joined, and while it has ended its sessions. One that is degraded serves what it can. */
export function clusterCheck(cluster: Cluster): ReadinessCheck {
  return () => {
    const { state, why } = cluster.status();
    if (state === 'joined' || state === 'degraded') return undefined;
    if (why !== undefined) return { code: 'cluster_isolated', why };
    return { code: 'cluster_joining', why: 'the node has not joined its cluster' };
  };
}

/** A metric: its name, help text, and value. */
type Row = readonly [name: string, help: string, value: (status: ClusterStatus) => number];

const total =
  (key: keyof ClusterStatus['members'][number]) =>
  ({ members }: ClusterStatus): number =>
    members.reduce((sum, member) => sum + Number(member[key]), 0);

const GAUGES: readonly Row[] = [
  [
    'wamp_cluster_joined',
    '1 while the node is in its cluster, else 0.',
    ({ state }) => (state === 'joined' || state === 'degraded' ? 1 : 0),
  ],
  [
    'wamp_cluster_degraded',
    '1 while something is amiss in the cluster, else 0.',
    ({ state }) => (state === 'degraded' ? 1 : 0),
  ],
  ['wamp_cluster_members', 'Other nodes.', ({ members }) => members.length],
  ['wamp_cluster_reachable_members', 'Other nodes that calls are sent to.', total('reachable')],
  ['wamp_cluster_remote_sessions', 'Sessions of other nodes.', total('sessions')],
  [
    'wamp_cluster_unacknowledged_bytes',
    'Bytes that other nodes have not acknowledged.',
    total('unacknowledgedBytes'),
  ],
  ['wamp_cluster_calls_out', 'Calls in flight to other nodes.', total('callsOut')],
  ['wamp_cluster_calls_in', 'Calls in flight from other nodes.', total('callsIn')],
  ['wamp_cluster_claims', 'Registrations that the node claims.', ({ claims }) => claims.held],
  [
    'wamp_cluster_claims_pending',
    'Registrations for whose verdict the node waits.',
    ({ claims }) => claims.pending,
  ],
];
const COUNTERS: readonly Row[] = [
  [
    'wamp_cluster_expelled_total',
    'How often the node was declared dead while it was alive.',
    ({ expelled }) => expelled,
  ],
  [
    'wamp_cluster_isolated_total',
    'How often the node has ended its sessions because it could not write the ledger.',
    ({ isolated }) => isolated,
  ],
];

/** By node, as long as it is there. */
const OF_MEMBERS = [
  ['wamp_cluster_link_sent_bytes', 'Bytes sent to a node.', 'sentBytes'],
  ['wamp_cluster_link_received_bytes', 'Bytes received from a node.', 'receivedBytes'],
  ['wamp_cluster_link_resent_messages', 'Messages sent to a node once more.', 'resentMessages'],
  ['wamp_cluster_link_gaps', 'Gaps in the messages of a node.', 'gaps'],
  [
    'wamp_cluster_link_dropped_publications',
    'Publications dropped because a node did not read.',
    'droppedPublications',
  ],
] as const;

/** Reads the status of the cluster each time the metrics are read. */
export function measureCluster(metrics: MetricsRegistry, cluster: Pick<Cluster, 'status'>): void {
  for (const [kind, rows] of [
    ['gauge', GAUGES],
    ['counter', COUNTERS],
  ] as const) {
    for (const [name, help, value] of rows) {
      metrics.observe(kind, { name, help }, (observe) => {
        observe(value(cluster.status()));
      });
    }
  }
  for (const [name, help, key] of OF_MEMBERS) {
    metrics.observe('gauge', { name, help, labels: ['node'] }, (observe) => {
      for (const member of cluster.status().members) observe(member[key], member.node);
    });
  }
}
