/** HTTP long-poll transports, accepted on an HTTP server (spec: HTTP Longpoll Transport). */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Server as NetServer } from 'node:net';
import type { Serializer } from '@wamp/protocol';
import type { EntranceRules } from '../auth/authenticator.ts';
import type { Place } from '../connection/place.ts';
import { Account } from '../core/account.ts';
import { hostOf, type Host, type Router } from '../host.ts';
import { countConnections, placeOf } from './accepting.ts';
import { Forwarding, type ForwardingRules } from './forwarding.ts';
import { boundAddress } from './listening.ts';
import { LongPollChannel, readCounted, httpRefusalOf } from './long-poll-channel.ts';
import { LongPollTransport } from './long-poll-transport.ts';
import { OpenSet } from './open-set.ts';
import { originAllowed, Origins } from './origin.ts';
import { peerText, type PeerAddress } from './peer-address.ts';
import { logRefusal, refusalHeaders, refusalText, type HttpRefusal } from './refusal.ts';
import * as Refusals from './refusals.ts';
import { chooseSubprotocol, DEFAULT_SERIALIZERS, subprotocolsOf, type Subprotocol } from './subprotocol.ts';
import { underlayOf } from './underlay.ts';

/** Times in ms, sizes in bytes. */
export interface LongPollOptions {
  /**
   * The server whose requests are served. Its existing request listeners get the requests for other paths; listeners
   * added later get all.
   */
  readonly server: Server | HttpsServer;
  /** The path of `open`; `/lp` by default. */
  readonly path?: string;
  /**
   * Origins of web pages that may connect, in addition to those of this host; none by default. {@link isOriginRule}
   * explains them.
   */
  readonly origins?: readonly string[];
  /** The serializers, each with and without batching; JSON, MessagePack and CBOR by default. */
  readonly serializers?: readonly Serializer[];
  /** The server that listens, if that is not `server` but one that shares its port (`shareOnePort`). */
  readonly listener?: NetServer;
  /**
   * The HTTP status of successful `send` and `close` requests. The specification says "202 (no content)": the default
   * is 202, its number; some clients insist on 204, its words.
   */
  readonly successStatus?: 202 | 204;
  /** How long `receive` is held before it gets an empty answer; 10,000 by default. */
  readonly pollTimeout?: number;
  /** The time without any request after which a channel is closed; 30,000 by default. */
  readonly idleTimeout?: number;
  /** The longest body of `send`; the router's `limits.messageSize` by default. */
  readonly maxBodySize?: number;
  /** Trusted proxies, which name the client in a header; none by default. */
  readonly proxies?: ForwardingRules;
  /** Restricts the clients that are accepted; by default all that the realm admits. */
  readonly entrance?: EntranceRules;
}

/** What {@link acceptLongPolls} started. */
export interface LongPollAcceptor {
  /** Stops opening channels; resolves when the last one is closed. */
  close(): Promise<void>;
}

/** A request that is being answered. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * Accepts long-poll clients of `server` for `router`.
 * @throws TypeError when an entry of `origins` can never match
 */
export function acceptLongPolls(router: Router, options: LongPollOptions): LongPollAcceptor {
  const host = hostOf(router);
  const { server, path = '/lp' } = options;
  const polls = new LongPolls(host, options);
  const others = server.listeners('request') as RequestListener[];
  const listener: RequestListener = (request, response) => {
    const [asked = ''] = (request.url ?? '').split('?', 1); // LP-5: `?x=…` only prevents caching
    if (asked.startsWith(`${path}/`)) void polls.serve({ request, response }, asked.slice(path.length + 1));
    else if (others.length === 0) answerRefused(response, Refusals.NOTHING_HERE);
    else for (const other of others) other.call(server, request, response);
  };
  server.removeAllListeners('request');
  server.on('request', listener);
  const stopCounting = countConnections(host, server);
  return {
    close() {
      stopCounting();
      return polls.close();
    },
  };
}

