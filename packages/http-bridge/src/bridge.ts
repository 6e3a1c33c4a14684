/** The bridge: requests of HTTP become requests of WAMP sessions, which authenticate and are authorized as clients are. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { ApplicationError } from '@wamp/protocol';
import { HttpEntrance, type Crossing, type HttpGuest, type LocalSession, type Router } from '@wamp/router';
import { answerFor, send, type Answer } from './answers.ts';
import { shownBy } from './credentials.ts';
import { mediaAccepted, mediaFor, type Media } from './media.ts';
import { bridgeMetrics, type BridgeMetrics } from './metrics.ts';
import { settingsOf, type BridgeOptions, type BridgeSettings } from './options.ts';
import { call, publish, type Operation } from './posted.ts';
import { malformedBody, NO_CREDENTIALS, NOT_SPOKEN, NOTHING_HERE } from './refusals.ts';
import { SharedSessions } from './sessions.ts';
import { errorOf, statusOf, statusOfLogin } from './status.ts';

/** What {@link bridgeHttp} started. */
export interface HttpBridge {
  /** Answers no more requests of the server, and has the sessions leave. */
  close(): void;
}

/** A request that is being answered. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

const POSTS: Crossing = { methods: ['POST'], headers: ['authorization', 'content-type'] };
const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['call', call],
  ['publish', publish],
]);

/**
 * Answers requests below a path of an HTTP server for a realm of `router`.
 * @throws TypeError for a path or an origin that cannot be one
 */
export function bridgeHttp(router: Router, options: BridgeOptions): HttpBridge {
  const bridge = new Bridge(router, options);
  const { server } = options;
  const { path } = bridge.settings;
  const others = server.listeners('request') as RequestListener[];
  const listener: RequestListener = (request, response) => {
    const [asked = ''] = (request.url ?? '').split('?', 1);
    if (asked.startsWith(`${path}/`) || others.length === 0) bridge.serve({ request, response }, asked);
    else for (const other of others) other.call(server, request, response);
  };
  server.removeAllListeners('request');
  server.on('request', listener);
  return {
    close() {
      bridge.close();
    },
  };
}

class Bridge {
  readonly settings: BridgeSettings;
  readonly #router: Router;
  readonly #entrance: HttpEntrance;
  readonly #sessions: SharedSessions;
  readonly #metrics: BridgeMetrics;

  constructor(router: Router, options: BridgeOptions) {
    this.settings = settingsOf(router, options);
    this.#router = router;
    this.#entrance = new HttpEntrance(router, options);
    const { sessionIdle: idle, sessions: most } = this.settings;
    this.#sessions = new SharedSessions(router.clock, { idle, most });
    this.#metrics = bridgeMetrics(router);
  }

  close(): void {
    this.#entrance.close();
    this.#sessions.close();
  }

  /** @param path of the request, without its query */
  serve(exchange: Exchange, path: string): void {
    const name = path.slice(this.settings.path.length + 1);
    const operation = OPERATIONS.get(name);
    this.#count(exchange.response, operation === undefined ? 'other' : name);
    if (operation === undefined) this.#entrance.refuse(exchange.request, exchange.response, NOTHING_HERE);
    else void this.#post(exchange, operation);
  }

  async #post(exchange: Exchange, operation: Operation): Promise<void> {
    const { request, response } = exchange;
    const guest = this.#entrance.admit(request, response, POSTS);
    if (guest === undefined) return;
    const media =
      request.headers['content-encoding'] === undefined && mediaFor(request.headers['content-type']);
    if (media === undefined || media === false) {
      this.#entrance.refuse(request, response, NOT_SPOKEN);
      return;
    }
    const { bodySize: size, bodyTimeout: time } = this.settings;
    const body = await this.#entrance.read(request, { size, time });
    if ('status' in body) {
      this.#entrance.refuse(request, response, body);
      return;
    }
    try {
      await this.#operate(exchange, guest, operation, { media, bytes: body.bytes });
    } finally {
      body.release();
    }
  }

  async #operate(
    { request, response }: Exchange,
    guest: HttpGuest,
    operation: Operation,
    { media, bytes }: { readonly media: Media; readonly bytes: Uint8Array },
  ): Promise<void> {
    const shown = shownBy(request, guest, this.settings.cookie);
    const wanted = valueIn(media, bytes);
    if (shown === undefined || wanted === undefined) {
      this.#entrance.refuse(request, response, shown === undefined ? NO_CREDENTIALS : malformedBody(media));
      return;
    }
    const { credentials, key } = shown;
    const gone = new AbortController();
    response.once('close', () => {
      gone.abort();
    });
    const terms = { clock: this.#router.clock, callTimeout: this.settings.callTimeout, gone: gone.signal };
    const answer = await this.#answer(
      this.#sessions.use(
        key,
        () => this.#logIn(guest, credentials),
        async (session) => ({ status: 200, body: await operation(session, wanted.value, terms) }),
      ),
    );
    if (!response.destroyed) send(response, mediaAccepted(request.headers.accept, media), answer);
  }

  /** The answer of a task; for what it rejects with, the answer for that error. */
  async #answer(task: Promise<Answer>): Promise<Answer> {
    try {
      return await task;
    } catch (error) {
      if (error instanceof LoginRefused) return this.#challenge(error);
      if (!(error instanceof ApplicationError)) {
        this.#router.log('error', 'HTTP bridge failed', { code: 'http_bridge_failed', error });
      }
      const told = errorOf(error);
      return answerFor(told, statusOf(told));
    }
  }

  /** RFC 9110 §11.6.1: says how to authenticate. */
  #challenge({ refusal }: LoginRefused): Answer {
    const answer = answerFor(refusal, statusOfLogin(refusal));
    if (answer.status !== 401) return answer;
    const realm = JSON.stringify(this.settings.realm);
    const challenge = `Bearer realm=${realm}, Basic realm=${realm}, charset="UTF-8"`;
    return { ...answer, headers: { 'www-authenticate': challenge } };
  }

  async #logIn(
    { peer, underlay }: HttpGuest,
    credentials: Parameters<Router['logIn']>[1],
  ): Promise<LocalSession> {
    try {
      return await this.#router.logIn(this.settings.realm, credentials, { peer, underlay });
    } catch (error) {
      throw error instanceof ApplicationError ? new LoginRefused(error) : error;
    }
  }

  #count(response: ServerResponse, operation: string): void {
    response.once('close', () => {
      const status = response.headersSent ? String(response.statusCode) : 'aborted';
      this.#metrics.requests.of(operation, status).add();
    });
  }
}

/** A log-in was refused, and no request. */
class LoginRefused extends Error {
  readonly refusal: ApplicationError;

  constructor(refusal: ApplicationError) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** The value of a body; undefined when it is malformed. */
function valueIn(media: Media, bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: media.read(bytes) };
  } catch {
    return undefined;
  }
}
