/** WebSocket transports, accepted on an HTTP server (spec: WebSocket Transport; RFC 6455). */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  json,
  type Serializer,
  type Transport,
  type TransportFailure,
  type TransportListener,
} from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Router } from '../router.ts';
import { originAllowed } from './origin.ts';

export interface WebSocketOptions {
  /** The server whose upgrades are taken. */
  readonly server: Server;
  /** The paths that are answered; `/ws` and `/` by default. Others get 404. */
  readonly paths?: readonly string[];
  /** Origins of web pages that may connect beside those of this host; none by default. */
  readonly origins?: readonly string[];
  /** What is spoken; JSON, MessagePack and CBOR by default. */
  readonly serializers?: readonly Serializer[];
}

/** What {@link acceptWebSockets} started. */
export interface WebSocketAcceptor {
  /** Takes no more upgrades; resolves when the last socket is closed. */
  close(): Promise<void>;
}

/** How long a peer may take to close (ms) before its socket is destroyed. */
const CLOSE_TIMEOUT = 5000;
/** Options of ws that its type declarations do not know yet. */
const UNTYPED_OPTIONS = { closeTimeout: CLOSE_TIMEOUT, maxFragments: 1024, maxBufferedChunks: 4096 };

/** Lets WebSocket clients of `server` into `router`. */
export function acceptWebSockets(router: Router, options: WebSocketOptions): WebSocketAcceptor {
  const { server, paths = ['/ws', '/'], origins = [], serializers = [json, msgpack, cbor] } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    perMessageDeflate: false,
    maxPayload: router.limits.messageSize,
    ...UNTYPED_OPTIONS,
    handleProtocols: (offered) => choose(offered, serializers)?.subprotocol ?? false,
  });
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // Without a listener, a connection reset during the upgrade would end the process.
    socket.on('error', () => socket.destroy());
    const fault = faultOf(request, paths, origins, serializers);
    if (fault !== undefined) {
      refuse(socket, fault);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      open(router, webSocket, request, serializers);
    });
  };
  server.on('upgrade', upgrade);
  sockets.on('wsClientError', (error, socket) => {
    router.log('debug', 'bad upgrade', { reason: error.message });
    refuse(socket, '400 Bad Request');
  });
  return {
    async close() {
      server.off('upgrade', upgrade);
      await new Promise<void>((resolve) => {
        sockets.close(() => {
          resolve();
        });
      });
    },
  };
}

/** The first subprotocol the client offers that is spoken here, matched as a whole (T-37). */
function choose(offered: ReadonlySet<string>, serializers: readonly Serializer[]): Serializer | undefined {
  for (const name of offered) {
    const found = serializers.find((serializer) => serializer.subprotocol === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The HTTP status that refuses an upgrade; undefined when it may go on. */
function faultOf(
  request: IncomingMessage,
  paths: readonly string[],
  origins: readonly string[],
  serializers: readonly Serializer[],
): string | undefined {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (!paths.includes(path)) return '404 Not Found';
  if (!originAllowed(request, origins)) return '403 Forbidden';
  return choose(offeredBy(request), serializers) === undefined ? '400 Bad Request' : undefined;
}

function offeredBy(request: IncomingMessage): ReadonlySet<string> {
  const header = request.headers['sec-websocket-protocol'];
  return new Set(header?.split(',').map((name) => name.trim()));
}

function refuse(socket: Duplex, status: string): void {
  if (!socket.writable) return;
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function open(
  router: Router,
  webSocket: WebSocket,
  request: IncomingMessage,
  serializers: readonly Serializer[],
): void {
  const serializer = serializers.find((candidate) => candidate.subprotocol === webSocket.protocol);
  if (serializer === undefined) {
    webSocket.close(1002);
    return;
  }
  const { remoteAddress = '', remotePort = 0 } = request.socket;
  const peer = `tcp:${remoteAddress}:${remotePort}`;
  router.open(new WebSocketTransport(webSocket, serializer), {
    type: 'websocket',
    protocol: serializer.subprotocol,
    peer,
  });
}

const CLOSE_CODES: Readonly<Record<TransportFailure, number>> = { protocol: 1002, oversize: 1009 };

class WebSocketTransport implements Transport {
  readonly serializer: Serializer;
  listener: TransportListener | undefined;
  readonly #socket: WebSocket;
  readonly #sendOptions: { readonly binary: boolean };

  constructor(socket: WebSocket, serializer: Serializer) {
    this.#socket = socket;
    this.serializer = serializer;
    this.#sendOptions = { binary: serializer.binary };
    socket.on('message', (data, isBinary) => {
      this.#message(data, isBinary);
    });
    // What goes wrong ends in 'close', which follows; unheard, 'error' would end the process.
    socket.on('error', (error) => {
      this.#failure = error.message;
    });
    socket.on('close', (code) => {
      this.listener?.closed(this.#failure ?? `closed with ${code}`);
    });
  }

  #failure: string | undefined;

  get backlog(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(frame, this.#sendOptions);
  }

  close(failure?: TransportFailure): void {
    this.#socket.close(failure === undefined ? 1000 : CLOSE_CODES[failure]);
  }

  /** WS-3: text for JSON, binary for the others. */
  #message(data: Parameters<Parameters<WebSocket['on']>[1]>[0], isBinary: boolean): void {
    if (isBinary !== this.serializer.binary) {
      this.listener?.violation(
        isBinary ? 'a binary frame on a text channel' : 'a text frame on a binary channel',
      );
    } else if (data instanceof Uint8Array) this.listener?.frame(data);
  }
}
