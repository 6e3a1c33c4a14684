/** Who is measured: the reference relay, our router, fox-wamp, and any other router by its URL. */
import { start, type Peer, type Program } from './peers/start.ts';
import type { Destination } from './load/session.ts';

export type SerializerName = 'json' | 'msgpack' | 'cbor';

export type Transport = 'websocket' | 'rawsocket';

export interface Contender {
  readonly name: string;
  /** Forwards frames and knows no WAMP. */
  readonly relay: boolean;
  /** What it speaks. */
  readonly serializers: ReadonlySet<SerializerName>;
  /** Starts a new process for a workload, except for a router that was started elsewhere. */
  start(workload: string): Promise<Peer>;
}

const ALL: ReadonlySet<SerializerName> = new Set(['json', 'msgpack', 'cbor']);
const REALM = 'realm1';

/** The names in tables and in targets. */
export const RELAY = 'ws relay';
export const OURS = '@wamp/router';
export const FOX = 'fox-wamp';

export interface ContenderOptions {
  readonly pinned: boolean;
  /** Has our router write a CPU profile there. */
  readonly profileTo?: string | undefined;
  /** Another router, already running. */
  readonly other?: { readonly url: string; readonly pid: number | undefined } | undefined;
}

export function contendersOf({ pinned, profileTo, other }: ContenderOptions): Contender[] {
  const ours = (name: string, program: Program, serializers = ALL): Contender => ({
    name,
    relay: program === 'relay',
    serializers,
    start: (workload) =>
      start(
        program,
        pinned,
        profileTo === undefined || program !== 'router' ? undefined : { folder: profileTo, name: workload },
      ),
  });
  const contenders = [ours(RELAY, 'relay'), ours(OURS, 'router'), ours(FOX, 'fox', new Set(['json']))];
  if (other !== undefined) {
    contenders.push({
      name: new URL(other.url).host,
      relay: false,
      serializers: ALL,
      start: () => Promise.resolve({ ...other, stop: () => Promise.resolve() }),
    });
  }
  return contenders;
}

/** Where the load for a contender's process goes. @throws Error when it has no such transport */
export function destinationOf({ relay }: Contender, peer: Peer, transport: Transport): Destination {
  const url = transport === 'websocket' ? peer.url : peer.rawUrl;
  if (url === undefined) throw new Error(`it has no ${transport}`);
  return { url, realm: REALM, relay };
}
