/** WAMP over WebSocket, in browsers and elsewhere (spec: WebSocket Transport). */
import {
  ErrorUri,
  type Serializer,
  type Transport,
  type TransportFailure,
  type TransportListener,
} from '@wamp/protocol';
import type { Socket } from 'node:net';
import type { ClientOptions } from 'ws';
import { ConnectError } from '../errors.ts';
import { checkOptions, FUNCTION, type Rules } from '../options.ts';
import { onAbort } from '../signal.ts';
import type { TransportFactory } from './factory.ts';
import { TLS, type TlsOptions } from './tls.ts';

/** The part of the WebSocket interface that is used here. */
export interface WebSocketLike {
  binaryType: string;
  readonly protocol: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number): void;
  /** What only the two ends of its TLS connection know, as `Transport` has it; browsers do not tell. */
  channelBinding?(type: string): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  addEventListener(type: 'open' | 'error', listener: (event: { readonly message?: unknown }) => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(
    type: 'close',
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void;
}
/** A class of WebSockets. */
export type WebSocketConstructor = new (url: URL, protocols: string[]) => WebSocketLike;

/** How WebSockets are made. */
export interface WebSocketOptions {
  /**
   * The class to make them with. Default: the runtime's own; where there is none (Node 20), that of
   * package `ws`.
   */
  readonly WebSocket?: WebSocketConstructor | undefined;
  /**
   * How to speak TLS to `wss:` URLs, on Node: package `ws` is used then, for the runtime's own class takes
   * no such options. A class given in `WebSocket` gets none, either.
   */
  readonly tls?: TlsOptions | undefined;
}

const WEB_SOCKET: Rules<WebSocketOptions> = { WebSocket: FUNCTION, tls: TLS };

const OPEN = 1;
const CLOSE_CODES: Readonly<Record<TransportFailure, number>> = { protocol: 1002, oversize: 1009 };

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Transports over WebSocket; `connect` uses it by default. URLs may be `ws:`, `wss:`, `http:` or `https:`. */
export function webSocket(options: WebSocketOptions = {}): TransportFactory {
  checkOptions('webSocket', WEB_SOCKET, options, webSocket);
  const { tls, WebSocket } = options;
  return {
    name: 'websocket',
    async open(url, { serializers, signal }) {
      const Class = WebSocket ?? (await classFor(tls));
      signal.throwIfAborted();
      const target = targetOf(url);
      const protocols = serializers.map(({ subprotocol }) => subprotocol);
      return opened(new Class(target, protocols), serializers, signal);
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

/** The runtime's own, unless there is none, or options that it does not take. */
async function classFor(tls: TlsOptions | undefined): Promise<WebSocketConstructor> {
  const own = (globalThis as { readonly WebSocket?: WebSocketConstructor }).WebSocket;
  if (own !== undefined && tls === undefined) return own;
  const [{ WebSocket }, { channelBindingOf }] = await Promise.all([import('ws'), import('./tls-binding.ts')]);
  // Compressing small messages costs more than it saves, and `ws` lets us say so. A router that does
  // not answer our close keeps the process alive no longer than it has to.
  const options = { ...(tls as ClientOptions), perMessageDeflate: false, closeTimeout: 5_000 };
  return class extends WebSocket {
    #connection: Socket | undefined;

    constructor(url: URL, protocols: string[]) {
      super(url, protocols, options);
      this.once('upgrade', ({ socket }) => {
        this.#connection = socket;
      });
    }

    async channelBinding(type: string): Promise<Uint8Array | undefined> {
      return this.#connection && channelBindingOf(this.#connection, type);
    }
  };
}

/** Waits for the handshake, and sees which serializer the router picked. */
function opened(
  socket: WebSocketLike,
  serializers: readonly Serializer[],
  signal: AbortSignal,
): Promise<Transport> {
  return new Promise((resolve, reject) => {
    let failure = 'The WebSocket could not be opened.';
    const stop = onAbort(signal, (reason) => {
      reject(reason);
      socket.close();
    });
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      stop();
      const serializer = serializers.find(({ subprotocol }) => subprotocol === socket.protocol);
      if (serializer === undefined) {
        const picked = socket.protocol === '' ? 'none' : `"${socket.protocol}"`;
        const offered = serializers.map(({ subprotocol }) => subprotocol).join(', ');
        reject(
          new ConnectError(
            ErrorUri.PROTOCOL_VIOLATION,
            [`The router picked ${picked} of the subprotocols ${offered}.`],
            true,
          ),
        );
        socket.close();
        return;
      }
      resolve(new WebSocketTransport(socket, serializer));
    });
    // Browsers do not tell what went wrong.
    socket.addEventListener('error', ({ message }) => {
      if (typeof message === 'string' && message !== '') failure = message;
    });
    socket.addEventListener('close', () => {
      stop();
      reject(new ConnectError(ErrorUri.NETWORK_FAILURE, [failure], false));
    });
  });
}

class WebSocketTransport implements Transport {
  readonly serializer: Serializer;
  readonly #socket: WebSocketLike;
  #listener: TransportListener | undefined;
  /** Why it closed before anybody listened. */
  #unheard: string | undefined;

  constructor(socket: WebSocketLike, serializer: Serializer) {
    this.serializer = serializer;
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#received(data));
    socket.addEventListener('close', ({ code, reason }) => {
      const why = `WebSocket closed with code ${code}${reason === '' ? '' : `: ${reason}`}`;
      if (this.#listener === undefined) this.#unheard = why;
      else this.#listener.closed(why);
    });
  }

  get backlog(): number {
    return this.#socket.bufferedAmount;
  }

  get listener(): TransportListener | undefined {
    return this.#listener;
  }

  set listener(listener: TransportListener | undefined) {
    this.#listener = listener;
    if (this.#unheard === undefined) return;
    listener?.closed(this.#unheard);
    this.#unheard = undefined;
  }

  async channelBinding(type: string): Promise<Uint8Array | undefined> {
    return this.#socket.channelBinding?.(type);
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState !== OPEN) return;
    this.#socket.send(this.serializer.binary ? frame : decoder.decode(frame));
  }

  close(failure?: TransportFailure): void {
    try {
      this.#socket.close(failure && CLOSE_CODES[failure]);
    } catch {
      // Browsers leave these codes to the protocol's own use.
      this.#socket.close();
    }
  }

  #received(data: unknown): void {
    if (typeof data === 'string') {
      if (this.serializer.binary) this.#listener?.violation('a text frame on a binary channel');
      else this.#listener?.frame(encoder.encode(data));
    } else if (data instanceof ArrayBuffer && this.serializer.binary) {
      this.#listener?.frame(new Uint8Array(data));
    } else {
      this.#listener?.violation('a binary frame on a text channel');
    }
  }
}
