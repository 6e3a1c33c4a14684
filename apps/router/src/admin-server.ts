/**
 * The HTTP server for operators: metrics and health, separate from the listeners of clients; over a Unix socket also
 * commands.
 */
import { chmodSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isLoopback } from '@wamp/router';
import type { AdminConfiguration } from './config/admin.ts';
import { answerHealth, type HealthAnswers } from './health-answers.ts';
import { listen, type ListenPlace } from './listening.ts';
import { EXPOSITION } from './prometheus.ts';
import type { Reloaded } from './reload.ts';

/** Times in ms. Requests have no body. */
const OPTIONS = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };
/** The path of the reload command, and the query for a dry run. */
export const RELOAD = '/reload';
export const DRY_RUN = 'dry_run=1';
/** Few connections suffice for scrapers. */
const MOST_CONNECTIONS = 100;

/** What the server reports and executes. */
export interface AdminAnswers extends HealthAnswers {
  /** All metrics, as text. */
  readonly metrics: () => string | Promise<string>;
  /** Executes the reload command; only where commands are allowed. */
  readonly reload?: (dryRun: boolean) => Promise<Reloaded>;
}

/** A listening server for operators. */
export interface AdminServer {
  /** Its address, such as `http://127.0.0.1:9480`. */
  readonly url: string;
  close(): void;
}

/**
 * Opens the servers that are configured: all, or none.
 * @throws CannotStart if one of them cannot listen
 */
export async function openAdminServers(
  { listener, socket }: Pick<AdminConfiguration, 'listener' | 'socket'>,
  answers: AdminAnswers,
): Promise<readonly AdminServer[]> {
  const { about, health, metrics } = answers;
  const open: AdminServer[] = [];
  try {
    if (listener !== undefined) open.push(await openAdmin(listener, { about, health, metrics }));
    // Write access to the socket permits commands.
    if (socket !== undefined) open.push(await openAdmin({ address: '', port: 0, unix: socket }, answers));
    return open;
  } catch (error) {
    for (const server of open) server.close();
    throw error;
  }
}

/**
 * Resolves once the server listens.
 * @throws CannotStart if it cannot listen
 */
async function openAdmin(place: ListenPlace, answers: AdminAnswers): Promise<AdminServer> {
  const server: Server = createServer(OPTIONS, (request, response) => {
    if (isMeant(request, place)) answer(request, response, answers);
    else refuse(response);
  });
  server.maxConnections = MOST_CONNECTIONS;
  const where = await listen(server, place);
  // Write access to the socket permits commands, so it is restricted to the user of this process.
  if (place.unix !== undefined) chmodSync(place.unix, 0o600);
  return {
    url: place.unix === undefined ? `http://${where}` : `http+unix://${where}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * True when header Host names this server. The owner of a web page can make a domain name resolve to this machine, so that
 * browsers let the page read the answers of this server (DNS rebinding), but the page cannot change header Host. On an address
 * that other machines can reach, the valid names are unknown, so they are not checked.
 */
function isMeant({ headers: { host }, socket }: IncomingMessage, { address, unix }: ListenPlace): boolean {
  if (unix !== undefined || !isLoopback(socket.localAddress ?? address) || host === undefined) return true;
  const name = host.replace(/:\d*$/, '').toLowerCase();
  return isLoopback(name) || name === address.toLowerCase();
}

function refuse(response: ServerResponse): void {
  const why = 'This server answers requests to localhost and to its own address only (header Host).\n';
  sendText(response, 421, 'text/plain; charset=utf-8', why);
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
    void Promise.resolve(answers.metrics()).then((text) => {
      sendText(response, 200, EXPOSITION, text);
    });
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
