/** A router behind a real socket, clients of the `ws` library, and clients that write octets by hand. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import {
  acceptWebSockets,
  createRouter,
  type Router,
  type RouterOptions,
  type WebSocketAcceptor,
  type WebSocketOptions,
} from '@wamp/router';
import { json, rolesOf, type Serializer } from '@wamp/protocol';
import { ALL_FEATURES } from '@wamp/router/testing';
import { WebSocket, type ClientOptions } from 'ws';
import { Inbox } from './inbox.ts';

export class Site implements AsyncDisposable {
  readonly router: Router;
  readonly acceptor: WebSocketAcceptor;
  readonly port: number;
  readonly server: Server;

  private constructor(router: Router, acceptor: WebSocketAcceptor, server: Server) {
    this.router = router;
    this.acceptor = acceptor;
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
  }

  /** With the clock of this machine nobody is pinged: clients that do not answer may take as long as they need. */
  static async open(
    options: Partial<RouterOptions> = {},
    acceptance: Partial<WebSocketOptions> = {},
    host = '127.0.0.1',
  ): Promise<Site> {
    const server = createServer((_request, response) => response.writeHead(404).end());
    const limits = { ...(options.clock === undefined && { pingInterval: 0 }), ...options.limits };
    const router = createRouter({ realms: ['realm1'], ...options, limits });
    const acceptor = acceptWebSockets(router, { server, ...acceptance });
    server.listen(0, host);
    await once(server, 'listening');
    return new Site(router, acceptor, server);
  }

  url(path = '/ws'): string {
    return `ws://127.0.0.1:${this.port}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const client of clients) client.terminate();
    for (const socket of sockets) socket.destroy();
    this.server.closeAllConnections();
    await this.acceptor.close();
    await closed;
  }
}

const clients = new Set<WebSocket>();
const sockets = new Set<Socket>();

/** The HTTP status that refuses an upgrade, or the subprotocol that was agreed on. */
export async function handshake(
  url: string,
  subprotocols: readonly string[],
  options: ClientOptions = {},
): Promise<string | number> {
  const socket = new WebSocket(url, [...subprotocols], options);
  clients.add(socket);
  socket.on('error', () => undefined);
  return new Promise((resolve) => {
    socket.on('open', () => {
      resolve(socket.protocol);
      socket.terminate();
    });
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
  });
}

/** A client of the `ws` library that speaks WAMP in lists. */
export class WsClient {
  readonly socket: WebSocket;
  readonly #serializer: Serializer;
  readonly #inbox = new Inbox<readonly unknown[]>();
  /** The code with which the router closed. */
  readonly closed: Promise<number>;

  private constructor(socket: WebSocket, serializer: Serializer) {
    this.socket = socket;
    this.#serializer = serializer;
    clients.add(socket);
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      this.#inbox.put(serializer.decodePayload(new Uint8Array(data), 1).args ?? []);
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code) => {
        clients.delete(socket);
        resolve(code);
      });
    });
  }

  static async connect(url: string, serializer: Serializer = json): Promise<WsClient> {
    const client = new WsClient(new WebSocket(url, [serializer.subprotocol]), serializer);
    await once(client.socket, 'open');
    return client;
  }

  static async join(url: string, serializer: Serializer = json): Promise<WsClient> {
    const client = await WsClient.connect(url, serializer);
    client.send([1, 'realm1', { roles: rolesOf(ALL_FEATURES) }]);
    const welcome = await client.next();
    if (welcome[0] !== 2) throw new Error(`no WELCOME: ${JSON.stringify(welcome)}`);
    return client;
  }

  send(message: readonly unknown[]): void {
    this.socket.send(this.#serializer.encodePayload(message, {}, 1), { binary: this.#serializer.binary });
  }

  /** The next message. */
  next(): Promise<readonly unknown[]> {
    return this.#inbox.take();
  }

  /** Sends a request, and waits for what comes next. */
  ask(message: readonly unknown[]): Promise<readonly unknown[]> {
    this.send(message);
    return this.next();
  }
}

/** One frame as it came from the router. */
export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

/** A TCP client that has been through the upgrade, and from then on writes what it likes. */
export class RawClient {
  readonly socket: Socket;
  readonly #frames = new Inbox<Frame | undefined>();
  #buffered: Buffer = Buffer.alloc(0);
  readonly #serializer: Serializer;
  /** When the TCP connection is over. */
  readonly gone: Promise<void>;

  private constructor(socket: Socket, serializer: Serializer) {
    this.socket = socket;
    this.#serializer = serializer;
    sockets.add(socket);
    socket.on('error', () => undefined);
    this.gone = new Promise((resolve) => {
      socket.on('close', () => {
        sockets.delete(socket);
        this.#frames.end(undefined);
        resolve();
      });
    });
  }

  static async connect(
    port: number,
    serializer: Serializer = json,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<RawClient> {
    const { socket, head, rest } = await request(port, {
      'Sec-WebSocket-Protocol': serializer.subprotocol,
      ...headers,
    });
    if (!head.startsWith('HTTP/1.1 101')) throw new Error(head);
    const client = new RawClient(socket, serializer);
    client.#take(rest);
    socket.on('data', (data: Buffer) => {
      client.#take(data);
    });
    return client;
  }

  /** Joins realm1. */
  static async join(port: number): Promise<RawClient> {
    const client = await RawClient.connect(port);
    client.text(JSON.stringify([1, 'realm1', { roles: rolesOf(ALL_FEATURES) }]));
    await client.message();
    return client;
  }

  /** Writes octets. */
  write(...octets: readonly (number | Uint8Array)[]): void {
    this.socket.write(
      Buffer.concat(octets.map((part) => (typeof part === 'number' ? Buffer.of(part) : part))),
    );
  }

  /** Sends a proper text frame. */
  text(text: string): void {
    this.write(frame({ payload: Buffer.from(text) }));
  }

  /** Sends octets as a message, whatever they mean. */
  sendBytes(bytes: Uint8Array): void {
    const first = 0x80 | (this.#serializer.binary ? Opcode.BINARY : Opcode.TEXT);
    this.write(frame({ first, payload: Buffer.from(bytes) }));
  }

  /** Answers a ping. */
  pong({ payload }: Frame): void {
    this.write(frame({ first: 0x80 | Opcode.PONG, payload }));
  }

  send(...messages: readonly (readonly unknown[])[]): void {
    for (const message of messages) this.sendBytes(this.#serializer.encodePayload(message, {}, 1));
  }

  /** The next frame; undefined when the connection is over. */
  next(): Promise<Frame | undefined> {
    return this.#frames.take();
  }

  /** The next message. */
  async message(): Promise<readonly unknown[]> {
    return this.read(await this.next());
  }

  /** What a frame says; nothing when there is none. */
  read(found: Frame | undefined): readonly unknown[] {
    if (found === undefined) return [];
    return this.#serializer.decodePayload(new Uint8Array(found.payload), 1).args ?? [];
  }

  /** The code of the close frame that is to come; what else comes before it is passed over. */
  async closeCode(): Promise<number | undefined> {
    for (;;) {
      const next = await this.next();
      if (next === undefined) return undefined;
      if (next.opcode === Opcode.CLOSE) return next.payload.length < 2 ? 1005 : next.payload.readUInt16BE();
    }
  }

  #take(data: Buffer): void {
    this.#buffered = Buffer.concat([this.#buffered, data]);
    for (let found = split(this.#buffered); found !== undefined; found = split(this.#buffered)) {
      this.#buffered = found.rest;
      this.#frames.put(found.frame);
    }
  }
}

/** The first frame of what a server has sent; servers do not mask. */
function split(data: Buffer): { readonly frame: Frame; readonly rest: Buffer } | undefined {
  if (data.length < 2) return undefined;
  const short = data.readUInt8(1) & 0x7f;
  const header = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (data.length < header) return undefined;
  const length =
    short === 126 ? data.readUInt16BE(2) : short === 127 ? Number(data.readBigUInt64BE(2)) : short;
  if (data.length < header + length) return undefined;
  const opcode = data.readUInt8(0) & 0x0f;
  return {
    frame: { opcode, payload: data.subarray(header, header + length) },
    rest: data.subarray(header + length),
  };
}

/** A frame as a client writes it: by default a whole, masked text frame. */
export function frame({
  first = 0x80 | Opcode.TEXT,
  masked = true,
  payload = Buffer.alloc(0),
  length = payload.length,
}: {
  readonly first?: number;
  readonly masked?: boolean;
  readonly payload?: Buffer;
  readonly length?: number | bigint;
} = {}): Buffer {
  const mask = Buffer.from([1, 2, 3, 4]);
  const flag = masked ? 0x80 : 0;
  const head =
    length <= 125 && typeof length === 'number'
      ? Buffer.of(first, flag | length)
      : Buffer.concat([Buffer.of(first, flag | 127), sixtyFour(BigInt(length))]);
  const body = Buffer.from(payload.map((octet, index) => octet ^ (masked ? (mask[index % 4] ?? 0) : 0)));
  return Buffer.concat(masked ? [head, mask, body] : [head, body]);
}

function sixtyFour(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

/** Sends an upgrade by hand, and waits for the head of the answer. */
export async function request(
  port: number,
  headers: Readonly<Record<string, string>> = {},
  path = '/ws',
): Promise<{ readonly socket: Socket; readonly head: string; readonly rest: Buffer }> {
  const socket = connect(port, '127.0.0.1');
  sockets.add(socket);
  socket.on('error', () => undefined);
  const all = {
    Host: `127.0.0.1:${port}`,
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  let received = Buffer.alloc(0);
  return new Promise((resolve) => {
    const done = (): void => {
      const end = received.indexOf('\r\n\r\n');
      socket.off('data', take);
      resolve({ socket, head: received.subarray(0, end).toString(), rest: received.subarray(end + 4) });
    };
    const take = (data: Buffer): void => {
      received = Buffer.concat([received, data]);
      if (received.includes('\r\n\r\n')) done();
    };
    socket.on('data', take);
    socket.on('close', done);
  });
}
