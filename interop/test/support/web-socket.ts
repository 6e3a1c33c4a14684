/**
 * A WebSocket client on a bare socket (RFC 6455): it sends whatever bytes it is told to, and shows
 * those that come. What it sends is masked with zeros, so that it reads on the wire as it is.
 */
import { connect, type Socket } from 'node:net';

export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

/** A frame as it came. */
export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
  /** All of its bytes, the header included. */
  readonly bytes: Buffer;
}

/** What became of the connection: whether the peer said so in a close frame, and the code in it. */
export interface Closing {
  readonly frame: boolean;
  readonly code: number | undefined;
}

export interface OpenOptions {
  readonly port: number;
  readonly subprotocol: string;
  readonly path?: string;
}

export class BareWebSocket {
  readonly socket: Socket;
  /** Resolves when the socket is closed. */
  readonly closed: Promise<Closing>;
  readonly #frames: Frame[] = [];
  readonly #waiting: ((frame: Frame | undefined) => void)[] = [];
  #rest: Buffer;
  #closing: Closing = { frame: false, code: undefined };
  #isClosed = false;

  /** Resolves once the upgrade is granted. */
  static open(options: OpenOptions): Promise<BareWebSocket> {
    const { port, subprotocol, path = '/ws' } = options;
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      let head = Buffer.alloc(0);
      const failed = (): void => {
        reject(new Error(`no WebSocket: ${head.toString('latin1').split('\r\n', 1)[0] ?? ''}`));
      };
      const read = (chunk: Buffer): void => {
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf('\r\n\r\n');
        if (end === -1) return;
        socket.off('data', read);
        socket.off('close', failed);
        if (head.toString('latin1', 0, 12) === 'HTTP/1.1 101') {
          resolve(new BareWebSocket(socket, head.subarray(end + 4)));
        } else {
          failed();
          socket.destroy();
        }
      };
      socket.on('error', () => undefined); // 'close' follows
      socket.on('close', failed);
      socket.on('data', read);
      socket.write(upgradeRequest(path, subprotocol));
    });
  }

  private constructor(socket: Socket, rest: Buffer) {
    this.socket = socket;
    this.#rest = Buffer.alloc(0);
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#isClosed = true;
        for (const waiting of this.#waiting.splice(0)) waiting(undefined);
        resolve(this.#closing);
      });
    });
    socket.on('data', (chunk) => {
      this.#take(chunk);
    });
    if (rest.length > 0) this.#take(rest);
  }

  /** Sends one message in one frame. */
  send(payload: Uint8Array, binary: boolean): void {
    this.write(frame(binary ? Opcode.BINARY : Opcode.TEXT, payload));
  }

  /** Sends bytes as they are, be they frames or not. */
  write(bytes: Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** The next data frame; undefined when none will come. */
  next(): Promise<Frame | undefined> {
    const ready = this.#frames.shift();
    if (ready !== undefined || this.#isClosed) return Promise.resolve(ready);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Leaves no trace of the connection in the kernel, either. */
  drop(): void {
    if (!this.socket.destroyed) this.socket.resetAndDestroy();
  }

  #take(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const length = frameLength(this.#rest);
      if (length === undefined || length > this.#rest.length) return;
      const bytes = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      this.#receive(bytes);
    }
  }

  #receive(bytes: Buffer): void {
    const opcode = (bytes[0] ?? 0) & 0x0f;
    const payload = bytes.subarray(headerLength(bytes));
    if (opcode === Opcode.PING) this.write(frame(Opcode.PONG, payload));
    else if (opcode === Opcode.CLOSE) {
      this.#closing = { frame: true, code: payload.length < 2 ? undefined : payload.readUInt16BE(0) };
      this.write(frame(Opcode.CLOSE, payload));
      this.socket.end();
    } else if (opcode !== Opcode.PONG) this.#deliver({ opcode, payload, bytes });
  }

  #deliver(frame: Frame): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#frames.push(frame);
    else waiting(frame);
  }
}

export function upgradeRequest(path: string, subprotocol: string): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    `Sec-WebSocket-Protocol: ${subprotocol}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** A client's frame: final, and masked with zeros. */
export function frame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const bytes = Buffer.alloc(2 + extended + 4 + length);
  bytes[0] = 0x80 | opcode;
  bytes[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) bytes.writeUInt16BE(length, 2);
  if (extended === 8) bytes.writeBigUInt64BE(BigInt(length), 2);
  bytes.set(payload, 2 + extended + 4);
  return bytes;
}

/** How long the header of a server's frame is, which has no mask. */
function headerLength(bytes: Buffer): number {
  const short = (bytes[1] ?? 0) & 0x7f;
  return short < 126 ? 2 : short === 126 ? 4 : 10;
}

function frameLength(bytes: Buffer): number | undefined {
  if (bytes.length < 2) return undefined;
  const header = headerLength(bytes);
  if (bytes.length < header) return undefined;
  const short = (bytes[1] ?? 0) & 0x7f;
  if (short < 126) return header + short;
  return header + (short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2)));
}
