/** One listener: its servers, and the transports that they serve. */
import { createServer as createHttpServer, type RequestListener, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import { createServer, type Server } from 'node:net';
import { createServer as createTlsServer, Server as TlsServer, type TlsOptions } from 'node:tls';
import { bridgeHttp } from '@wamp/http-bridge';
import {
  acceptLongPolls,
  acceptProxied,
  acceptRawSockets,
  acceptWebSockets,
  shareOnePort,
  type ForwardingRules,
  type HttpEntranceOptions,
  type Router,
  type WebSocketRules,
} from '@wamp/router';
import type { Reached } from './banner.ts';
import type { Listener } from './config/listeners.ts';
import { answerUnreadable, requireHost } from './http.ts';
import { listen } from './listening.ts';

/** A listener that clients can reach. */
export interface OpenListener {
  /** A URL for each transport. */
  readonly reached: readonly Reached[];
  /** Stops accepting clients; resolves when all connections have ended. */
  close(): Promise<unknown>;
  /** Ends idle HTTP connections of browsers. */
  closeIdle(): void;
  /** Has the principals of HTTP bridges log in again at their next requests. */
  logInAgain(): void;
  /** Replaces the certificate for future handshakes; for a listener with TLS. */
  renew(tls: TlsOptions): void;
}

/** The servers of a listener. */
interface Servers {
  /** The server that listens. */
  readonly front: Server;
  /** The server that receives connections after PROXY headers were read; `front` if there are none. */
  readonly server: Server;
  /** The HTTP server; it differs from `server` if the port is shared with RawSocket. */
  readonly http: HttpServer | HttpsServer | undefined;
}

/** Only long-poll requests have bodies; they are limited to the size of a message. Times in ms. */
const HTTP_OPTIONS = {
  headersTimeout: 5_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
  // `requireHost` refuses with an explanation what Node would refuse without one.
  requireHostHeader: false,
};
/** Socket options of an HTTP server: half-open connections are answered, without delay. */
const SOCKET_OPTIONS = { allowHalfOpen: true, noDelay: true };

/** A listener with its transports, not listening yet. */
export interface AssembledListener {
  /**
   * Resolves once clients can connect.
   * @param most the maximum number of connections. Default: no limit
   * @throws CannotStart if it cannot listen
   */
  open(most?: number): Promise<OpenListener>;
  /** Stops accepting clients; resolves when all connections have ended. */
  close(): Promise<unknown>;
}

/** Creates the servers of a listener, and attaches the transports. */
export function assembleListener(
  router: Router,
  listener: Listener,
  answer: RequestListener,
): AssembledListener {
  const servers = serversFor(listener, answer);
  if (servers.http !== undefined) answerUnreadable(servers.http, router.log);
  const acceptors = accept(router, listener, servers);
  if (servers.http !== undefined) requireHost(servers.http, router.log);
  const close = (): Promise<unknown> => {
    servers.front.close();
    return Promise.all(acceptors.map((acceptor) => acceptor.close()));
  };
  return {
    close,
    async open(most) {
      if (most !== undefined) servers.front.maxConnections = most;
      const reached = reachedAt(listener, await listen(servers.front, listener));
      return {
        reached,
        close,
        closeIdle: () => servers.http?.closeAllConnections(),
        logInAgain: () => {
          for (const acceptor of acceptors) acceptor.renew?.();
        },
        renew: ({ cert, key, ca, passphrase, minVersion }) => {
          const files = { cert, key, ca, passphrase, minVersion };
          if (servers.server instanceof TlsServer) servers.server.setSecureContext(files);
        },
      };
    },
  };
}

function serversFor(listener: Listener, answer: RequestListener): Servers {
  const servers = ownServersFor(listener, answer);
  return { ...servers, front: listener.proxyProtocol ? createServer(SOCKET_OPTIONS) : servers.server };
}

function ownServersFor(
  { tls, transports, httpBridges = [] }: Listener,
  answer: RequestListener,
): Omit<Servers, 'front'> {
  if (!transports.includes('rawsocket')) {
    const http =
      tls === undefined
        ? createHttpServer(HTTP_OPTIONS, answer)
        : createHttpsServer({ ...HTTP_OPTIONS, ...tls }, answer);
    return { server: http, http };
  }
  const server =
    tls === undefined ? createServer(SOCKET_OPTIONS) : createTlsServer({ ...SOCKET_OPTIONS, ...tls });
  const speaksHttp = httpBridges.length > 0 || transports.some((transport) => transport !== 'rawsocket');
  return { server, http: speaksHttp ? createHttpServer(HTTP_OPTIONS, answer) : undefined };
}

/** The acceptors, until the listener is closed. */
interface Acceptor {
  /** Has principals log in again; for HTTP bridges. */
  renew?(): void;
  close(): Promise<void>;
}

function accept(router: Router, listener: Listener, { front, server, http }: Servers): readonly Acceptor[] {
  const { transports, origins, compression, websocketPaths: paths, longpollPath: path } = listener;
  const { rawsocketPings: pings, auth: entrance, messageSize: maxMessageSize } = listener;
  const rules = definedOf({ entrance, maxMessageSize });
  const acceptors: Acceptor[] = [];
  if (http !== undefined) {
    const shared = { server: http, listener: front, origins, ...forwardingOf(listener) };
    if (transports.includes('websocket')) {
      acceptors.push(
        acceptWebSockets(router, { ...shared, ...rules, paths, compression, byPath: byPathOf(listener) }),
      );
    }
    if (transports.includes('longpoll'))
      acceptors.push(
        acceptLongPolls(router, { ...shared, path, ...definedOf({ entrance, maxBodySize: maxMessageSize }) }),
      );
    acceptors.push(...bridgesOf(router, listener, shared));
  }
  if (transports.includes('rawsocket')) {
    acceptors.push(
      http === undefined || http === server
        ? acceptRawSockets(router, { server, pings, ...rules })
        : shareOnePort(router, { server, http, pings, ...rules }),
    );
  }
  if (front !== server) {
    acceptors.push(
      acceptProxied(router, { server: front, behind: server, trusted: listener.trustedProxies }),
    );
  }
  return acceptors;
}

/** The bridges of a listener, which answer requests of HTTP. */
function bridgesOf(
  router: Router,
  { httpBridges = [], messageSize = Infinity, auth: entrance }: Listener,
  shared: HttpEntranceOptions,
): readonly Acceptor[] {
  return httpBridges.map((rule) => {
    const bodySize = Math.min(rule.bodySize, messageSize);
    const bridge = bridgeHttp(router, { ...shared, ...rule, bodySize, ...definedOf({ entrance }) });
    return {
      renew: () => {
        bridge.renew();
      },
      close() {
        bridge.close();
        return Promise.resolve();
      },
    };
  });
}

/** What holds at single paths. */
function byPathOf({ paths }: Listener): ReadonlyMap<string, WebSocketRules> {
  return new Map(
    Object.entries(paths).map(([path, { auth, messageSize }]) => [
      path,
      definedOf({ entrance: auth, maxMessageSize: messageSize }),
    ]),
  );
}

/** Without the keys that have no value. */
function definedOf<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function forwardingOf({ trustedProxies: trusted, forwardingHeader: header }: Listener): {
  readonly proxies?: ForwardingRules;
} {
  return header === 'none' ? {} : { proxies: { trusted, header } };
}

/** @param place host and port, or the path of a Unix socket */
function reachedAt(listener: Listener, place: string): readonly Reached[] {
  const { transports, websocketPaths, longpollPath, pages, tls, unix } = listener;
  const s = tls === undefined ? '' : 's';
  const inUnix = unix === undefined ? '' : '+unix';
  const reached: Reached[] = [];
  const web = (path: string): string => (unix === undefined ? path : `:${path}`);
  if (transports.includes('websocket')) {
    if (pages !== false) {
      reached.push({
        what: 'pages',
        url: `http${s}${inUnix}://${place}${web('/')}`,
        ...(pages === true ? { hasApps: true } : {}),
      });
    }
    reached.push({
      what: 'WebSocket',
      url: `ws${s}${inUnix}://${place}${web(websocketPaths[0] ?? Object.keys(listener.paths)[0] ?? '/')}`,
    });
  }
  if (transports.includes('rawsocket'))
    reached.push({ what: 'RawSocket', url: `rs${s}${inUnix}://${place}` });
  if (transports.includes('longpoll')) {
    reached.push({ what: 'long-poll', url: `http${s}${inUnix}://${place}${web(longpollPath)}` });
  }
  for (const { path } of listener.httpBridges ?? []) {
    reached.push({ what: 'HTTP', url: `http${s}${inUnix}://${place}${web(path)}` });
  }
  return reached;
}
