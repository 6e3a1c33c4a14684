/** HTTP long-poll transports, accepted on an HTTP server (spec: HTTP Longpoll Transport). */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Server as NetServer } from 'node:net';
import type { Serializer } from '@wamp/protocol';
import type { Place } from '../connection/place.ts';
import { Account } from '../core/account.ts';
import { hostOf, type Host, type Router } from '../host.ts';
import { countConnections, placeOf } from './accepting.ts';
import { Forwarding, type ForwardingRules } from './forwarding.ts';
import { boundAddress } from './listening.ts';
import { LongPollChannel, readCounted, refusalOf } from './long-poll-channel.ts';
import { LongPollTransport } from './long-poll-transport.ts';
import { OpenSet } from './open-set.ts';
import { originAllowed, Origins } from './origin.ts';
import { peerText, type PeerAddress } from './peer-address.ts';
import { logRefusal, refusalHeaders, refusalText, type Refusal } from './refusal.ts';
import * as Refusals from './refusals.ts';
import { choose, DEFAULT_SERIALIZERS, subprotocolsOf, type Subprotocol } from './subprotocol.ts';
import { underlayOf } from './underlay.ts';

/** Times in ms, sizes in bytes. */
export interface LongPollOptions {
  /**
   * The server whose requests are taken. Its request listeners so far get those for other paths; what is
   * added later hears of all.
   */
  readonly server: Server | HttpsServer;
  /** Where `open` is; `/lp` by default. */
  readonly path?: string;
  /** Origins of web pages that may connect beside those of this host; none by default. {@link isOriginRule} explains them. */
  readonly origins?: readonly string[];
  /** What is spoken, one by one and in batches; JSON, MessagePack and CBOR by default. */
  readonly serializers?: readonly Serializer[];
  /** The server that listens, when that is not `server` but one that shares its port (`shareOnePort`). */
  readonly listener?: NetServer;
  /**
   * The HTTP status of `send` and `close` when they went well. The specification says "202 (no content)":
   * 202, the default, is its number, and 204 its words, which some clients insist on.
   */
  readonly successStatus?: 202 | 204;
  /** How long `receive` is held before it is answered with nothing; 10,000 by default. */
  readonly pollTimeout?: number;
  /** How long a client may go without any request before its channel is closed; 30,000 by default. */
  readonly idleTimeout?: number;
  /** The longest body of `send`; the router's `limits.messageSize` by default. */
  readonly maxBodySize?: number;
  /** Proxies that say in a header for whom they ask; none by default. */
  readonly proxies?: ForwardingRules;
}

/** What {@link acceptLongPolls} started. */
export interface LongPollAcceptor {
  /** Opens no more channels; resolves when the last one is closed. */
  close(): Promise<void>;
}

/** A request that is being answered. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * Lets long-poll clients of `server` into `router`.
 * @throws TypeError when an entry of `origins` can never match
 */
export function acceptLongPolls(router: Router, options: LongPollOptions): LongPollAcceptor {
  const host = hostOf(router);
  const { server, path = '/lp' } = options;
  const polls = new LongPolls(host, options);
  const others = server.listeners('request') as RequestListener[];
  const listener: RequestListener = (request, response) => {
    const [asked = ''] = (request.url ?? '').split('?', 1); // LP-5: `?x=…` only keeps caches away
    if (asked.startsWith(`${path}/`)) void polls.serve({ request, response }, asked.slice(path.length + 1));
    else if (others.length === 0) answerRefused(response, Refusals.NOTHING_HERE);
    else for (const other of others) other.call(server, request, response);
  };
  server.removeAllListeners('request');
  server.on('request', listener);
  const ignore = countConnections(host, server);
  return {
    close() {
      ignore();
      return polls.close();
    },
  };
}

/** All channels of one acceptor, and the way to each. */
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

  /** @param place `open`, or the id of a channel and what is wanted of it */
  async serve(exchange: Exchange, place: string): Promise<void> {
    const { request, response } = exchange;
    // What goes wrong with either ends in 'close'; unheard, 'error' would end the process.
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

  /** Origin and method; a page of an allowed origin may ask in advance what it may do (CORS). */
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

  /** LP-1: agrees on a protocol, and opens a channel. */
  async #begin(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const { limits } = this.#router;
    // Before there is a session, a client has as long for it as for HELLO, and what others keep is none of its concern.
    const account = new Account(Infinity);
    const bounds = { size: limits.handshakeSize, account, time: limits.helloTimeout };
    const body = await readCounted(this.#router, request, bounds);
    account.release(account.used);
    if (!(body instanceof Uint8Array)) {
      this.#refuse(exchange, refusalOf(body));
      return;
    }
    const subprotocol = choose(protocolsIn(body), this.#spoken);
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

  /** @returns its id, which nobody can guess: who knows it, is the client */
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
    // Each request may come over a connection of its own: there is none to bind a login to.
    const { channelBinding: _, ...underlay } = underlayOf(request.socket, peer);
    this.#router.open(transport, description, underlay, place);
    return id;
  }

  async #act(channel: LongPollChannel, action: string | undefined, exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const { successStatus = 202 } = this.#options;
    const { transport } = channel;
    // The connection serves a channel now, which has a place of its own.
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

  #refuse({ request, response }: Exchange, refusal: Refusal): void {
    const { path = '/lp' } = this.#options;
    const [asked = ''] = (request.url ?? '').split('?', 1);
    const [first = '', ...rest] = asked.slice(path.length + 1).split('/');
    const peer = this.#forwarding.clientOf(request);
    // Who knows the id of a channel is its client: it has no place in a log.
    const logged = [path, first === 'open' ? first : '*', ...rest].join('/');
    logRefusal(this.#router.log, 'long-poll refused', refusal, { request, peer, path: logged });
    answerRefused(response, refusal);
  }
}

/** Who opens a channel. */
interface Guest {
  readonly peer: PeerAddress;
  readonly place: Place;
}

/** Waits for a slot as long as the client does. */
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

/** The protocols that a client offers; none when the body is not what it should be. */
function protocolsIn(body: Uint8Array): readonly unknown[] {
  try {
    const offer: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (typeof offer !== 'object' || offer === null || !('protocols' in offer)) return [];
    return Array.isArray(offer.protocols) ? offer.protocols : [];
  } catch {
    return [];
  }
}

function answerRefused(response: ServerResponse, refusal: Refusal): void {
  // A listener that was added later may have been faster.
  if (response.headersSent) return;
  const text = refusalText(refusal);
  const headers = { ...refusalHeaders(refusal), 'Content-Length': Buffer.byteLength(text) };
  response.writeHead(refusal.status, headers).end(text);
}

/** @param json the body, if there is any */
function answer(response: ServerResponse, status: number, json = ''): void {
  // A listener that was added later may have been faster.
  if (response.headersSent) return;
  response.setHeader('cache-control', 'no-store');
  if (json !== '') response.setHeader('content-type', 'application/json');
  if (status !== 204) response.setHeader('content-length', Buffer.byteLength(json));
  response.writeHead(status).end(json);
}
