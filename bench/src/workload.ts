/** The types of workloads. */
import type { SerializerName, Transport } from './contenders.ts';
import type { Load } from './load/load.ts';
import type { Destination } from './load/session.ts';

/** The shortest mode that has it; the full one has all. */
export type Mode = 'quick' | 'full';

/** Under which heading a workload is reported. */
export type Section = 'Calls' | 'Calls, callee with another serializer' | 'Events' | 'Growth' | 'Sessions';

interface Common {
  /** Unique, for `--only`. */
  readonly id: string;
  readonly section: Section;
  /** What it is, under its heading. */
  readonly title: string;
  readonly unit: 'call' | 'event' | 'session';
  /** The serializers that its sessions speak. */
  readonly serializers: readonly SerializerName[];
  readonly mode: Mode;
  /** Workloads of one block are measured in turns, to be compared with each other. */
  readonly block: string;
  /** The only ones that are measured; by default all that can take part. */
  readonly contenders?: readonly string[];
}

/** Messages, for as long as one likes. */
export interface StreamWorkload extends Common {
  readonly kind: 'stream';
  readonly transport: Transport;
  /** Whether it takes a router: translating, or looking up many URIs, means nothing to a relay. */
  readonly routed: boolean;
  open(destination: Destination): Promise<Load>;
}

/** Sessions that are opened in a rush, and then do nothing. */
export interface CrowdWorkload extends Common {
  readonly kind: 'crowd';
  readonly sessions: number;
}

export type Workload = StreamWorkload | CrowdWorkload;
