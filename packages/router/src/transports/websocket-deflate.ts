/** WebSockets with compressed messages, which package `ws` handles (permessage-deflate, RFC 7692). */
import type { IncomingMessage } from 'node:http';
import type { ClosedBy, Serializer, Transport, TransportFailure, TransportListener } from '@wamp/protocol';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';
import type { Host } from '../host.ts';
import { BatchSink, receiveBatch } from './batching.ts';
import { PING_TIMEOUT, type PingedPeer } from './heartbeat.ts';
import { FlushQueue } from '../output/flush-queue.ts';
import type { FrameSink } from '../output/outbox.ts';
import { chooseSubprotocol, type Subprotocol } from './subprotocol.ts';
import { offersCompression, type Upgrade } from './websocket-handshake.ts';
import { CLOSE_CODES, MISMATCH } from './websocket-transport.ts';
import { CloseCode } from './websocket-parser.ts';

/** Options of ws that its type declarations lack. */
const UNTYPED_OPTIONS = { closeTimeout: 5000, maxFragments: 1024, maxBufferedChunks: 4096 };

/**
 * Limits the cost of compression: no context is kept between messages, and small messages are not compressed.
 * `maxPayload` limits incoming messages while they are inflated.
 */
const COMPRESSION: ServerOptions['perMessageDeflate'] = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  threshold: 1024,
  concurrencyLimit: 10,
};

/** Accepts WebSockets with compression. */
export class Deflating {
  readonly #router: Host;
  readonly #sockets: WebSocketServer;
  readonly #limit: number;

  /**
   * @param spoken the supported subprotocols
   * @param limit the longest message, in bytes
   */
  constructor(router: Host, spoken: readonly Subprotocol[], limit: number) {
    this.#router = router;
    this.#limit = limit;
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: COMPRESSION,
      maxPayload: limit,
      ...UNTYPED_OPTIONS,
      handleProtocols: (offered) => chooseSubprotocol(offered, spoken)?.name ?? false,
    });
  }

  /** True for a client with a valid offer of compression. */
  wants(request: IncomingMessage): boolean {
    return offersCompression(request);
  }

  /** @param open called with the transport, unless `ws` rejects the client's offer */
  admit(
    { request, socket, head }: Upgrade,
    subprotocol: Subprotocol,
    open: (transport: Transport & PingedPeer) => void,
  ): void {
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      open(new DeflatingTransport(webSocket, subprotocol, this.#router.queue, this.#limit));
    });
  }
}

/** Writes through `ws`, which compresses. */
class DeflatingSink implements FrameSink {
  readonly #socket: WebSocket;
  readonly #options: { readonly binary: boolean };
  readonly #sent: () => void;

  /** @param sent called for each frame that has been written or dropped */
  constructor(socket: WebSocket, { binary }: Serializer, sent: () => void) {
    this.#socket = socket;
    this.#options = { binary };
    this.#sent = sent;
  }

  get backlog(): number {
    return this.#socket.bufferedAmount;
  }

  push(frame: Uint8Array): void {
    this.#socket.send(frame, this.#options, this.#sent);
  }

  /** Nothing to do: frames are passed on at once. */
  flush(): void {
    return;
  }
}

/** A transport on `ws`, which also handles receiving, pings and closing. */
class DeflatingTransport implements Transport, PingedPeer {
  readonly serializer: Serializer;
  readonly acceptable: number;
  listener: TransportListener | undefined;
  readonly #socket: WebSocket;
  readonly #batched: boolean;
  readonly #sink: FrameSink;

  /** @param acceptable the longest message that `socket` accepts, in bytes */
  constructor(
    socket: WebSocket,
    { serializer, batched }: Subprotocol,
    queue: FlushQueue,
    acceptable: number,
  ) {
    this.#socket = socket;
    this.acceptable = acceptable;
    this.serializer = serializer;
    this.#batched = batched;
    const sink = new DeflatingSink(socket, serializer, () => {
      this.listener?.drained?.();
    });
    this.#sink = batched ? new BatchSink(sink, serializer, queue) : sink;
    socket.on('message', (data, isBinary) => {
      if (data instanceof Uint8Array) this.#message(data, isBinary);
    });
    // After an error nothing more arrives: the session need not wait for the peer to close.
    socket.on('error', (error) => {
      this.#closed(error.message, 'code' in error && isOfWs(error.code) ? 'self' : 'peer');
    });
    socket.on('close', (code) => {
      this.#closed(`closed with ${code}`);
    });
  }

  get backlog(): number {
    return this.#sink.backlog;
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#sink.push(frame);
  }

  close(failure?: TransportFailure): void {
    this.#sink.flush();
    this.#socket.close(failure === undefined ? CloseCode.NORMAL : CLOSE_CODES[failure]);
  }

  get isPaused(): boolean {
    return this.#socket.isPaused;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  ask(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  lost(): void {
    this.#closed(PING_TIMEOUT, 'self');
    this.#socket.close(CloseCode.POLICY_VIOLATION);
  }

  /** WS-3: text for JSON, binary for the others. */
  #message(data: Uint8Array, binary: boolean): void {
    if (binary !== this.serializer.binary) this.listener?.violation(MISMATCH[binary ? 'binary' : 'text']);
    else if (this.#batched) receiveBatch(data, this.serializer, this.listener);
    else this.listener?.frame(data);
  }

  #closed(reason: string, by?: ClosedBy): void {
    const { listener } = this;
    this.listener = undefined;
    listener?.closed(reason, by);
  }
}

/** True for a fault of the client that `ws` has found, and not for one of the socket. */
function isOfWs(code: unknown): boolean {
  return typeof code === 'string' && code.startsWith('WS_ERR_');
}
