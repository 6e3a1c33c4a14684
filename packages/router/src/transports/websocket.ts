/** WebSocket transports, accepted on an HTTP server (spec: WebSocket Transport; RFC 6455). */
import type { IncomingMessage, Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Server as NetServer, Socket } from 'node:net';
import type { Serializer, Transport } from '@wamp/protocol';
import type { EntranceRules } from '../auth/authenticator.ts';
import type { Place } from '../connection/place.ts';
import { hostOf, type Host, type Router } from '../host.ts';
import { countConnections, lineFor, placeOf } from './accepting.ts';
import { Forwarding, type ForwardingRules } from './forwarding.ts';
import { Heartbeat, type PingedPeer } from './heartbeat.ts';
import { askFor } from './holding-sockets.ts';
import { boundAddress } from './listening.ts';
import { OpenSet } from './open-set.ts';
import { originAllowed, Origins } from './origin.ts';
import { peerText, type PeerAddress } from './peer-address.ts';
import { logRefusal, refuseUpgrade, type HttpRefusal } from './refusal.ts';
import * as Refusals from './refusals.ts';
import { chooseSubprotocol, DEFAULT_SERIALIZERS, subprotocolsOf, type Subprotocol } from './subprotocol.ts';
import { underlayOf } from './underlay.ts';
import { Deflating } from './websocket-deflate.ts';
import { acceptUpgrade, offeredBy, upgradeFault, type Upgrade } from './websocket-handshake.ts';
import { WebSocketTransport } from './websocket-transport.ts';

export interface WebSocketOptions {
  /** The server whose upgrades are served: of `node:http` for `ws:`, of `node:https` for `wss:`. */
  readonly server: Server | HttpsServer;
  /** The paths that are served; `/ws` and `/` by default. Others get 404. */
  readonly paths?: readonly string[];
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
   * Whether clients may use compression (permessage-deflate, RFC 7692); false by default, because it costs far more
   * time and memory than it saves on a fast network.
   */
  readonly compression?: boolean;
  /** Trusted proxies, which name the client in a header; none by default. */
  readonly proxies?: ForwardingRules;
  /** Restricts the clients that are accepted; by default all that the realm admits. */
  readonly entrance?: EntranceRules;
  /** The longest message that is accepted from a client, in bytes; the router's `limits.messageSize` by default. */
  readonly maxMessageSize?: number;
  /** Rules of single paths, which replace `entrance` and `maxMessageSize`. These paths are served even if `paths` lacks them. */
  readonly byPath?: ReadonlyMap<string, WebSocketRules>;
}

/** The options that may differ from path to path. */
export type WebSocketRules = Pick<WebSocketOptions, 'entrance' | 'maxMessageSize'>;

/** What {@link acceptWebSockets} started. */
export interface WebSocketAcceptor {
  /** Stops accepting upgrades; resolves when the last socket is closed. */
  close(): Promise<void>;
}

/**
 * Accepts WebSocket clients of `server` for `router`.
 * @throws TypeError when an entry of `origins` can never match
 */
export function acceptWebSockets(router: Router, options: WebSocketOptions): WebSocketAcceptor {
  const host = hostOf(router);
  const { server, serializers = DEFAULT_SERIALIZERS, byPath = new Map<string, WebSocketRules>() } = options;
  const paths = new Set([...(options.paths ?? ['/ws', '/']), ...byPath.keys()]);
  const spoken = subprotocolsOf(serializers);
  const origins = new Origins(options.origins ?? []);
  const forwarding = new Forwarding(options.proxies);
  host.admission.trust(forwarding.proxies);
  const entranceWith = ({ entrance, maxMessageSize = host.limits.messageSize }: WebSocketRules) =>
    new WebSocketEntrance(host, {
      entrance,
      limit: maxMessageSize,
      deflating: options.compression === true ? new Deflating(host, spoken, maxMessageSize) : undefined,
    });
  const usual = entranceWith(options);
  const entrances = new Map([...byPath].map(([path, rules]) => [path, entranceWith(rules)]));
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // Without a listener, a connection reset during the upgrade would end the process.
    socket.on('error', () => socket.destroy());
    const peer = forwarding.clientOf(request);
    // The bound address matters only for pages, and is obtained by a system call, so it is not read for other clients.
    const bound = request.headers.origin === undefined ? '' : boundAddress(options.listener ?? server);
    const path = pathOf(request);
    const agreed = agree(request, path, { paths, origins, spoken, bound });
    if (peer === undefined) refuse(host, request, Refusals.FORWARDED_WRONGLY);
    else if ('status' in agreed) refuse(host, request, agreed, peer);
    else (entrances.get(path) ?? usual).receive({ request, socket: request.socket, head }, agreed, peer);
  };
  server.on('upgrade', upgrade);
  const stopCounting = countConnections(host, server);
  return {
    async close() {
      stopCounting();
      server.off('upgrade', upgrade);
      await Promise.all([usual, ...entrances.values()].map((entrance) => entrance.empty()));
    },
  };
}

