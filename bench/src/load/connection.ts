/** A WebSocket of the load: opened by hand, read and written without a library in between. */
import { createHash, randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { Message } from '@wamp/protocol';
import type { Elements } from './elements.ts';
import { FrameScanner, maskedFrame, Opcode, type FrameReceiver } from './frames.ts';
import type { Turn } from './turn.ts';

/** Takes the messages of a connection. The bytes are only valid during the call. */
export interface MessageReceiver {
  message(bytes: Buffer, start: number, end: number): void;
  /** Nothing more will come. */
  lost(reason: string): void;
}

/** What connections of one load share. */
export interface Wire {
  readonly elements: Elements;
  readonly turn: Turn;
}

/** All sockets read into the same buffer: what was read is handled before the next read. */
const READ_BUFFER = Buffer.allocUnsafe(1024 * 1024);
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const END_OF_HEAD = '\r\n\r\n';

export class Connection implements FrameReceiver {
  readonly elements: Elements;
  readonly turn: Turn;
  readonly socket: Socket;
  receiver: MessageReceiver | undefined;
  readonly #scanner = new FrameScanner(this);
  /** The answer to our handshake, as long as that is not complete. */
  #head = '';
  readonly #accept: string;
  readonly #opened: (error?: Error) => void;
  #state: 'opening' | 'open' | 'closed' = 'opening';

  /** Resolves when the server has accepted the WebSocket. */
  static open(url: URL, wire: Wire): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const connection: Connection = new Connection(url, wire, (error) => {
        if (error === undefined) resolve(connection);
        else reject(error);
      });
    });
  }

  private constructor(url: URL, { elements, turn }: Wire, opened: (error?: Error) => void) {
    this.elements = elements;
    this.turn = turn;
    this.#opened = opened;
    const key = randomBytes(16).toString('base64');
    this.#accept = createHash('sha1').update(key + GUID).digest('base64'); // prettier-ignore
    const onread = {
      buffer: READ_BUFFER,
      callback: (size: number, bytes: Uint8Array): boolean => {
        this.#read(bytes as Buffer, size);
        return true;
      },
    };
    this.socket = connect({ host: url.hostname, port: Number(url.port || 80), noDelay: true, onread });
    this.socket.on('error', (error) => {
      this.#end(error.message);
    });
    this.socket.on('close', () => {
      this.#end('the connection was closed');
    });
    this.socket.write(upgradeRequest(url, key, elements.serializer.subprotocol));
  }

  /** Sends one message, at once: for what is not part of the load. */
  send(message: Message): void {
    const { serializer } = this.elements;
    const opcode = serializer.binary ? Opcode.BINARY : Opcode.TEXT;
    this.socket.write(maskedFrame(opcode, serializer.encode(message)));
  }

  /** Lets go of it without a word. */
  destroy(): void {
    this.receiver = undefined;
    this.#state = 'closed';
    this.socket.destroy();
  }

  message(bytes: Buffer, start: number, end: number): void {
    this.receiver?.message(bytes, start, end);
  }

  control(opcode: number, payload: Buffer): void {
    if (opcode === Opcode.PING) this.socket.write(maskedFrame(Opcode.PONG, payload));
    if (opcode === Opcode.CLOSE)
      this.#end(`closed by the peer: ${payload.subarray(2).toString() || 'no reason'}`);
  }

  #read(bytes: Buffer, size: number): void {
    if (this.#state === 'open') {
      this.turn.now = performance.now();
      this.#scanner.scan(bytes, size);
    } else if (this.#state === 'opening') this.#shakeHands(bytes.subarray(0, size));
  }

  #shakeHands(bytes: Buffer): void {
    this.#head += bytes.toString('latin1');
    const end = this.#head.indexOf(END_OF_HEAD);
    if (end < 0) return;
    const head = this.#head.slice(0, end);
    const rest = Buffer.from(this.#head.slice(end + END_OF_HEAD.length), 'latin1');
    if (!head.startsWith('HTTP/1.1 101') || !head.includes(this.#accept)) {
      this.#end(`no WebSocket: ${head.split('\r\n', 1)[0] ?? ''}`);
    } else if (!head.includes(this.elements.serializer.subprotocol)) {
      this.#end(`${this.elements.serializer.subprotocol} is not spoken`);
    } else {
      this.#state = 'open';
      this.#opened();
      if (rest.length > 0) this.#scanner.scan(rest, rest.length);
    }
  }

  #end(reason: string): void {
    const before = this.#state;
    this.#state = 'closed';
    this.socket.destroy();
    if (before === 'opening') this.#opened(new Error(reason));
    if (before === 'open') this.receiver?.lost(reason);
  }
}

function upgradeRequest({ host, pathname, search }: URL, key: string, subprotocol: string): string {
  return [
    `GET ${pathname}${search} HTTP/1.1`,
    `Host: ${host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Protocol: ${subprotocol}`,
    END_OF_HEAD.slice(2),
  ].join('\r\n');
}
