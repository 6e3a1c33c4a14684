/** HTTP refusals: a short text for the client and a log entry that say what was refused, why, and what to change. */
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Log } from '../log.ts';
import type { Clock } from '../core/clock.ts';
import { hangUp } from './hang-up.ts';
import { peerAddressOf, type PeerAddress } from './peer-address.ts';

/** Why a request is refused. It contains nothing from the request, which web pages might then display. */
export interface HttpRefusal {
  /** The HTTP status. */
  readonly status: number;
  /** A short reason, for the log and for the client. */
  readonly reason: string;
  /** What to do about it, and which configuration allows it. */
  readonly advice: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The body of a refusal. */
export function refusalText({ status, reason, advice }: HttpRefusal): string {
  return `${status} ${STATUS_CODES[status] ?? ''}: ${reason}. ${advice}\n`;
}

/** The headers of a refusal. */
export function refusalHeaders({ headers }: HttpRefusal): Readonly<Record<string, string>> {
  return {
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    ...headers,
  };
}

/** Refuses an upgrade, and closes the socket, which the HTTP server no longer manages. */
export function refuseUpgrade(socket: Duplex, refusal: HttpRefusal, clock: Clock): void {
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

/** The facts of a refusal's log entry. */
interface Refused {
  readonly request: IncomingMessage;
  /** The client; the peer of the connection when a proxy did not name it. */
  readonly peer: PeerAddress | undefined;
  /** The requested path, without secrets, which queries and the paths of long-poll channels may contain. */
  readonly path: string;
}

const REFUSALS = {
  http_refused: 'HTTP request refused',
  longpoll_refused: 'long-poll refused',
  websocket_refused: 'upgrade refused',
};

/** Logs a refusal. */
export function logRefusal(
  log: Log,
  code: keyof typeof REFUSALS,
  refusal: HttpRefusal,
  { request, peer, path }: Refused,
): void {
  const { address } = peer ?? peerAddressOf(request.socket);
  const { origin } = request.headers;
  const { status, reason } = refusal;
  const facts = { code, status, reason, address, ...(origin === undefined ? {} : { origin }), path };
  log('info', REFUSALS[code], facts);
}
