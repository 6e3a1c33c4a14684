/** The entrance for HTTP requests of bridges: origins, proxies, bodies and refusals, as for the transports. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Server as NetServer } from 'node:net';
import type { Dict } from '@wamp/protocol';
import type { EntranceRules, Underlay } from '../auth/authenticator.ts';
import { Account } from '../core/account.ts';
import { hostOf, type Host, type Router } from '../host.ts';
import { countConnections, placeOf } from './accepting.ts';
import { readBody } from './body.ts';
import { Forwarding, type ForwardingRules } from './forwarding.ts';
import { boundAddress } from './listening.ts';
import { originAllowed, Origins } from './origin.ts';
import { peerText } from './peer-address.ts';
import { logRefusal, refusalHeaders, refusalText, type HttpRefusal } from './refusal.ts';
import * as Refusals from './refusals.ts';
import { underlayOf } from './underlay.ts';

/** Options of {@link HttpEntrance}. */
export interface HttpEntranceOptions {
  /** The server whose requests are served. */
  readonly server: Server | HttpsServer;
  /** The server that listens, if that is not `server` but one that shares its port (`shareOnePort`). */
  readonly listener?: NetServer;
  /** Origins of web pages that may send requests, in addition to those of this host ({@link isOriginRule}); none by default. */
  readonly origins?: readonly string[];
  /** Trusted proxies, which name the client in a header; none by default. */
  readonly proxies?: ForwardingRules;
  /** Restricts the clients that are accepted; by default all that the realm admits. */
  readonly entrance?: EntranceRules;
}

/** The client of an admitted HTTP request. */
export interface HttpGuest {
  /** Describes the connection in the session meta API: `{ type: 'http', peer: 'tcp:192.0.2.1:50000' }`. */
  readonly peer: Dict;
  /** Describes the connection to authenticators only. */
  readonly underlay: Underlay;
}

/** The requests that a page of another origin may send (CORS). */
export interface Crossing {
  /** The allowed methods, such as `['POST']`; the entrance itself answers OPTIONS. */
  readonly methods: readonly string[];
  /** The headers that the page may set, in lower case. */
  readonly headers: readonly string[];
}

/** The limits of a body. */
export interface EntranceBounds {
  /** The maximum size (bytes). */
  readonly size: number;
  /** The time that it may take to arrive (ms). */
  readonly time: number;
}

/** A body, and the function that releases its memory. */
export interface ReadBody {
  readonly bytes: Uint8Array;
  release(): void;
}

/**
 * Checks the requests of one HTTP server by the same rules as the transports, and refuses them with the same texts.
 * @throws TypeError when an entry of `origins` can never match
 */
export class HttpEntrance {
  readonly #host: Host;
  readonly #options: HttpEntranceOptions;
  readonly #forwarding: Forwarding;
  readonly #origins: Origins;
  readonly #ignore: () => void;

  constructor(router: Router, options: HttpEntranceOptions) {
    this.#host = hostOf(router);
    this.#options = options;
    this.#forwarding = new Forwarding(options.proxies);
    this.#host.admission.trust(this.#forwarding.proxies);
    this.#origins = new Origins(options.origins ?? []);
    this.#ignore = countConnections(this.#host, options.server);
  }

  /** Stops counting the connections of the server. */
  close(): void {
    this.#ignore();
  }

  /**
   * Checks origin, method and proxies, and sets the headers that CORS asks for.
   * @returns undefined when the request has been answered: refused, or an OPTIONS
   */
  admit(request: IncomingMessage, response: ServerResponse, crossing: Crossing): HttpGuest | undefined {
    // 'close' follows every error; without a listener, 'error' would end the process.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    if (!this.#mayAsk(request)) {
      this.refuse(request, response, Refusals.FOREIGN_ORIGIN);
      return undefined;
    }
    if (!this.#cross(request, response, crossing)) return undefined;
    const peer = this.#forwarding.clientOf(request);
    if (peer === undefined) {
      this.refuse(request, response, Refusals.FORWARDED_WRONGLY);
      return undefined;
    }
    // The requests of a connection have their own slots, which their log-ins take.
    placeOf(this.#host, request.socket).joined();
    // Each request may use another connection, so there is no channel binding.
    const { channelBinding: _, ...underlay } = underlayOf(request.socket, peer, this.#options.entrance);
    return { peer: { type: 'http', peer: peerText(peer) }, underlay };
  }

  /** Reads the body of a request. Its bytes are reserved on an account of the router until the body is released. */
  async read(request: IncomingMessage, { size, time }: EntranceBounds): Promise<ReadBody | HttpRefusal> {
    const { clock, kept } = this.#host;
    const above = placeOf(this.#host, request.socket).share.client?.kept ?? kept.ofSessions;
    const account = new Account(Infinity, above);
    const release = (): void => {
      account.release(account.used);
    };
    const body = await readBody(request, { size, time, clock, account });
    if (body instanceof Uint8Array) return { bytes: body, release };
    release();
    if (body === 'late') return Refusals.LATE_REQUEST;
    if (body !== 'no-room') return Refusals.longRequest(size);
    this.#host.limited.add('http_bodies');
    return Refusals.MANY_REQUESTS;
  }

  /** Answers with a refusal, and logs it. */
  refuse(request: IncomingMessage, response: ServerResponse, refusal: HttpRefusal): void {
    const [path = ''] = (request.url ?? '').split('?', 1);
    const peer = this.#forwarding.clientOf(request);
    logRefusal(this.#host.log, 'http_refused', refusal, { request, peer, path });
    request.resume();
    // A listener that was added later may have answered first.
    if (response.headersSent) return;
    const text = refusalText(refusal);
    const headers = { ...refusalHeaders(refusal), 'Content-Length': Buffer.byteLength(text) };
    response.writeHead(refusal.status, headers).end(text);
  }

  #mayAsk({ headers }: IncomingMessage): boolean {
    const { listener, server } = this.#options;
    return originAllowed(headers, boundAddress(listener ?? server), this.#origins);
  }

  /** Sets the CORS headers. @returns true when the request has one of the methods */
  #cross(request: IncomingMessage, response: ServerResponse, { methods, headers }: Crossing): boolean {
    const { origin } = request.headers;
    response.setHeader('vary', 'origin');
    if (origin !== undefined) {
      response.setHeader('access-control-allow-origin', origin);
      response.setHeader('access-control-allow-credentials', 'true');
      response.setHeader('access-control-expose-headers', 'retry-after, www-authenticate');
    }
    if (methods.includes(request.method ?? '')) return true;
    const allow = [...methods, 'OPTIONS'].join(', ');
    if (request.method !== 'OPTIONS') {
      this.refuse(request, response, Refusals.otherMethod(allow));
      return false;
    }
    response.writeHead(204, {
      allow,
      'access-control-allow-methods': methods.join(', '),
      'access-control-allow-headers': headers.join(', '),
      'access-control-max-age': '600',
    });
    response.end();
    return false;
  }
}