/** The rules for upgrades. */
interface Policy {
  readonly paths: ReadonlySet<string>;
  readonly origins: Origins;
  readonly spoken: readonly Subprotocol[];
  /** The address that the server listens on. */
  readonly bound: string;
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] ?? '';
}

function refuse(router: Host, request: IncomingMessage, refusal: HttpRefusal, peer?: PeerAddress): void {
  logRefusal(router.log, 'websocket_refused', refusal, { request, peer, path: pathOf(request) });
  refuseUpgrade(request.socket, refusal, router.clock);
}

/** The negotiated subprotocol, or why an upgrade is refused. */
function agree(request: IncomingMessage, path: string, policy: Policy): Subprotocol | HttpRefusal {
  const { paths, origins, spoken, bound } = policy;
  if (!paths.has(path)) return Refusals.NO_WEBSOCKET_HERE;
  if (!originAllowed(request.headers, bound, origins)) return Refusals.FOREIGN_ORIGIN;
  return (
    upgradeFault(request) ??
    chooseSubprotocol(offeredBy(request) ?? [], spoken) ??
    Refusals.noSubprotocol(spoken)
  );
}

/** A client that has asked for an upgrade. */
interface Guest {
  readonly peer: PeerAddress;
  readonly place: Place;
}

/** The settings of a WebSocket entrance. */
interface Terms {
  readonly entrance: EntranceRules | undefined;
  /** The longest message, in bytes. */
  readonly limit: number;
  /** Accepts WebSockets with compression; undefined to disable it. */
  readonly deflating: Deflating | undefined;
}

/** Accepts WebSocket connections. */
class WebSocketEntrance {
  readonly #router: Host;
  readonly #terms: Terms;
  readonly #heartbeat: Heartbeat;
  readonly #open = new OpenSet<Socket>();

  constructor(router: Host, terms: Terms) {
    this.#router = router;
    this.#heartbeat = new Heartbeat(router);
    this.#terms = terms;
  }

  /** Answers an upgrade as soon as there is a slot for the handshake. */
  receive(upgrade: Upgrade, subprotocol: Subprotocol, peer: PeerAddress): void {
    const { socket } = upgrade;
    this.#track(socket);
    const place = placeOf(this.#router, socket);
    place.at(peer.address);
    askFor(place, socket, {
      begin: () => {
        this.#admit(upgrade, subprotocol, { peer, place });
      },
      refuse: () => {
        refuse(this.#router, upgrade.request, Refusals.OVERLOADED, peer);
      },
    });
  }

  /** Not part of `receive`: a listener keeps all variables that closures of the same method use, among them the request. */
  #track(socket: Socket): void {
    this.#open.add(socket);
    socket.on('close', () => {
      this.#open.delete(socket);
    });
  }

  #admit(upgrade: Upgrade, subprotocol: Subprotocol, { peer, place }: Guest): void {
    const { request, socket, head } = upgrade;
    const { entrance, limit, deflating } = this.#terms;
    const description = { type: 'websocket', protocol: subprotocol.name, peer: peerText(peer) };
    const open = (transport: Transport & PingedPeer): void => {
      this.#router.open(transport, description, underlayOf(socket, peer, entrance), place);
      this.#heartbeat.watch(socket, transport);
    };
    if (deflating?.wants(request) === true) deflating.admit(upgrade, subprotocol, open);
    else {
      acceptUpgrade(socket, request, subprotocol.name);
      const { clock, queue } = this.#router;
      const ground = { queue, memory: lineFor(this.#router, place), clock, limit };
      const transport = new WebSocketTransport(socket, subprotocol, ground);
      open(transport);
      transport.start(head);
    }
  }

  /** Resolves when the last socket is closed. */
  empty(): Promise<void> {
    return this.#open.empty();
  }
}
