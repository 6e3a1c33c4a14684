/** WebSocket transports, accepted on an HTTP server (spec: WebSocket Transport; RFC 6455). */
import type { IncomingMessage, Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Server as NetServer } from 'node:net';
import type { Serializer, Transport, TransportFailure, TransportListener } from '@wamp/protocol';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';
import type { Router } from '../router.ts';
import { BatchSink, receiveBatch } from './batching.ts';
import { boundAddress } from './listening.ts';
import { originAllowed } from './origin.ts';
import { FlushQueue, Outbox, type Framing, type FrameSink } from './outbox.ts';
import { choose, DEFAULT_SERIALIZERS, subprotocolsOf, type Subprotocol } from './subprotocol.ts';

export interface WebSocketOptions {
  /** The server whose upgrades are taken: for `ws:` one of `node:http`, for `wss:` one of `node:https`. */
  readonly server: Server | HttpsServer;
  /** The paths that are answered; `/ws` and `/` by default. Others get 404. */
  readonly paths?: readonly string[];
  /** Origins of web pages that may connect beside those of this host; none by default. */
  readonly origins?: readonly string[];
  /** What is spoken, one by one and in batches; JSON, MessagePack and CBOR by default. */
  readonly serializers?: readonly Serializer[];
  /** The server that listens, when that is not `server` but one that shares its port (`shareOnePort`). */
  readonly listener?: NetServer;
  /**
   * Whether clients may have messages compressed (permessage-deflate, RFC 7692); false by default, for it
   * costs far more time and memory than it saves on a fast network.
   */
  readonly compression?: boolean;
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

/**
 * What compressing may cost. No memory is kept from message to message, and small ones are left alone; what
 * comes in is bounded by `maxPayload` while it is being inflated.
 */
const COMPRESSION: ServerOptions['perMessageDeflate'] = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  threshold: 1024,
  concurrencyLimit: 10,
};

