/** The interface of WebSocket classes that the client can use. */

/** The part of the WebSocket interface that is used here. */
export interface WebSocketLike {
  binaryType: string;
  readonly protocol: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number): void;
  /** The channel binding of its TLS connection, as in `Transport`; not available in browsers. */
  channelBinding?(type: string): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Calls `alive` for each Ping and Pong; not available in browsers. */
  onSign?(alive: () => void): void;
  /** Sends a Ping; not available in browsers. */
  sendPing?(): void;
  /** Calls `heard` with each message, a string or bytes, instead of dispatching an event, which costs more. */
  onMessage?(heard: (data: unknown) => void): void;
  addEventListener(type: 'open' | 'error', listener: (event: { readonly message?: unknown }) => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(
    type: 'close',
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void;
}
/** A WebSocket class. */
export type WebSocketConstructor = new (url: URL, protocols: string[]) => WebSocketLike;
