/** The HTTP server for operators: metrics and health, away from the listeners of clients; over a Unix socket, orders as well. */
import { chmodSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { MetricsRegistry } from '@wamp/router';
import { answerHealth, type HealthAnswers } from './health-answers.ts';
import { listen, type Place } from './listening.ts';
import { EXPOSITION, prometheusText } from './prometheus.ts';
import type { Reloaded } from './reload.ts';

/** Times in ms. Nobody sends a body. */
const OPTIONS = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };
/** Where the order to reload goes, and the query that asks what it would do. */
export const RELOAD = '/reload';
export const DRY_RUN = 'dry_run=1';
/** Scrapers are few. */
const MOST_CONNECTIONS = 100;

/** What it tells, and does. */
export interface AdminAnswers extends HealthAnswers {
  readonly metrics: MetricsRegistry;
  /** Takes the order to reload; only from those who may give orders. */
  readonly reload?: (dryRun: boolean) => Promise<Reloaded>;
}

/** A server for operators that listens. */
export interface AdminServer {
  /** Where, such as `http://127.0.0.1:9480`. */
  readonly url: string;
  close(): void;
}

/**
 * Resolves once it answers.
 * @throws CannotStart when it never will
 */
export async function openAdmin(place: Place, answers: AdminAnswers): Promise<AdminServer> {
  const server: Server = createServer(OPTIONS, (request, response) => {
    answer(request, response, answers);
  });
  server.maxConnections = MOST_CONNECTIONS;
  const where = await listen(server, place);
  // Whoever may write to the socket may give orders: nobody but the user that we are.
  if (place.unix !== undefined) chmodSync(place.unix, 0o600);
  return {
    url: place.unix === undefined ? `http://${where}` : `http+unix://${where}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
  answers: AdminAnswers,
): void {
  response.setHeader('x-content-type-options', 'nosniff');
  const [path = '', query = ''] = url.split('?');
  if (method === 'POST' && path === RELOAD && answers.reload !== undefined) {
    void answers.reload(query === DRY_RUN).then((reloaded) => {
      sendText(response, reloaded.ok ? 200 : 409, 'application/json', JSON.stringify(reloaded));
    });
  } else if (method !== 'GET' && method !== 'HEAD') {
    sendText(response, 405, 'text/plain; charset=utf-8', 'Read with GET or HEAD.\n', { allow: 'GET, HEAD' });
  } else if (path === '/metrics') {
    sendText(response, 200, EXPOSITION, prometheusText(answers.metrics));
  } else if (!answerHealth(path, response, answers)) {
    const known = 'Not found. There are /metrics, /health, /health/live and /health/ready.\n';
    sendText(response, 404, 'text/plain; charset=utf-8', known);
  }
}

function sendText(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const length = Buffer.byteLength(body);
  response
    .writeHead(status, {
      'content-type': type,
      'cache-control': 'no-store',
      'content-length': length,
      ...headers,
    })
    .end(body);
}
