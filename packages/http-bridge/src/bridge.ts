/** The bridge: converts HTTP requests to requests of WAMP sessions, which are authenticated and authorized like clients. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import {
  HttpEntrance,
  type Clock,
  type Crossing,
  type HttpGuest,
  type LocalSession,
  type Router,
} from '@wamp/router';
import { send, type Answer } from './answers.ts';
import { shownBy } from './credentials.ts';
import { Door } from './door.ts';
import { eventQueryOf, type EventQuery } from './event-query.ts';
import { EventStream } from './event-stream.ts';
import { JSON_MEDIA, mediaAccepted, mediaFor, type Media } from './media.ts';
import { bridgeMetrics, type BridgeMetrics } from './metrics.ts';
import { openApiOf } from './open-api.ts';
import { settingsOf, type BridgeOptions, type BridgeSettings } from './options.ts';
import { call, publish, type Operation } from './posted.ts';
import { malformedBody, NO_CREDENTIALS, NOT_SPOKEN, NOTHING_HERE } from './refusals.ts';
import { SharedSessions } from './sessions.ts';

/** What {@link bridgeHttp} started. */
export interface HttpBridge {
  /** Makes every principal log in again with its next request. Call it when credentials have changed. */
  renew(): void;
  /** Stops answering requests of the server, and ends the sessions. */
  close(): void;
}

/** A request that is being answered. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

const POSTS: Crossing = { methods: ['POST'], headers: ['authorization', 'content-type'] };
const READS: Crossing = { methods: ['GET'], headers: ['authorization', 'last-event-id', 'cache-control'] };
const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['call', call],
  ['publish', publish],
]);

/**
 * Answers requests below a path of an HTTP server for a realm of `router`.
 * @throws TypeError for an invalid path or origin
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
    renew() {
      bridge.renew();
    },
    close() {
      bridge.close();
    },
  };
}

class Bridge {
  readonly settings: BridgeSettings;
  readonly #clock: Clock;
  readonly #door: Door;
  readonly #entrance: HttpEntrance;
  readonly #sessions: SharedSessions;
  readonly #metrics: BridgeMetrics;

  constructor(router: Router, options: BridgeOptions) {
    this.settings = settingsOf(router, options);
    this.#clock = router.clock;
    this.#door = new Door(router, this.settings.realm);
    this.#entrance = new HttpEntrance(router, options);
    const { sessionIdle: idle, sessionAge: age, sessions: most } = this.settings;
    this.#sessions = new SharedSessions(router.clock, { idle, age, most });
    this.#metrics = bridgeMetrics(router);
  }

  renew(): void {
    this.#sessions.renew();
  }

  close(): void {
    this.#entrance.close();
    this.#sessions.close();
  }

  /** @param path the path of the request, without its query */
  serve(exchange: Exchange, path: string): void {
    const name = path.slice(this.settings.path.length + 1);
    const operation = OPERATIONS.get(name);
    const isOther = operation === undefined && name !== 'subscribe';
    this.#count(exchange.response, isOther ? 'other' : name);
    if (operation !== undefined) void this.#post(exchange, operation);
    else if (name === 'subscribe') void this.#subscribe(exchange);
    else if (name === 'openapi.json') this.#describe(exchange);
    else this.#entrance.refuse(exchange.request, exchange.response, NOTHING_HERE);
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
    const terms = { clock: this.#clock, callTimeout: this.settings.callTimeout, gone: gone.signal };
    const answer = await this.#sessions
      .use(
        key,
        () => this.#door.logIn(guest, credentials),
        async (session): Promise<Answer> => ({
          status: 200,
          body: await operation(session, wanted.value, terms),
        }),
      )
      .catch((error: unknown) => this.#door.refusal(error));
    if (!response.destroyed) send(response, mediaAccepted(request.headers.accept, media), answer);
  }

  #describe({ request, response }: Exchange): void {
    if (this.#entrance.admit(request, response, READS) === undefined) return;
    send(response, JSON_MEDIA, { status: 200, body: openApiOf(this.settings) });
  }

  async #subscribe({ request, response }: Exchange): Promise<void> {
    const guest = this.#entrance.admit(request, response, READS);
    if (guest === undefined) return;
    const query = eventQueryOf(request);
    const shown = shownBy(request, guest, this.settings.cookie);
    if ('status' in query || shown === undefined) {
      this.#entrance.refuse(request, response, 'status' in query ? query : NO_CREDENTIALS);
      return;
    }
    try {
      const session = await this.#door.logIn(guest, shown.credentials);
      await this.#stream(session, response, query);
    } catch (error) {
      const answer = this.#door.refusal(error);
      if (response.headersSent) response.destroy();
      else send(response, JSON_MEDIA, answer);
    }
  }

  async #stream(session: LocalSession, response: ServerResponse, query: EventQuery): Promise<void> {
    const { heartbeat } = this.settings;
    this.#metrics.streams.add(1);
    try {
      if (response.destroyed) return;
      await new EventStream(response, session, query, { clock: this.#clock, heartbeat }).run();
    } finally {
      this.#metrics.streams.add(-1);
      session.leave();
    }
  }

  #count(response: ServerResponse, operation: string): void {
    response.once('close', () => {
      const status = response.headersSent ? String(response.statusCode) : 'aborted';
      this.#metrics.requests.of(operation, status).add();
    });
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
