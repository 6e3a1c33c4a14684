/** Answers HTTP requests: web pages, health, and explanations for other requests. */
import type {
  IncomingMessage,
  OutgoingHttpHeaders,
  RequestListener,
  Server,
  ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Log } from '@wamp/router';
import { answerHealth, type HealthAnswers } from './health-answers.ts';
import { landingPage } from './landing-page.ts';
import type { Offered } from './offered.ts';
import { asset, type Asset, type Pages, type Site } from './static-sites.ts';

/** What the answers are computed from. */
export interface HttpOptions extends HealthAnswers {
  readonly pages: () => Pages;
  /** The URLs of WebSocket clients; the landing page shows the first. */
  readonly webSocketPaths: readonly string[];
  /** What the landing page shows. Its sample connects to the first realm. */
  readonly offered: () => Offered;
}

// The chat and the dashboard may be connected to another router, so any WebSocket is permitted.
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Headers of our own pages only; pages of the operator may load what they like, and be framed. */
const OF_OUR_PAGES = [
  'content-security-policy',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
];

/** Answers every request that is not for WebSocket or long-poll. */
export function answerHttp(options: HttpOptions): RequestListener {
  return (request, response) => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      sendText(response, 405, '405 Method Not Allowed: pages are read, with GET or HEAD.', {
        allow: 'GET, HEAD',
      });
      return;
    }
    answer(request, response, options);
  };
}

function answer(request: IncomingMessage, response: ServerResponse, options: HttpOptions): void {
  const { webSocketPaths, offered } = options;
  const { site, fallbacks } = options.pages();
  const [written = '', ...query] = (request.url ?? '').split('?');
  const path = decoded(written);

  if (answerHealth(path, response, options)) return;
  if (webSocketPaths.includes(path) && !site.has(path)) {
    sendText(response, 426, 'This address speaks WAMP over WebSocket: connect a WAMP client to it.', {
      upgrade: 'websocket',
      connection: 'upgrade',
    });
    return;
  }
  if (site.has(`${path}/`)) {
    sendText(response, 308, `Moved to ${path}/`, { location: [`${written}/`, ...query].join('?') });
    return;
  }
  const found = site.get(path);
  if (found === undefined) {
    const index = indexFor(path, fallbacks);
    sendAsset(request, response, index === undefined ? 404 : 200, index ?? notFoundPage(site));
    return;
  }
  sendAsset(
    request,
    response,
    200,
    path === '/' && found.isForeign !== true
      ? landingPage(found, request, { path: webSocketPaths[0], ...offered() })
      : found,
  );
}

/** The decoded path; a malformed one matches no file. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** The index page of a single-page application; paths with an extension are files. */
function indexFor(path: string, fallbacks: Pages['fallbacks']): Asset | undefined {
  if (/\.[^/]*$/.test(path)) return undefined;
  return fallbacks.find(({ base }) => path.startsWith(base))?.index;
}

function notFoundPage(site: Site): Asset {
  return site.get('/404.html') ?? asset('/404.txt', Buffer.from('Not found\n'));
}

function sendAsset(request: IncomingMessage, response: ServerResponse, status: number, found: Asset): void {
  const { type, etag, gzip, brotli, body } = found;
  if (found.isForeign === true) for (const name of OF_OUR_PAGES) response.removeHeader(name);
  response.setHeader('cache-control', cachingOf(found));
  if (status === 200) response.setHeader('etag', etag);
  if (gzip !== undefined || brotli !== undefined) response.setHeader('vary', 'accept-encoding');
  if (status === 200 && request.headers['if-none-match'] === etag) {
    response.writeHead(304).end();
    return;
  }
  if (brotli !== undefined && accepts(request, BROTLI)) {
    send(response, status, brotli, { 'content-type': type, 'content-encoding': 'br' });
    return;
  }
  if (gzip !== undefined && accepts(request, GZIP)) {
    send(response, status, gzip, { 'content-type': type, 'content-encoding': 'gzip' });
    return;
  }
  send(response, status, body, { 'content-type': type });
}

const GZIP = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:\s|,|$))/;
const BROTLI = /\bbr\b(?!\s*;\s*q=0(?:\.0*)?(?:\s|,|$))/;

function accepts(request: IncomingMessage, encoding: RegExp): boolean {
  const accepted = request.headers['accept-encoding'];
  return typeof accepted === 'string' && encoding.test(accepted);
}

function cachingOf({ immutable, cache = 0 }: Asset): string {
  if (immutable) return 'public, max-age=31536000, immutable';
  return cache === 0 ? 'no-cache' : `public, max-age=${Math.floor(cache / 1000)}`;
}

function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: OutgoingHttpHeaders = {},
): void {
  send(response, status, `${text}\n`, { 'content-type': 'text/plain; charset=utf-8', ...headers });
}

/** Node omits the body of an answer to HEAD by itself. */
function send(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  headers: OutgoingHttpHeaders,
): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
}

/** Explains a malformed request, by the code of Node's error. */
const UNREADABLE: Readonly<Record<string, readonly [status: string, why: string]>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'the headers are longer than 16 KiB. Often that is cookies: the router needs none.',
  ],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Payload Too Large', 'the chunk extensions are too long.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the request took too long to arrive.'],
};
const MALFORMED = [
  '400 Bad Request',
  'this is no HTTP request. For TLS, the listener needs the key `tls`; RawSocket clients begin with the octet 7F.',
] as const;

/** Answers malformed requests with an explanation, and logs them. */
export function answerUnreadable(server: Server, log: Log): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const { code = '' } = error;
    // The client has gone, or an answer has begun; TLS errors are logged by the router.
    if (code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0 || !isParserError(code)) {
      socket.destroy();
      return;
    }
    const [status, why] = UNREADABLE[code] ?? MALFORMED;
    log('info', 'HTTP request refused', {
      code: 'http_refused',
      status: Number.parseInt(status),
      reason: code,
      address: socket.remoteAddress,
    });
    const body = `${status}: ${why}\n`;
    const lines = [
      `HTTP/1.1 ${status}`,
      'Connection: close',
      'Content-Type: text/plain; charset=utf-8',
      'X-Content-Type-Options: nosniff',
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
  });
}

/**
 * Refuses HTTP/1.1 requests without a Host header (RFC 9112 §3.2) with an explanation and a log entry. Call it last,
 * because it runs before all other request handlers. Node's own check, which answers with a status only, has to be
 * turned off.
 */
export function requireHost(server: Server, log: Log): void {
  const others = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (request.headers.host !== undefined || request.httpVersion === '1.0') {
      for (const other of others) other.call(server, request, response);
      return;
    }
    const reason = 'the request has no header Host';
    const { remoteAddress: address } = request.socket;
    log('info', 'HTTP request refused', { code: 'http_refused', status: 400, reason, address });
    response.shouldKeepAlive = false;
    sendText(response, 400, `400 Bad Request: ${reason}. HTTP/1.1 has exactly one (RFC 9112 §3.2).`, {
      'x-content-type-options': 'nosniff',
    });
  });
}

function isParserError(code: string): boolean {
  return code.startsWith('HPE_') || code === 'ERR_HTTP_REQUEST_TIMEOUT';
}
