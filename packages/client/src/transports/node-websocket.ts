/** The WebSocket class of package `ws`, for runtimes without one of their own, and for TLS options. */
import type { Socket } from 'node:net';
import { WebSocket, type ClientOptions } from 'ws';
import { MaskedFrames } from './masked-frames.ts';
import type { TlsOptions } from './tls.ts';
import { channelBindingOf } from './tls-binding.ts';
import type { WebSocketConstructor } from './websocket-like.ts';

class NodeWebSocket extends WebSocket {
  #connection: Socket | undefined;
  readonly #frames = new MaskedFrames();

  constructor(url: URL, protocols: string[], options: ClientOptions) {
    super(url, protocols, options);
    this.once('upgrade', ({ socket }) => {
      this.#connection = socket;
    });
  }

  /** All messages of a turn are written with one system call. */
  override send(data: string | Uint8Array): void {
    const frames = this.#frames;
    // Some runtimes have a package `ws` of their own, without access to the socket.
    if (this.#connection === undefined) super.send(data);
    else {
      if (frames.size === 0) process.nextTick(this.#flush);
      if (frames.add(data)) return;
      this.#flush();
      if (!frames.add(data)) super.send(data);
    }
  }

  override close(code?: number, reason?: string | Buffer): void {
    this.#flush();
    super.close(code, reason);
  }

  readonly #flush = (): void => {
    if (this.#frames.size === 0) return;
    const frames = this.#frames.take();
    if (this.#connection?.writable === true) this.#connection.write(frames);
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
