/** The WebSocket class of package `ws`, for runtimes without one of their own, and for TLS options. */
import type { Socket } from 'node:net';
import { WebSocket, type ClientOptions } from 'ws';
import type { TlsOptions } from './tls.ts';
import { channelBindingOf } from './tls-binding.ts';
import type { WebSocketConstructor } from './websocket-like.ts';

class NodeWebSocket extends WebSocket {
  #connection: Socket | undefined;
  #isCorked = false;

  constructor(url: URL, protocols: string[], options: ClientOptions) {
    super(url, protocols, options);
    this.once('upgrade', ({ socket }) => {
      this.#connection = socket;
    });
  }

  /** Messages sent in one turn are written with one system call. */
  override send(data: string | Uint8Array): void {
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#connection?.cork();
      setImmediate(this.#uncork);
    }
    super.send(data);
  }

  readonly #uncork = (): void => {
    this.#isCorked = false;
    this.#connection?.uncork();
  };

  onMessage(heard: (data: unknown) => void): void {
    this.on('message', (data: Buffer, isBinary) => heard(isBinary ? data : data.toString()));
  }

  onSign(alive: () => void): void {
    this.on('ping', alive);
    this.on('pong', alive);
  }

  sendPing(): void {
    if (this.readyState === this.OPEN) this.ping();
  }

  async channelBinding(type: string): Promise<Uint8Array | undefined> {
    return this.#connection && channelBindingOf(this.#connection, type);
  }
}

/** A class with these TLS options, which accepts messages of at most `maxPayload` bytes. */
export function nodeWebSocket(
  tls: TlsOptions | undefined,
  maxPayload: number,
  closeTimeout: number,
): WebSocketConstructor {
  // Compressing small messages costs more than it saves, so it is not offered. With a short close timeout, a router
  // that does not answer our Close does not keep the process alive.
  const options = { ...(tls as ClientOptions), perMessageDeflate: false, closeTimeout, maxPayload };
  return class extends NodeWebSocket {
    constructor(url: URL, protocols: string[]) {
      super(url, protocols, options);
    }
  };
}