/** The channels of one acceptor, and the requests for them. */
class LongPolls {
  readonly #router: Host;
  readonly #options: LongPollOptions;
  readonly #spoken: readonly Subprotocol[];
  readonly #channels = new Map<string, LongPollChannel>();
  readonly #open = new OpenSet<string>();
  readonly #forwarding: Forwarding;
  readonly #origins: Origins;
  #closing = false;

  constructor(router: Host, options: LongPollOptions) {
    this.#router = router;
    this.#options = options;
    this.#forwarding = new Forwarding(options.proxies);
    router.admission.trust(this.#forwarding.proxies);
    this.#origins = new Origins(options.origins ?? []);
    this.#spoken = subprotocolsOf(options.serializers ?? DEFAULT_SERIALIZERS);
  }

  close(): Promise<void> {
    this.#closing = true;
    return this.#open.empty();
  }

  /** @param place `open`, or the id of a channel and the action */
  async serve(exchange: Exchange, place: string): Promise<void> {
    const { request, response } = exchange;
    // 'close' follows every error; without a listener, 'error' would end the process.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    if (!this.#admit(exchange)) return;
    if (place === 'open') {
      await this.#begin(exchange);
      return;
    }
    const [id = '', action, ...rest] = place.split('/');
    const channel = this.#channels.get(id);
    if (channel === undefined || rest.length > 0) this.#refuse(exchange, Refusals.NO_SUCH_CHANNEL);
    else await this.#act(channel, action, exchange);
  }

  /** Checks origin and method; answers the preflight request of an allowed origin (CORS). */
  #admit(exchange: Exchange): boolean {
    const { request, response } = exchange;
    const { listener, server } = this.#options;
    const { origin } = request.headers;
    if (!originAllowed(request.headers, boundAddress(listener ?? server), this.#origins)) {
      this.#refuse(exchange, Refusals.FOREIGN_ORIGIN);
      return false;
    }
    if (origin !== undefined) {
      response.setHeader('access-control-allow-origin', origin);
      response.setHeader('access-control-allow-credentials', 'true');
      response.setHeader('vary', 'origin');
    }
    if (request.method === 'POST') return true;
    response.setHeader('allow', 'POST, OPTIONS');
    if (request.method === 'OPTIONS') {
      response.setHeader('access-control-allow-methods', 'POST');
      response.setHeader('access-control-allow-headers', 'content-type');
      answer(response, 204);
    } else this.#refuse(exchange, Refusals.LONG_POLL_METHOD);
    return false;
  }

  /** LP-1: negotiates a protocol, and opens a channel. */
  async #begin(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const { limits } = this.#router;
    // Before there is a session, the body has the time limit of HELLO, and does not count in the accounts of the router.
    const account = new Account(Infinity);
    const bounds = { size: limits.handshakeSize, account, time: limits.helloTimeout };
    const body = await readCounted(this.#router, request, bounds);
    account.release(account.used);
    if (!(body instanceof Uint8Array)) {
      this.#refuse(exchange, httpRefusalOf(body));
      return;
    }
    const subprotocol = chooseSubprotocol(protocolsIn(body), this.#spoken);
    if (subprotocol === undefined) this.#refuse(exchange, Refusals.NOTHING_IN_COMMON);
    else if (this.#closing) this.#refuse(exchange, Refusals.CLOSING);
    else {
      const peer = this.#forwarding.clientOf(request);
      if (peer === undefined) {
        this.#refuse(exchange, Refusals.FORWARDED_WRONGLY);
        return;
      }
      const place = this.#router.admission.place(peer.address);
      if (!(await mayBegin(place, response))) {
        if (!response.destroyed) this.#refuse(exchange, Refusals.OVERLOADED);
        return;
      }
      const transport = this.#openChannel(subprotocol, request, { peer, place });
      answer(response, 200, JSON.stringify({ protocol: subprotocol.name, transport }));
    }
  }

  /** Opens a channel. @returns its id, which is random and secret, because the id suffices to use the channel */
  #openChannel(subprotocol: Subprotocol, request: IncomingMessage, { peer, place }: Guest): string {
    const { clock, queue, limits } = this.#router;
    const { pollTimeout = 10_000, idleTimeout = 30_000, maxBodySize = limits.messageSize } = this.#options;
    const id = randomBytes(18).toString('base64url');
    const terms = { subprotocol, pollTimeout, idleTimeout, maxBodySize, clock, queue };
    const transport = new LongPollTransport(terms, () => {
      this.#channels.delete(id);
      this.#open.delete(id);
    });
    this.#open.add(id);
    const bodies = new Account(limits.longPollSize, place.share.client?.kept ?? this.#router.kept.ofSessions);
    this.#channels.set(id, new LongPollChannel(this.#router, transport, bodies, idleTimeout));
    const description = { type: 'longpoll', protocol: subprotocol.name, peer: peerText(peer) };
    // Each request may use another connection, so there is no channel binding.
    const { channelBinding: _, ...underlay } = underlayOf(request.socket, peer, this.#options.entrance);
    this.#router.open(transport, description, underlay, place);
    return id;
  }

  async #act(channel: LongPollChannel, action: string | undefined, exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const { successStatus = 202 } = this.#options;
    const { transport } = channel;
    // The connection now serves a channel, which has its own place.
    placeOf(this.#router, request.socket).joined();
    transport.attend(response);
    if (action === 'receive') {
      request.resume();
      if (!transport.receive(response)) this.#refuse(exchange, Refusals.NO_SUCH_CHANNEL);
    } else if (action === 'close') {
      request.resume();
      transport.end('closed by the peer');
      answer(response, successStatus);
    } else if (action === 'send') {
      const refusal = await channel.take(request);
      if (refusal === undefined) answer(response, successStatus);
      else this.#refuse(exchange, refusal);
    } else this.#refuse(exchange, Refusals.NOTHING_HERE);
  }

  #refuse({ request, response }: Exchange, refusal: HttpRefusal): void {
    const { path = '/lp' } = this.#options;
    const [asked = ''] = (request.url ?? '').split('?', 1);
    const [first = '', ...rest] = asked.slice(path.length + 1).split('/');
    const peer = this.#forwarding.clientOf(request);
    // The id of a channel is a secret and must not appear in a log.
    const logged = [path, first === 'open' ? first : '*', ...rest].join('/');
    logRefusal(this.#router.log, 'longpoll_refused', refusal, { request, peer, path: logged });
    answerRefused(response, refusal);
  }
}

/** A client that opens a channel. */
interface Guest {
  readonly peer: PeerAddress;
  readonly place: Place;
}

/** Waits for a slot until the client disconnects. */
function mayBegin(place: Place, response: ServerResponse): Promise<boolean> {
  return new Promise((resolve) => {
    const gone = (): void => {
      place.gone();
      resolve(false);
    };
    const settle = (isAdmitted: boolean): void => {
      response.off('close', gone);
      resolve(isAdmitted);
    };
    response.once('close', gone);
    place.ask({ begin: () => settle(true), refuse: () => settle(false) });
  });
}

/** The protocols that a client offers; empty when the body is malformed. */
function protocolsIn(body: Uint8Array): readonly unknown[] {
  try {
    const offer: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (typeof offer !== 'object' || offer === null || !('protocols' in offer)) return [];
    return Array.isArray(offer.protocols) ? offer.protocols : [];
  } catch {
    return [];
  }
}

function answerRefused(response: ServerResponse, refusal: HttpRefusal): void {
  // A listener that was added later may have answered first.
  if (response.headersSent) return;
  const text = refusalText(refusal);
  const headers = { ...refusalHeaders(refusal), 'Content-Length': Buffer.byteLength(text) };
  response.writeHead(refusal.status, headers).end(text);
}

/** @param json the body, if there is any */
function answer(response: ServerResponse, status: number, json = ''): void {
  // A listener that was added later may have answered first.
  if (response.headersSent) return;
  response.setHeader('cache-control', 'no-store');
  if (json !== '') response.setHeader('content-type', 'application/json');
  if (status !== 204) response.setHeader('content-length', Buffer.byteLength(json));
  response.writeHead(status).end(json);
}
