/** A router behind a net.Server, and clients that write octets by hand. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import {
  json,
  RAW_SOCKET_MAX_LIMIT,
  rawSocketFrame,
  RawSocketFrameType,
  RawSocketParser,
  rolesOf,
  type Serializer,
} from '@wamp/protocol';
import {
  acceptRawSockets,
  createRouter,
  type RawSocketAcceptor,
  type RawSocketOptions,
  type Router,
  type RouterOptions,
} from '@wamp/router';
import { ALL_FEATURES } from '@wamp/router/testing';
import { Inbox } from './inbox.ts';

export class RawSite implements AsyncDisposable {
  readonly router: Router;
  readonly acceptor: RawSocketAcceptor;
  readonly port: number;
  readonly server: Server;
  readonly #accepted = new Set<Socket>();

  private constructor(router: Router, acceptor: RawSocketAcceptor, server: Server) {
    this.router = router;
    this.acceptor = acceptor;
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => {
      this.#accepted.add(socket);
      socket.on('close', () => this.#accepted.delete(socket));
    });
  }

  /** With the clock of this machine nobody is pinged: peers that do not answer may take as long as they need. */
  static async open(
    options: Partial<RouterOptions> = {},
    rules: Partial<RawSocketOptions> = {},
    server = createServer(),
  ): Promise<RawSite> {
    const limits = { ...(options.clock === undefined && { pingInterval: 0 }), ...options.limits };
    const router = createRouter({ realms: ['realm1'], ...options, limits });
    const acceptor = acceptRawSockets(router, { server, ...rules });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RawSite(router, acceptor, server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.#accepted) socket.destroy();
    await this.acceptor.close();
    await closed;
  }
}

/** What has come over the wire: a frame by its type, or the end. */
export type Arrival =
  { readonly is: 'message' | 'ping' | 'pong'; readonly bytes: Buffer } | { readonly is: 'closed' };

const { MESSAGE, PING, PONG } = RawSocketFrameType;

/** The handshake of a client that takes messages of 2^24 octets. */
export function greetingOf({ rawSocketId }: Serializer, length = 15): Buffer {
  return Buffer.of(0x7f, (length << 4) | rawSocketId, 0, 0);
}

/** A frame that carries a list. */
export function frameOf(message: readonly unknown[], serializer: Serializer = json): Uint8Array {
  return rawSocketFrame(MESSAGE, serializer.encodePayload(message, {}, 1));
}

export const HELLO = [1, 'realm1', { roles: rolesOf(ALL_FEATURES) }] as const;

export class RawPeer {
  readonly socket: Socket;
  /** Whether it answers PINGs by itself, and says nothing of them. */
  answersPings = false;
  /** The octets with which the router answered the handshake. */
  readonly reply: Promise<readonly number[] | undefined>;
  readonly #serializer: Serializer;
  readonly #arrivals = new Inbox<Arrival>();

  constructor(socket: Socket, serializer: Serializer = json) {
    this.socket = socket;
    this.#serializer = serializer;
    const put = (is: 'message' | 'ping' | 'pong') => (bytes: Uint8Array) => {
      this.#arrivals.put({ is, bytes: Buffer.from(bytes) });
    };
    this.reply = new Promise((resolve) => {
      const parser = new RawSocketParser((octets) => {
        resolve([...octets]);
        return {
          acceptedLength: RAW_SOCKET_MAX_LIMIT,
          message: put('message'),
          ping: (payload) => {
            if (this.answersPings) this.write(rawSocketFrame(PONG, payload));
            else put('ping')(payload);
          },
          pong: put('pong'),
          failed: (_failure, what) => {
            throw new Error(what);
          },
        };
      });
      socket.on('data', (chunk: Buffer) => {
        parser.push(chunk);
      });
      socket.on('error', () => undefined);
      socket.on('close', () => {
        resolve(undefined);
        this.#arrivals.end({ is: 'closed' });
      });
    });
  }

  static dial(port: number, serializer: Serializer = json): RawPeer {
    return new RawPeer(connect(port, '127.0.0.1'), serializer);
  }

  /** Connects and joins; takes messages of 2^(9 + length) octets. */
  static async join(port: number, serializer: Serializer = json, length = 15): Promise<RawPeer> {
    const peer = RawPeer.dial(port, serializer);
    peer.write(greetingOf(serializer, length));
    const welcome = await peer.ask(HELLO);
    if (welcome[0] !== 2) throw new Error(`no WELCOME: ${JSON.stringify(welcome)}`);
    return peer;
  }

  write(...octets: readonly (number | Uint8Array)[]): void {
    this.socket.write(
      Buffer.concat(octets.map((part) => (typeof part === 'number' ? Buffer.of(part) : part))),
    );
  }

  send(...messages: readonly (readonly unknown[])[]): void {
    this.write(...messages.map((message) => frameOf(message, this.#serializer)));
  }

  /** Sends octets as a message, whatever they mean. */
  sendBytes(bytes: Uint8Array): void {
    this.write(rawSocketFrame(MESSAGE, bytes));
  }

  ping(payload: Uint8Array): void {
    this.write(rawSocketFrame(PING, payload));
  }

  next(): Promise<Arrival> {
    return this.#arrivals.take();
  }

  /** The next message; it is empty when the connection ends instead. */
  async message(): Promise<readonly unknown[]> {
    const arrival = await this.next();
    if (arrival.is === 'closed') return [];
    if (arrival.is !== 'message') throw new Error(`a ${arrival.is}`);
    return this.#serializer.decodePayload(new Uint8Array(arrival.bytes), 1).args ?? [];
  }

  ask(message: readonly unknown[]): Promise<readonly unknown[]> {
    this.send(message);
    return this.message();
  }

  /** Passes over what comes until the connection ends. */
  async closed(): Promise<void> {
    while ((await this.next()).is !== 'closed');
  }
}
