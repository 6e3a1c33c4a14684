/** The contenders of the benchmark: the reference relay, our router, fox-wamp, and any other router by its URL. */
import { start, type Peer } from './peers/start.ts';
import type { Destination } from './load/session.ts';

export type SerializerName = 'json' | 'msgpack' | 'cbor';

export type Transport = 'websocket' | 'rawsocket';

export interface Contender {
  readonly name: string;
  /** True for a contender that forwards frames without WAMP. */
  readonly relay: boolean;
  /** The serializers that it supports. */
  readonly serializers: ReadonlySet<SerializerName>;
  readonly transports: ReadonlySet<Transport>;
  /** Starts a new process for a workload, except for a router that was started elsewhere. */
  start(workload: string): Promise<Peer>;
}

const REALM = 'realm1';

/** The names of contenders in tables and in targets. */
export const RELAY = 'ws relay';
export const OURS = '@wamp/router';
export const FOX = 'fox-wamp';

export interface ContenderOptions {
  readonly pinned: boolean;
  /** The folder to which our router writes a CPU profile. */
  readonly profileTo?: string | undefined;
  /** Another router, already running. */
  readonly other?: Elsewhere | undefined;
}

export interface Elsewhere {
  /** `ws://…` or `rs://…` */
  readonly url: string;
  readonly pid: number | undefined;
}

export function contendersOf({ pinned, profileTo, other }: ContenderOptions): Contender[] {
  const contenders: Contender[] = [
    {
      name: RELAY,
      relay: true,
      serializers: new Set(['json', 'msgpack', 'cbor']),
      transports: new Set(['websocket']),
      start: () => start('relay', pinned),
    },
    {
      name: OURS,
      relay: false,
      serializers: new Set(['json', 'msgpack', 'cbor']),
      transports: new Set(['websocket', 'rawsocket']),
      start: (name) =>
        start('router', pinned, profileTo === undefined ? undefined : { folder: profileTo, name }),
    },
    {
      name: FOX,
      relay: false,
      serializers: new Set(['json']),
      transports: new Set(['websocket']),
      start: () => start('fox', pinned),
    },
  ];
  return other === undefined ? contenders : [...contenders, elsewhere(other)];
}

/** A router that is already running. Serializers that it does not support show up as errors. */
function elsewhere({ url, pid }: Elsewhere): Contender {
  const { host, protocol } = new URL(url);
  const raw = protocol === 'rs:';
  return {
    name: host,
    relay: false,
    serializers: new Set(['json', 'msgpack', 'cbor']),
    transports: new Set([raw ? 'rawsocket' : 'websocket']),
    start: () => Promise.resolve({ url, ...(raw && { rawUrl: url }), pid, stop: () => Promise.resolve() }),
  };
}

/** The destination of the load for a contender. @throws Error when the contender does not support the transport */
export function destinationOf({ relay }: Contender, peer: Peer, transport: Transport): Destination {
  const url = transport === 'websocket' ? peer.url : peer.rawUrl;
  if (url === undefined) throw new Error(`it has no ${transport}`);
  return { url, realm: REALM, relay };
}
