/** The table of workloads. */
import { FOX, OURS, type SerializerName } from './contenders.ts';
import { CborElements } from './load/elements-cbor.ts';
import { JsonElements } from './load/elements-json.ts';
import { MsgpackElements } from './load/elements-msgpack.ts';
import type { Elements } from './load/elements.ts';
import type { Load } from './load/load.ts';
import { PubSubLoad } from './load/pubsub.ts';
import { RpcLoad } from './load/rpc.ts';
import type { Target } from './load/session.ts';

/** The shortest mode that has a workload; longer ones have it too. */
type Mode = 'quick' | 'full';

export interface Workload {
  /** Unique, for `--only`. */
  readonly id: string;
  readonly title: string;
  readonly unit: 'call' | 'event';
  /** The serializers that its sessions speak. */
  readonly serializers: readonly SerializerName[];
  readonly mode: Mode;
  /** Workloads of one block are measured in turns, to be compared with each other. */
  readonly block: string;
  /** Who takes part; all by default. */
  readonly contenders?: readonly string[];
  open(target: Target): Promise<Load>;
}

const ELEMENTS: Readonly<Record<SerializerName, () => Elements>> = {
  json: () => new JsonElements(),
  msgpack: () => new MsgpackElements(),
  cbor: () => new CborElements(),
};
const LABELS: Readonly<Record<SerializerName, string>> = {
  json: 'JSON',
  msgpack: 'MessagePack',
  cbor: 'CBOR',
};

interface RpcRow {
  readonly size: number;
  readonly window: number;
  readonly serializer: SerializerName;
  /** Callees speak it; what callers speak by default. */
  readonly callee?: SerializerName;
  readonly kind?: 'text' | 'object';
  /** Callers, and as many callees; 1 by default. */
  readonly pairs?: number;
  readonly mode?: Mode;
}

function sizeLabel(size: number): string {
  return size < 1024 ? `${size} B` : `${size / 1024} KiB`;
}

function rpc({
  size,
  window,
  serializer,
  callee = serializer,
  kind = 'text',
  pairs = 1,
  mode = 'full',
}: RpcRow): Workload {
  const many = pairs === 1 ? '' : `${pairs} callers × ${pairs} callees, `;
  const spoken = callee === serializer ? LABELS[serializer] : `${LABELS[serializer]} ↔ ${LABELS[callee]}`;
  const id = [
    'rpc',
    ...new Set([serializer, callee]),
    size,
    ...(kind === 'object' ? [kind] : []),
    ...(pairs === 1 ? [] : [`${pairs}x${pairs}`]),
    `w${window}`,
  ].join('-');
  return {
    id,
    title: `RPC ${many}${sizeLabel(size)}${kind === 'object' ? ' object' : ''}, window ${window}, ${spoken}`,
    unit: 'call',
    serializers: [...new Set([serializer, callee])],
    mode,
    block: id,
    // A relay cannot translate.
    ...(callee === serializer ? {} : { contenders: [OURS] }),
    open: (target) =>
      RpcLoad.open(target, {
        callers: pairs,
        callees: pairs,
        window,
        payload: { size, kind },
        caller: ELEMENTS[serializer],
        callee: ELEMENTS[callee],
      }),
  };
}

/** Payload of events, as in chat messages or measurements. */
const EVENT_SIZE = 128;

function fanOut(subscribers: number, window: number, mode: Mode = 'full'): Workload {
  const id = `fanout-${subscribers}-w${window}`;
  return {
    id,
    title: `Fan-out 1→${subscribers.toLocaleString('en')}, ${EVENT_SIZE} B, window ${window}, JSON`,
    unit: 'event',
    serializers: ['json'],
    mode,
    block: id,
    open: (target) =>
      PubSubLoad.open(target, {
        subscribers,
        window,
        payload: { size: EVENT_SIZE, kind: 'text' },
        publisher: ELEMENTS.json,
        subscriber: ELEMENTS.json,
      }),
  };
}

/** Sessions that share all topics or procedures of a growth workload, within the router's quotas. */
const SUBSCRIBERS = 30;
const CALLEES = 10;

function topics(count: number): Workload {
  return {
    id: `topics-${count}`,
    title: `Events on ${count.toLocaleString('en')} topics × 3 subscribers, ${EVENT_SIZE} B, window 16, JSON`,
    unit: 'event',
    serializers: ['json'],
    mode: 'full',
    block: 'topics',
    contenders: [OURS, FOX],
    open: (target) =>
      PubSubLoad.open(target, {
        subscribers: SUBSCRIBERS,
        topics: count,
        audience: 3,
        window: 16,
        payload: { size: EVENT_SIZE, kind: 'text' },
        publisher: ELEMENTS.json,
        subscriber: ELEMENTS.json,
      }),
  };
}

function procedures(count: number): Workload {
  return {
    id: `procedures-${count}`,
    title: `Calls of ${count.toLocaleString('en')} procedures, ${EVENT_SIZE} B, window 16, JSON`,
    unit: 'call',
    serializers: ['json'],
    mode: 'full',
    block: 'procedures',
    contenders: [OURS, FOX],
    open: (target) =>
      RpcLoad.open(target, {
        callers: 1,
        callees: CALLEES,
        procedures: count,
        window: 16,
        payload: { size: EVENT_SIZE, kind: 'text' },
        caller: ELEMENTS.json,
        callee: ELEMENTS.json,
      }),
  };
}

const KIB = 1024;

export const WORKLOADS: readonly Workload[] = [
  rpc({ size: 16, window: 64, serializer: 'json', mode: 'quick' }),
  rpc({ size: 16, window: 64, serializer: 'msgpack', mode: 'quick' }),
  rpc({ size: 16, window: 64, serializer: 'cbor' }),
  rpc({ size: 16, window: 1, serializer: 'json', mode: 'quick' }),
  rpc({ size: 16, window: 1, serializer: 'msgpack' }),
  rpc({ size: 16, window: 1, serializer: 'cbor' }),
  rpc({ size: KIB, window: 64, serializer: 'json', mode: 'quick' }),
  rpc({ size: KIB, window: 64, serializer: 'msgpack' }),
  rpc({ size: KIB, window: 64, serializer: 'cbor' }),
  rpc({ size: KIB, window: 1, serializer: 'json' }),
  rpc({ size: KIB, window: 64, serializer: 'json', kind: 'object' }),
  rpc({ size: KIB, window: 64, serializer: 'msgpack', kind: 'object' }),
  rpc({ size: 64 * KIB, window: 64, serializer: 'json' }),
  rpc({ size: 64 * KIB, window: 64, serializer: 'msgpack' }),
  rpc({ size: 64 * KIB, window: 64, serializer: 'cbor' }),
  rpc({ size: 64 * KIB, window: 1, serializer: 'json' }),
  rpc({ size: 128, window: 1, serializer: 'json', pairs: 64, mode: 'quick' }),
  rpc({ size: 128, window: 64, serializer: 'json', callee: 'msgpack' }),
  rpc({ size: 128, window: 64, serializer: 'msgpack', callee: 'cbor' }),
  rpc({ size: KIB, window: 64, serializer: 'json', callee: 'msgpack', kind: 'object' }),
  fanOut(1, 64),
  fanOut(10, 16, 'quick'),
  fanOut(100, 8, 'quick'),
  fanOut(100, 1),
  fanOut(1000, 4, 'quick'),
  fanOut(1000, 1),
  topics(10),
  topics(100_000),
  procedures(10),
  procedures(10_000),
];
