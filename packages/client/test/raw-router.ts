/** A router for tests that writes the octets of RawSockets by hand. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import {
  json,
  RAW_SOCKET_MAX_LIMIT,
  rawSocketFrame,
  RawSocketFrameType,
  RawSocketParser,
  type Serializer,
} from '@wamp/protocol';
import { ALL_FEATURES } from './scripted-peer.ts';

/** A frame of a message. */
export function frameOf(message: readonly unknown[], serializer: Serializer = json): Uint8Array {
  return rawSocketFrame(RawSocketFrameType.MESSAGE, serializer.encodePayload(message, {}, 1));
}

export const WELCOME = [2, 1, { roles: ALL_FEATURES }] as const;

/** What has come over a connection: the type of a frame, and its octets. */
export type Arrival = readonly [is: 'message' | 'ping' | 'pong' | 'closed', octets: Buffer];

/** One connection, the router's side. */
export class RawConnection {
  readonly socket: Socket;
  /** The client's handshake. */
  readonly greeting: Promise<readonly number[]>;
  readonly #arrivals: Arrival[] = [];
  #waiting: ((arrival: Arrival) => void) | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    const put = (is: Arrival[0]) => (octets: Uint8Array) => this.#put([is, Buffer.from(octets)]);
    this.greeting = new Promise((resolve) => {
      const parser = new RawSocketParser((octets) => {
        resolve([...octets]);
        return {
          acceptedLength: RAW_SOCKET_MAX_LIMIT,
          message: put('message'),
          ping: put('ping'),
          pong: put('pong'),
          failed: (_failure, what) => {
            throw new Error(what);
          },
        };
      });
      socket.on('data', (chunk: Buffer) => parser.push(chunk));
    });
    socket.on('error', () => undefined);
    socket.on('close', () => put('closed')(Buffer.alloc(0)));
  }

  write(...parts: readonly (Uint8Array | readonly number[])[]): void {
    this.socket.write(Buffer.concat(parts.map((part) => Buffer.from(part))));
  }

  /** What came next. */
  next(): Promise<Arrival> {
    const arrival = this.#arrivals.shift();
    if (arrival !== undefined) return Promise.resolve(arrival);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** The next message; it is empty when the connection ends instead. */
  async message(serializer: Serializer = json): Promise<readonly unknown[]> {
    const [is, octets] = await this.next();
    if (is === 'closed') return [];
    if (is !== 'message') throw new Error(`a ${is}`);
    return serializer.decodePayload(new Uint8Array(octets), 1).args ?? [];
  }

  /** Passes over what comes until the connection ends. */
  async closed(): Promise<void> {
    while ((await this.next())[0] !== 'closed');
  }

  #put(arrival: Arrival): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#arrivals.push(arrival);
    else waiting(arrival);
  }
}

/** Where clients connect. */
export class RawRouter implements AsyncDisposable {
  readonly #server: Server;
  readonly #greet: (connection: RawConnection, count: number) => void;
  readonly #sockets = new Set<Socket>();
  readonly #connections: RawConnection[] = [];
  readonly #waiting: ((connection: RawConnection) => void)[] = [];
  #count = 0;

  private constructor(server: Server, greet: (connection: RawConnection, count: number) => void) {
    this.#server = server;
    this.#greet = greet;
    server.on('connection', (socket) => this.#admit(new RawConnection(socket)));
  }

  /** @param greet what is done with each connection at once; told how many there were before */
  static async open(
    greet: (connection: RawConnection, count: number) => void = () => undefined,
  ): Promise<RawRouter> {
    const server = createServer();
    const router = new RawRouter(server, greet);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return router;
  }

  /** Answers every handshake with the same octets. */
  static answering(...octets: readonly number[]): Promise<RawRouter> {
    return RawRouter.open((connection) => {
      void connection.greeting.then(() => connection.write(octets));
    });
  }

  get url(): string {
    return `rs://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How many connections there were. */
  get count(): number {
    return this.#count;
  }

  /** The next connection. */
  connection(): Promise<RawConnection> {
    const connection = this.#connections.shift();
    if (connection !== undefined) return Promise.resolve(connection);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #admit(connection: RawConnection): void {
    this.#sockets.add(connection.socket);
    this.#greet(connection, this.#count);
    this.#count += 1;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#connections.push(connection);
    else waiting(connection);
  }
}
