/** The types of workloads. */
import type { SerializerName, Transport } from './contenders.ts';
import type { Load } from './load/load.ts';
import type { Destination } from './load/session.ts';

/** The shortest mode that includes a workload; `full` includes all. */
export type Mode = 'quick' | 'full';

/** Under which heading a workload is reported. */
export type Section = 'Calls' | 'Calls, callee with another serializer' | 'Events' | 'Growth' | 'Sessions';

interface Common {
  /** Unique, for `--only`. */
  readonly id: string;
  readonly section: Section;
  /** The name of the workload, below the heading of its section. */
  readonly title: string;
  readonly unit: 'call' | 'event' | 'session';
  /** The serializers of its sessions. */
  readonly serializers: readonly SerializerName[];
  readonly mode: Mode;
  /** Workloads of the same block are measured in turns, so that they can be compared. */
  readonly block: string;
  /** The names of the contenders to measure; by default, all that support the workload. */
  readonly contenders?: readonly string[];
}

/** A steady stream of messages. */
export interface StreamWorkload extends Common {
  readonly kind: 'stream';
  readonly transport: Transport;
  /** True when only a router can do it: a relay neither converts payloads nor looks up URIs. */
  readonly routed: boolean;
  open(destination: Destination): Promise<Load>;
}

/** Sessions that are opened in a rush, and then do nothing. */
export interface CrowdWorkload extends Common {
  readonly kind: 'crowd';
  readonly sessions: number;
}

export type Workload = StreamWorkload | CrowdWorkload;
