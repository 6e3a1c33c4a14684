/** Brings the router up: realms, pages and every transport on one port. */
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { acceptLongPolls, acceptWebSockets, createRouter, shareOnePort } from '@wamp/router';
import { version, type StartOptions } from './command-line.ts';
import { answerHttp, LONG_POLL_PATH, WEBSOCKET_PATHS } from './http.ts';
import { authority, listen, refuseExposure, resolveHost } from './listening.ts';
import { log } from './log.ts';
import type { Stoppable } from './shutdown.ts';
import { loadSites } from './static-sites.ts';

/** How long calls in flight may go on once the router is told to stop (ms). */
const DRAIN = 10_000;
/** How long clients may take to part after that (ms). */
const FAREWELL = 1_500;

/** A router that clients can reach. */
export interface Running extends Stoppable {
  /** One line: where it listens, and for whom. */
  readonly greeting: string;
}

/** Resolves once clients can connect; throws `CannotStart` when they never will. */
export async function start(options: StartOptions): Promise<Running> {
  const { port, realms, origins, insecureDev } = options;
  const address = await resolveHost(options.host);
  refuseExposure(address, insecureDev);

  const http = httpServer(realms[0] ?? '');
  // Its sockets are what those of an HTTP server are: who has said all it will is answered still, and at once.
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  const bound = await listen(server, address, port);
  const router = createRouter({ realms, log });
  const shared = { server: http, listener: server, origins };
  const webSockets = acceptWebSockets(router, { ...shared, paths: WEBSOCKET_PATHS });
  const longPolls = acceptLongPolls(router, { ...shared, path: LONG_POLL_PATH });
  const rawSockets = shareOnePort(router, { server, http });
  return {
    greeting: greeting(authority(bound.address, bound.port), realms),
    async stop() {
      server.close();
      const parted = Promise.all([rawSockets, webSockets, longPolls].map((acceptor) => acceptor.close()));
      await router.drain(DRAIN);
      // A client that does not say GOODBYE in turn keeps nobody waiting.
      await Promise.race([Promise.all([router.close(), parted]), sleep(FAREWELL, undefined, { ref: false })]);
      http.closeAllConnections();
    },
  };
}

function httpServer(realm: string): HttpServer {
  const site = loadSites();
  const started = Date.now();
  const running = version();
  const health = () => ({ version: running, uptime_ms: Date.now() - started });
  // The only bodies are those of long-poll; they are no longer than a message.
  const limits = { headersTimeout: 5_000, requestTimeout: 30_000, connectionsCheckingInterval: 1_000 };
  return createHttpServer(limits, answerHttp({ site, realm, health }));
}

function greeting(host: string, realms: readonly string[]): string {
  const rights = 'development default: anonymous, everything allowed';
  const urls = [`http://${host}/`, `ws://${host}/ws`, `rs://${host}`, `http://${host}${LONG_POLL_PATH}`];
  return `wamp-router listening: ${urls.join('  ')}  ${realms.join(', ')} (${rights})`;
}
