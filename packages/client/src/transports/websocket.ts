/** WAMP over WebSocket, in browsers and elsewhere (spec: WebSocket Transport). */
import { ErrorUri, type Serializer, type Transport, type TransportFailure } from '@wamp/protocol';
import { systemClock, type Clock } from '../clock.ts';
import { ConnectError } from '../errors.ts';
import { checkOptions, COUNT, FUNCTION, type Rules } from '../options.ts';
import { onAbort } from '../signal.ts';
import { bytesOf, Channel, MAX_MESSAGE_SIZE, tooLong } from './channel.ts';
import type { TransportFactory } from './factory.ts';
import type { WebSocketConstructor, WebSocketLike } from './websocket-like.ts';
import { TLS, type TlsOptions } from './tls.ts';

/** Options of `webSocket`. */
export interface WebSocketOptions {
  /** The WebSocket class. Default: the runtime's own; if there is none (Node 20), that of package `ws`. */
  readonly WebSocket?: WebSocketConstructor | undefined;
  /**
   * TLS options for `wss:` URLs, on Node. They select package `ws`, because the runtime's class does not accept them.
   * They are not passed to a class given in `WebSocket`.
   */
  readonly tls?: TlsOptions | undefined;
  /**
   * Limit for the size of a message from the router, in bytes. Default: 16 MiB. A longer one ends the session, with
   * code 1009 where the runtime allows it.
   */
  readonly maxMessageSize?: number | undefined;
}

const WEB_SOCKET: Rules<WebSocketOptions> = { WebSocket: FUNCTION, tls: TLS, maxMessageSize: COUNT };

const OPEN = 1;
/** The polling interval (ms) for sockets that are closed: not all runtimes report a close by the router. */
const LOOK = 5_000;
/** How long the router may take (ms) to answer our Close, and to end its connection after one of its own. */
const CLOSE_TIMEOUT = 5_000;
const CLOSE_CODES: Readonly<Record<TransportFailure, number>> = {
  protocol: 1002,
  oversize: 1009,
  silent: 4000,
};

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A transport over WebSocket; the default of `connect`. URLs may be `ws:`, `wss:`, `http:` or `https:`. */
export function webSocket(options: WebSocketOptions = {}): TransportFactory {
  checkOptions('webSocket', WEB_SOCKET, options, webSocket);
  const { tls, WebSocket, maxMessageSize = MAX_MESSAGE_SIZE } = options;
  return {
    name: 'websocket',
    async open(url, { serializers, signal, clock = systemClock }) {
      const Class = WebSocket ?? (await classFor(tls, maxMessageSize));
      signal.throwIfAborted();
      const target = targetOf(url);
      const protocols = serializers.map(({ subprotocol }) => subprotocol);
      return opened(new Class(target, protocols), { serializers, signal, clock, maxMessageSize });
    },
  };
}

/** @throws ConnectError for a URL of another kind */
function targetOf(url: URL): URL {
  const target = new URL(url);
  target.protocol = target.protocol.replace('http', 'ws');
  if (/^wss?:$/.test(target.protocol)) return target;
  const hint = /^(rss?|tcps?|tls|unix):$/.test(target.protocol)
    ? 'For RawSocket, pass connect the option transport: rawSocket(), from @wamp/client/rawsocket.'
    : 'Its URLs begin with ws:, wss:, http: or https:.';
  throw new ConnectError(ErrorUri.INVALID_ARGUMENT, [`No WebSocket at ${url.href}. ${hint}`], true);
}

/** The runtime's class, unless there is none, or it does not accept the options. */
async function classFor(tls: TlsOptions | undefined, maxPayload: number): Promise<WebSocketConstructor> {
  const own = (globalThis as { readonly WebSocket?: WebSocketConstructor }).WebSocket;
  if (own !== undefined && tls === undefined) return own;
  const { nodeWebSocket } = await import('./node-websocket.ts');
  return nodeWebSocket(tls, maxPayload, CLOSE_TIMEOUT);
}

/** What a WebSocket is opened with. */
interface WebSocketTerms {
  readonly serializers: readonly Serializer[];
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly maxMessageSize: number;
}

