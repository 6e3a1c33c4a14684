/** A connection of the load, which reads and writes its socket without a library. */
import { connect, type Socket } from 'node:net';
import type { Message } from '@wamp/protocol';
import type { Elements } from './elements.ts';
import type { FrameReceiver, Framing, Greeting, StreamScanner } from './framing.ts';
import { rawSocket } from './rawsocket.ts';
import type { Turn } from './turn.ts';
import { webSocket } from './websocket.ts';

/** Takes the messages of a connection. The bytes are only valid during the call. */
export interface MessageReceiver {
  message(bytes: Buffer, start: number, end: number): void;
  /** Called when the connection has ended. */
  lost(reason: string): void;
}

/** The settings that connections of one load share. */
export interface Wire {
  readonly elements: Elements;
  readonly turn: Turn;
}

/** All sockets read into the same buffer: what was read is handled before the next read. */
const READ_BUFFER = Buffer.allocUnsafe(1024 * 1024);

export class Connection implements FrameReceiver {
  readonly elements: Elements;
  readonly turn: Turn;
  readonly framing: Framing;
  readonly socket: Socket;
  receiver: MessageReceiver | undefined;
  readonly #scanner: StreamScanner;
  readonly #greeting: Greeting;
  /** The received part of the answer to the greeting, until it is complete. */
  #answer: Buffer = Buffer.alloc(0);
  readonly #opened: (error?: Error) => void;
  #state: 'opening' | 'open' | 'closed' = 'opening';

  /** Resolves when the server at `ws://…` or `rs://…` has accepted the connection. */
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
    this.framing = url.protocol === 'rs:' ? rawSocket : webSocket;
    this.#scanner = this.framing.scanner(this);
    this.#greeting = this.framing.greeting(url, elements.serializer);
    this.#opened = opened;
    const onread = {
      buffer: READ_BUFFER,
      callback: (size: number): boolean => {
        this.#read(size);
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
    this.socket.write(this.#greeting.request);
  }

  /** Sends one message at once; for messages that are not part of the load. */
  send(message: Message): void {
    const { serializer } = this.elements;
    this.socket.write(this.framing.frame(serializer.encode(message), serializer));
  }

  /** Destroys the connection abruptly. */
  destroy(): void {
    this.receiver = undefined;
    this.#state = 'closed';
    this.socket.destroy();
  }

  message(bytes: Buffer, start: number, end: number): void {
    this.receiver?.message(bytes, start, end);
  }

  ping(payload: Buffer): void {
    this.socket.write(this.framing.pong(payload));
  }

  closed(reason: string): void {
    this.#end(`closed by the peer: ${reason}`);
  }

  #read(size: number): void {
    if (this.#state === 'open') {
      this.turn.now = performance.now();
      this.#scanner.scan(READ_BUFFER, size);
    } else if (this.#state === 'opening') this.#greet(READ_BUFFER.subarray(0, size));
  }

  #greet(bytes: Buffer): void {
    this.#answer = Buffer.concat([this.#answer, bytes]);
    let used: number | undefined;
    try {
      used = this.#greeting.read(this.#answer);
    } catch (error) {
      this.#end(error instanceof Error ? error.message : String(error));
    }
    if (used === undefined) return;
    this.#state = 'open';
    this.#opened();
    const rest = this.#answer.subarray(used);
    if (rest.length > 0) this.#scanner.scan(rest, rest.length);
  }

  #end(reason: string): void {
    const before = this.#state;
    this.#state = 'closed';
    this.socket.destroy();
    if (before === 'opening') this.#opened(new Error(reason));
    if (before === 'open') this.receiver?.lost(reason);
  }
}
