/** HTTP refusals that say what was refused, why, and what allows it: a short text for the client, an entry for the log. */
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Log } from '../log.ts';
import type { Clock } from '../core/clock.ts';
import { hangUp } from './hang-up.ts';
import { peerAddressOf, type PeerAddress } from './peer-address.ts';

/** Why a request is refused. Nothing in it comes from the request, for pages would show it. */
export interface Refusal {
  /** The HTTP status. */
  readonly status: number;
  /** A few words for the log, and for the client. */
  readonly reason: string;
  /** A sentence: what to do about it, and which configuration allows it. */
  readonly advice: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The text that goes with a refusal. */
export function refusalText({ status, reason, advice }: Refusal): string {
  return `${status} ${STATUS_CODES[status] ?? ''}: ${reason}. ${advice}\n`;
}

/** The headers that go with its text. */
export function refusalHeaders({ headers }: Refusal): Readonly<Record<string, string>> {
  return {
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    ...headers,
  };
}

/** Refuses an upgrade: HTTP has let go of the socket, and would not mind one that stays open. */
export function refuseUpgrade(socket: Duplex, refusal: Refusal, clock: Clock): void {
  if (socket.writable) {
    const text = refusalText(refusal);
    const lines = [
      `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}`,
      'Connection: close',
      ...Object.entries(refusalHeaders(refusal)).map(([name, value]) => `${name}: ${value}`),
      `Content-Length: ${Buffer.byteLength(text)}`,
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n${text}`);
  }
  hangUp(socket, clock);
}

/** What a refusal is logged with. */
interface Refused {
  readonly request: IncomingMessage;
  /** Who asks; the other end of the connection when a proxy did not say. */
  readonly peer: PeerAddress | undefined;
  /** What was asked for, without secrets: a query may hold some, and so may the path of a long-poll channel. */
  readonly path: string;
}

/** One entry for each refusal. */
export function logRefusal(log: Log, what: string, refusal: Refusal, { request, peer, path }: Refused): void {
  const { address } = peer ?? peerAddressOf(request.socket);
  const { origin } = request.headers;
  const { status, reason } = refusal;
  log('info', what, { status, reason, address, ...(origin === undefined ? {} : { origin }), path });
}
