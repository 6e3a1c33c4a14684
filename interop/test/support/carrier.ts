/** Carrier: how messages reach a router that is listening, on connections of which nothing is done by a library. */
import { connect, type Socket } from 'node:net';
import {
  RAW_SOCKET_MAX_LIMIT,
  RAW_SOCKET_PREFIX_SIZE,
  rawSocketFrame,
  RawSocketFrameType,
  writeRawSocketHandshake,
  type Serializer,
} from '@wamp/protocol';
import { BareWebSocket, frame, Opcode, type Closing } from './web-socket.ts';

export interface BareConnection {
  readonly socket: Socket;
  /** Resolves when the socket is closed. */
  readonly closed: Promise<Closing>;
  /** Sends one message in one frame. */
  send(payload: Uint8Array, binary: boolean): void;
  /** Sends bytes as they are, be they frames or not. */
  write(bytes: Uint8Array): void;
  /** The next message; undefined when none will come. */
  next(): Promise<{ readonly payload: Buffer } | undefined>;
  /** Leaves no trace of the connection in the kernel, either. */
  drop(): void;
}

/** Where a router listens. */
export interface Ports {
  /** For WebSockets. */
  readonly port: number;
  /** For RawSockets. */
  readonly rawPort: number;
}

export interface Carrier {
  readonly name: string;
  /** Whether the router says that it closes, and with which code. */
  readonly saysWhy: boolean;
  open(router: Ports, serializer: Serializer): Promise<BareConnection>;
  /** A message as it goes onto the socket. */
  frame(message: Uint8Array, serializer: Serializer): Buffer;
}

const webSocket: Carrier = {
  name: 'WebSocket',
  saysWhy: true,
  open: ({ port }, { subprotocol }) => BareWebSocket.open({ port, subprotocol }),
  frame: (message, { binary }) => frame(binary ? Opcode.BINARY : Opcode.TEXT, message),
};

const rawSocket: Carrier = {
  name: 'RawSocket',
  saysWhy: false,
  open: ({ rawPort }, serializer) => BareRawSocket.open(rawPort, serializer),
  frame: (message) => Buffer.from(rawSocketFrame(RawSocketFrameType.MESSAGE, message)),
};

export const CARRIERS: readonly Carrier[] = [webSocket, rawSocket];

/** A RawSocket client on a bare socket. */
class BareRawSocket implements BareConnection {
  readonly socket: Socket;
  readonly closed: Promise<Closing>;
  readonly #messages: { readonly payload: Buffer }[] = [];
  readonly #waiting: ((message: { readonly payload: Buffer } | undefined) => void)[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #greeted = false;
  #isClosed = false;

  /** Resolves once the router has answered the handshake. */
  static open(port: number, { rawSocketId }: Serializer): Promise<BareRawSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      const peer: BareRawSocket = new BareRawSocket(socket, () => {
        resolve(peer);
      });
      void peer.closed.then(() => {
        reject(new Error('no RawSocket'));
      });
      socket.write(writeRawSocketHandshake({ limit: RAW_SOCKET_MAX_LIMIT, serializer: rawSocketId }));
    });
  }

  private constructor(socket: Socket, greeted: () => void) {
    this.socket = socket;
    socket.on('error', () => undefined); // 'close' follows
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#isClosed = true;
        for (const waiting of this.#waiting.splice(0)) waiting(undefined);
        resolve({ frame: false, code: undefined });
      });
    });
    socket.on('data', (chunk: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      if (!this.#greeted && this.#rest.length >= 4) {
        this.#greeted = true;
        this.#rest = this.#rest.subarray(4);
        greeted();
      }
      if (this.#greeted) this.#take();
    });
  }

  send(payload: Uint8Array): void {
    this.write(rawSocketFrame(RawSocketFrameType.MESSAGE, payload));
  }

  write(bytes: Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  next(): Promise<{ readonly payload: Buffer } | undefined> {
    const ready = this.#messages.shift();
    if (ready !== undefined || this.#isClosed) return Promise.resolve(ready);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  drop(): void {
    if (!this.socket.destroyed) this.socket.resetAndDestroy();
  }

  #take(): void {
    while (this.#rest.length >= RAW_SOCKET_PREFIX_SIZE) {
      const end = RAW_SOCKET_PREFIX_SIZE + this.#rest.readUIntBE(1, 3);
      if (end > this.#rest.length) return;
      const type = this.#rest[0];
      const payload = this.#rest.subarray(RAW_SOCKET_PREFIX_SIZE, end);
      this.#rest = this.#rest.subarray(end);
      if (type === RawSocketFrameType.PING) this.write(rawSocketFrame(RawSocketFrameType.PONG, payload));
      else if (type === RawSocketFrameType.MESSAGE) this.#deliver({ payload });
    }
  }

  #deliver(message: { readonly payload: Buffer }): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#messages.push(message);
    else waiting(message);
  }
}
