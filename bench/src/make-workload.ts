/** Rows of the table of workloads, made from what differs between them. */
import type { SerializerName, Transport } from './contenders.ts';
import { CborElements } from './load/elements-cbor.ts';
import { JsonElements } from './load/elements-json.ts';
import { MsgpackElements } from './load/elements-msgpack.ts';
import type { Elements } from './load/elements.ts';
import type { PayloadShape } from './load/payload.ts';
import { PubSubLoad } from './load/pubsub.ts';
import { RpcLoad } from './load/rpc.ts';
import type { CrowdWorkload, Mode, StreamWorkload } from './workload.ts';

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

/** Payload of events and of calls between many, as in chat messages or measurements. */
const MESSAGE: PayloadShape = { size: 128, kind: 'text' };
/** Sessions that share the topics or procedures of a growth workload, within the router's quotas. */
const [SUBSCRIBERS, CALLEES] = [30, 10];
const GROWTH_WINDOW = 16;

interface Calls {
  readonly size: number;
  readonly window: number;
  readonly serializer: SerializerName;
  readonly kind?: PayloadShape['kind'];
  readonly mode?: Mode;
  readonly transport?: Transport;
}

/** One caller, one callee. */
export function calls({
  size,
  window,
  serializer,
  kind = 'text',
  mode = 'full',
  transport = 'websocket',
}: Calls): StreamWorkload {
  const object = kind === 'object';
  const raw = transport === 'rawsocket';
  const id = `rpc-${raw ? 'raw-' : ''}${serializer}-${size}${object ? '-object' : ''}-w${window}`;
  return {
    kind: 'stream',
    transport,
    routed: false,
    id,
    section: 'Calls',
    title: `${sizeOf(size)}${object ? ' object' : ''}, window ${window}, ${LABELS[serializer]}${raw ? ', RawSocket' : ''}`,
    unit: 'call',
    serializers: [serializer],
    mode,
    block: id,
    open: (destination) =>
      RpcLoad.open(destination, {
        callers: 1,
        callees: 1,
        window,
        payload: { size, kind },
        caller: ELEMENTS[serializer],
        callee: ELEMENTS[serializer],
      }),
  };
}

/** As many callers as callees, each caller with a procedure of its own. */
export function callsOfMany(pairs: number, window: number, mode: Mode): StreamWorkload {
  const id = `rpc-json-${MESSAGE.size}-${pairs}x${pairs}-w${window}`;
  return {
    kind: 'stream',
    transport: 'websocket',
    routed: false,
    id,
    section: 'Calls',
    title: `${pairs} callers × ${pairs} callees, ${sizeOf(MESSAGE.size)}, window ${window}, JSON`,
    unit: 'call',
    serializers: ['json'],
    mode,
    block: id,
    open: (destination) =>
      RpcLoad.open(destination, {
        callers: pairs,
        callees: pairs,
        window,
        payload: MESSAGE,
        caller: ELEMENTS.json,
        callee: ELEMENTS.json,
      }),
  };
}

/** Caller and callee speak different serializers, which no relay can do. */
export function translated(
  caller: SerializerName,
  callee: SerializerName,
  payload: PayloadShape = MESSAGE,
): StreamWorkload {
  const object = payload.kind === 'object';
  const id = `mixed-${caller}-${callee}-${payload.size}${object ? '-object' : ''}`;
  const window = 64;
  return {
    kind: 'stream',
    transport: 'websocket',
    routed: true,
    id,
    section: 'Calls, callee with another serializer',
    title: `${sizeOf(payload.size)}${object ? ' object' : ''}, window ${window}, ${LABELS[caller]} ↔ ${LABELS[callee]}`,
    unit: 'call',
    serializers: [caller, callee],
    mode: 'full',
    block: id,
    open: (destination) =>
      RpcLoad.open(destination, {
        callers: 1,
        callees: 1,
        window,
        payload,
        caller: ELEMENTS[caller],
        callee: ELEMENTS[callee],
      }),
  };
}

/** One publisher, one topic. */
export function fanOut(subscribers: number, window: number, mode: Mode): StreamWorkload {
  const id = `fanout-${subscribers}-w${window}`;
  return {
    kind: 'stream',
    transport: 'websocket',
    routed: false,
    id,
    section: 'Events',
    title: `1→${subscribers.toLocaleString('en')}, ${sizeOf(MESSAGE.size)}, window ${window}, JSON`,
    unit: 'event',
    serializers: ['json'],
    mode,
    block: id,
    open: (destination) =>
      PubSubLoad.open(destination, {
        subscribers,
        window,
        payload: MESSAGE,
        publisher: ELEMENTS.json,
        subscriber: ELEMENTS.json,
      }),
  };
}

/** Publications to any of many topics. */
export function topics(count: number): StreamWorkload {
  const audience = 3;
  return {
    kind: 'stream',
    transport: 'websocket',
    routed: true,
    id: `topics-${count}`,
    section: 'Growth',
    title: `events on ${count.toLocaleString('en')} topics × ${audience} subscribers`,
    unit: 'event',
    serializers: ['json'],
    mode: 'full',
    block: 'topics',
    open: (destination) =>
      PubSubLoad.open(destination, {
        subscribers: SUBSCRIBERS,
        topics: count,
        audience,
        window: GROWTH_WINDOW,
        payload: MESSAGE,
        publisher: ELEMENTS.json,
        subscriber: ELEMENTS.json,
      }),
  };
}

/** Calls of any of many procedures. */
export function procedures(count: number): StreamWorkload {
  return {
    kind: 'stream',
    transport: 'websocket',
    routed: true,
    id: `procedures-${count}`,
    section: 'Growth',
    title: `calls of ${count.toLocaleString('en')} procedures`,
    unit: 'call',
    serializers: ['json'],
    mode: 'full',
    block: 'procedures',
    open: (destination) =>
      RpcLoad.open(destination, {
        callers: 1,
        callees: CALLEES,
        procedures: count,
        window: GROWTH_WINDOW,
        payload: MESSAGE,
        caller: ELEMENTS.json,
        callee: ELEMENTS.json,
      }),
  };
}

/** Sessions that are opened 64 at a time, and then do nothing. */
export function crowd(id: string, sessions: number, mode: Mode): CrowdWorkload {
  return {
    kind: 'crowd',
    id,
    section: 'Sessions',
    title: `${sessions.toLocaleString('en')} idle sessions`,
    unit: 'session',
    serializers: ['json'],
    mode,
    block: id,
    sessions,
  };
}

function sizeOf(bytes: number): string {
  return bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KiB`;
}
