/** Brings the router up: realms, HTTP and WebSocket on one port. */
import { createServer, type Server } from 'node:http';
import { acceptWebSockets, createRouter } from '@wamp/router';
import { version, type StartOptions } from './command-line.ts';
import { answerHttp, WEBSOCKET_PATHS } from './http.ts';
import { authority, listen, refuseExposure, resolveHost } from './listening.ts';
import { log } from './log.ts';
import type { Stoppable } from './shutdown.ts';
import { loadSites } from './static-sites.ts';

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

  const server = httpServer(realms[0] ?? '');
  const bound = await listen(server, address, port);
  server.on('error', (error) => {
    log('error', 'accepting a connection failed', { reason: error.message });
  });
  const router = createRouter({ realms, log });
  const sockets = acceptWebSockets(router, { server, paths: WEBSOCKET_PATHS, origins });
  return {
    greeting: greeting(authority(bound.address, bound.port), realms),
    async stop() {
      server.close();
      await router.close();
      await sockets.close();
      server.closeAllConnections();
    },
  };
}

function httpServer(realm: string): Server {
  const site = loadSites();
  const started = Date.now();
  const running = version();
  const health = () => ({ version: running, uptime_ms: Date.now() - started });
  // Nothing here takes a request body, so whoever is slow to ask is not going to.
  const limits = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };
  return createServer(limits, answerHttp({ site, realm, health }));
}

function greeting(host: string, realms: readonly string[]): string {
  const rights = 'development default: anonymous, everything allowed';
  return `wamp-router listening: http://${host}/  ws://${host}/ws  ${realms.join(', ')} (${rights})`;
}