/** Lets WebSocket clients of `server` into `router`. */
export function acceptWebSockets(router: Router, options: WebSocketOptions): WebSocketAcceptor {
  const { server, paths = ['/ws', '/'], origins = [], serializers = DEFAULT_SERIALIZERS } = options;
  const spoken = subprotocolsOf(serializers);
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    perMessageDeflate: options.compression === true && COMPRESSION,
    maxPayload: router.limits.messageSize,
    ...UNTYPED_OPTIONS,
    handleProtocols: (offered) => choose(offered, spoken)?.name ?? false,
  });
  const queue = new FlushQueue();
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // Without a listener, a connection reset during the upgrade would end the process.
    socket.on('error', () => socket.destroy());
    const bound = boundAddress(options.listener ?? server);
    const fault = faultOf(request, { paths, origins, spoken, bound });
    if (fault !== undefined) {
      refuse(socket, fault);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      open(router, webSocket, { request, socket, queue }, spoken);
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

/** What upgrades are judged by. */
interface Policy {
  readonly paths: readonly string[];
  readonly origins: readonly string[];
  readonly spoken: readonly Subprotocol[];
  /** The address that the server listens on. */
  readonly bound: string;
}

/** The HTTP status that refuses an upgrade; undefined when it may go on. */
function faultOf(request: IncomingMessage, { paths, origins, spoken, bound }: Policy): string | undefined {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (!paths.includes(path)) return '404 Not Found';
  if (!originAllowed(request.headers, bound, origins)) return '403 Forbidden';
  return choose(offeredBy(request), spoken) === undefined ? '400 Bad Request' : undefined;
}

function offeredBy(request: IncomingMessage): ReadonlySet<string> {
  const header = request.headers['sec-websocket-protocol'];
  return new Set(header?.split(',').map((name) => name.trim()));
}

function refuse(socket: Duplex, status: string): void {
  if (!socket.writable) return;
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** What a WebSocket stands on. */
interface Ground {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly queue: FlushQueue;
}

function open(
  router: Router,
  webSocket: WebSocket,
  { request, socket, queue }: Ground,
  spoken: readonly Subprotocol[],
): void {
  const subprotocol = spoken.find(({ name }) => name === webSocket.protocol);
  if (subprotocol === undefined) {
    webSocket.close(1002);
    return;
  }
  const { serializer, batched } = subprotocol;
  const { remoteAddress = '', remotePort = 0 } = request.socket;
  const peer = `tcp:${remoteAddress}:${remotePort}`;
  const frames = sinkFor(webSocket, serializer, socket, queue);
  const sink = batched ? new BatchSink(frames, serializer, queue) : frames;
  router.open(new WebSocketTransport(webSocket, subprotocol, sink), {
    type: 'websocket',
    protocol: subprotocol.name,
    peer,
  });
}

/** Straight to the socket, unless an extension has a say in what frames look like. */
function sinkFor(webSocket: WebSocket, serializer: Serializer, socket: Duplex, queue: FlushQueue): FrameSink {
  if (webSocket.extensions === '') return new Outbox(socket, framingFor(serializer), queue);
  return new LibrarySink(webSocket, serializer);
}

/** Leaves the writing to `ws`, which knows how to compress. */
class LibrarySink implements FrameSink {
  readonly #socket: WebSocket;
  readonly #options: { readonly binary: boolean };

  constructor(socket: WebSocket, { binary }: Serializer) {
    this.#socket = socket;
    this.#options = { binary };
  }

  get backlog(): number {
    return this.#socket.bufferedAmount;
  }

  push(frame: Uint8Array): void {
    this.#socket.send(frame, this.#options);
  }

  /** Everything has been passed on already. */
  flush(): void {
    return;
  }
}

const CLOSE_CODES: Readonly<Record<TransportFailure, number>> = { protocol: 1002, oversize: 1009 };

/** Unmasked frames of a server, each a whole message (RFC 6455 §5.2). */
export function framingFor({ binary }: Serializer): Framing {
  const first = 0x80 | (binary ? 2 : 1);
  return {
    headerSize: (length) => (length < 126 ? 2 : length < 65536 ? 4 : 10),
    writeHeader(into, at, length) {
      into[at] = first;
      if (length < 126) into[at + 1] = length;
      else if (length < 65536) {
        into[at + 1] = 126;
        into.writeUInt16BE(length, at + 2);
      } else {
        into[at + 1] = 127;
        into.writeUIntBE(0, at + 2, 2);
        into.writeUIntBE(length, at + 4, 6);
      }
    },
  };
}

/**
 * Receiving, pings and closing are the business of `ws`. Messages go around it, through an outbox: that is
 * right as long as no extension is negotiated and both write whole frames only.
 */
class WebSocketTransport implements Transport {
  readonly serializer: Serializer;
  listener: TransportListener | undefined;
  readonly #socket: WebSocket;
  readonly #batched: boolean;
  readonly #sink: FrameSink;

  constructor(socket: WebSocket, { serializer, batched }: Subprotocol, sink: FrameSink) {
    this.#socket = socket;
    this.serializer = serializer;
    this.#batched = batched;
    this.#sink = sink;
    socket.on('message', (data, isBinary) => {
      this.#message(data, isBinary);
    });
    // After an error nothing more will come: the session need not wait for the peer to close.
    socket.on('error', (error) => {
      this.#closed(error.message);
    });
    socket.on('close', (code) => {
      this.#closed(`closed with ${code}`);
    });
  }

  #closed(reason: string): void {
    const { listener } = this;
    this.listener = undefined;
    listener?.closed(reason);
  }

  get backlog(): number {
    return this.#sink.backlog;
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#sink.push(frame);
  }

  close(failure?: TransportFailure): void {
    this.#sink.flush();
    this.#socket.close(failure === undefined ? 1000 : CLOSE_CODES[failure]);
  }

  /** WS-3: text for JSON, binary for the others. */
  #message(data: Parameters<Parameters<WebSocket['on']>[1]>[0], isBinary: boolean): void {
    if (isBinary !== this.serializer.binary) {
      this.listener?.violation(
        isBinary ? 'a binary frame on a text channel' : 'a text frame on a binary channel',
      );
    } else if (!(data instanceof Uint8Array)) return;
    else if (this.#batched) receiveBatch(data, this.serializer, this.listener);
    else this.listener?.frame(data);
  }
}