/** Waits for the handshake, and reads which serializer the router has chosen. */
function opened(socket: WebSocketLike, terms: WebSocketTerms): Promise<Transport> {
  const { serializers, signal } = terms;
  return new Promise((resolve, reject) => {
    const stop = onAbort(signal, (reason) => {
      reject(reason);
      socket.close();
    });
    const failed = (why: string): void => {
      stop();
      reject(new ConnectError(ErrorUri.NETWORK_FAILURE, [why], false));
    };
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      stop();
      const serializer = serializers.find(({ subprotocol }) => subprotocol === socket.protocol);
      // Created at once, because frames may arrive in the same packet as the handshake.
      if (serializer !== undefined) resolve(new WebSocketTransport(socket, serializer, terms));
      else {
        reject(noCommonSubprotocol(socket.protocol, serializers));
        socket.close();
      }
    });
    // Final: in Node 22, no event `close` follows. Browsers do not report the cause.
    socket.addEventListener('error', ({ message }) =>
      failed(typeof message === 'string' && message !== '' ? message : 'The WebSocket could not be opened.'),
    );
    socket.addEventListener('close', () => failed('The router closed the connection during the handshake.'));
  });
}

function noCommonSubprotocol(protocol: string, serializers: readonly Serializer[]): ConnectError {
  const picked = protocol === '' ? 'none' : `"${protocol}"`;
  const offered = serializers.map(({ subprotocol }) => subprotocol).join(', ');
  return new ConnectError(
    ErrorUri.PROTOCOL_VIOLATION,
    [`The router picked ${picked} of the subprotocols ${offered}.`],
    true,
  );
}

class WebSocketTransport extends Channel {
  readonly #socket: WebSocketLike;
  readonly #clock: Clock;
  readonly #maxMessageSize: number;
  #stopTimer: (() => void) | undefined;
  #isGone = false;

  constructor(socket: WebSocketLike, serializer: Serializer, { clock, maxMessageSize }: WebSocketTerms) {
    super(serializer);
    this.#socket = socket;
    this.#clock = clock;
    this.#maxMessageSize = maxMessageSize;
    const heard = (data: unknown): void => this.#received(data);
    if (socket.onMessage === undefined) socket.addEventListener('message', ({ data }) => heard(data));
    else socket.onMessage(heard);
    socket.addEventListener('error', ({ message }) => {
      if (typeof message === 'string' && message !== '') this.#gone(message);
      else this.#gone('The WebSocket failed.');
    });
    socket.addEventListener('close', ({ code, reason }) =>
      this.#gone(`WebSocket closed with code ${code}${reason === '' ? '' : `: ${reason}`}`),
    );
    socket.onSign?.(() => this.alive());
    this.#watch();
  }

  probe(): boolean {
    this.#socket.sendPing?.();
    return this.#socket.sendPing !== undefined;
  }

  get backlog(): number {
    return this.#socket.bufferedAmount;
  }

  async channelBinding(type: string): Promise<Uint8Array | undefined> {
    return this.#socket.channelBinding?.(type);
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState !== OPEN) return;
    this.#socket.send(this.serializer.binary ? frame : decoder.decode(frame));
  }

  sendText(text: string): void {
    if (this.#socket.readyState === OPEN) this.#socket.send(text);
  }

  close(failure?: TransportFailure): void {
    if (this.#socket.readyState > OPEN) return;
    try {
      this.#socket.close(failure && CLOSE_CODES[failure]);
    } catch {
      // Browsers reserve these codes for the protocol.
      this.#socket.close();
    }
    this.#stopTimer?.();
    if (this.#isGone) return;
    this.#stopTimer = this.#clock.after(CLOSE_TIMEOUT, () => this.#gone('The router did not answer Close.'));
  }

  /** Polls whether the socket is still open. */
  #watch(): void {
    this.#stopTimer = this.#clock.after(LOOK, () => {
      if (this.#socket.readyState > OPEN) this.#gone('The router has closed the WebSocket.');
      else this.#watch();
    });
  }

  #gone(reason: string): void {
    this.#isGone = true;
    this.#stopTimer?.();
    this.ended(reason);
  }

  #received(data: unknown): void {
    const max = this.#maxMessageSize;
    const { binary } = this.serializer;
    const frame = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
    if (typeof frame !== (binary ? 'object' : 'string'))
      this.violated(binary ? 'a text frame on a binary channel' : 'a binary frame on a text channel');
    else {
      const bytes = typeof frame === 'string' ? bytesOf(frame, max) : (frame as Uint8Array).length;
      if (bytes > max) this.violated(tooLong(bytes, max), 'oversize');
      else this.received(frame as Uint8Array | string);
    }
  }
}
