/** A place where a router can be reached, for every transport there is. */
import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import type { Serializer, Transport } from '@wamp/protocol';
import { acceptLongPolls, acceptRawSockets, acceptWebSockets, inMemory, type Router } from '@wamp/router';
import { cert, key } from './certificate.ts';
import { LongPollEnd, RawSocketEnd, WebSocketEnd, type ClientEnd } from './client-ends.ts';

/** How clients reach the router. */
interface Kind {
  /** A server whose connections the router takes. */
  serve(router: Router): Server;
  dial(address: AddressInfo | string, serializer: Serializer): Promise<ClientEnd>;
}

function portOf(address: AddressInfo | string): number {
  return typeof address === 'string' ? 0 : address.port;
}

function http(accept: (server: HttpServer) => void): Server {
  const server = createHttpServer();
  accept(server);
  return server;
}

function webSocket(batched: boolean): Kind {
  return {
    serve: (router) => http((server) => acceptWebSockets(router, { server })),
    dial: (address, serializer) =>
      WebSocketEnd.connect(`ws://127.0.0.1:${portOf(address)}/ws`, serializer, { batched }),
  };
}

const webSocketOverTls: Kind = {
  serve(router) {
    const server = createHttpsServer({ key, cert });
    acceptWebSockets(router, { server });
    return server;
  },
  dial: (address, serializer) =>
    WebSocketEnd.connect(`wss://127.0.0.1:${portOf(address)}/ws`, serializer, { ca: cert }),
};

function longPoll(batched: boolean): Kind {
  return {
    serve: (router) => http((server) => acceptLongPolls(router, { server })),
    dial: (address, serializer) =>
      LongPollEnd.connect(`http://127.0.0.1:${portOf(address)}/lp`, serializer, batched),
  };
}

const rawSocket: Kind = {
  serve(router) {
    const server = createServer();
    acceptRawSockets(router, { server });
    return server;
  },
  dial: (address, serializer) =>
    RawSocketEnd.connect(
      typeof address === 'string' ? connect(address) : connect(address.port, '127.0.0.1'),
      serializer,
    ),
};

const overTls: Kind = {
  serve(router) {
    const server = createTlsServer({ key, cert });
    acceptRawSockets(router, { server });
    return server;
  },
  async dial(address, serializer) {
    const socket = connectTls({ port: portOf(address), host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    return RawSocketEnd.connect(socket, serializer);
  },
};

const KINDS = {
  'in memory': undefined,
  WebSocket: webSocket(false),
  'batched WebSocket': webSocket(true),
  'WebSocket over TLS': webSocketOverTls,
  RawSocket: rawSocket,
  'RawSocket on a Unix socket': rawSocket,
  'RawSocket over TLS': overTls,
  'long-poll': longPoll(false),
  'batched long-poll': longPoll(true),
} as const;
export type KindName = keyof typeof KINDS;
export const KIND_NAMES = Object.keys(KINDS) as readonly KindName[];

let unixSockets = 0;

/** Where the clients of one router connect, until the test is over. */
export class Place implements AsyncDisposable {
  readonly #kind: Kind | undefined;
  readonly #name: KindName;
  readonly #sockets = new Set<Socket>();
  readonly #ends = new Set<ClientEnd>();
  #server: Promise<Server> | undefined;

  constructor(name: KindName) {
    this.#name = name;
    this.#kind = KINDS[name];
  }

  /** Connects a client; the first one brings the server up. */
  readonly connect = async (router: Router, serializer: Serializer): Promise<Transport> => {
    if (this.#kind === undefined) return inMemory(router, serializer);
    this.#server ??= this.#serve(this.#kind.serve(router));
    const server = await this.#server;
    const end = await this.#kind.dial(server.address() ?? '', serializer);
    this.#ends.add(end);
    return end;
  };

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) end.drop();
    const server = await this.#server;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(server: Server): Promise<Server> {
    server.on('connection', (socket) => this.#sockets.add(socket));
    if (this.#name === 'RawSocket on a Unix socket') {
      server.listen(join(tmpdir(), `wamp-test-${process.pid}-${(unixSockets += 1)}.sock`));
    } else server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }
}
