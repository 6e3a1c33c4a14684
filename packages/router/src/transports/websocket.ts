/** WebSocket transports, accepted on an HTTP server (spec: WebSocket Transport; RFC 6455). */
import type { IncomingMessage, Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Server as NetServer, Socket } from 'node:net';
import type { Serializer, Transport } from '@wamp/protocol';
import type { Place } from '../connection/place.ts';
import type { Clock } from '../core/clock.ts';
import type { Router } from '../router.ts';
import { countConnections, placeOf } from './accepting.ts';
import { Forwarding, type ForwardingRules } from './forwarding.ts';
import { hangUp } from './hang-up.ts';
import { Heartbeat, type Peer } from './heartbeat.ts';
import { askFor } from './holding-sockets.ts';
import { boundAddress } from './listening.ts';
import { OpenSet } from './open-set.ts';
import { originAllowed } from './origin.ts';
import { peerText, type PeerAddress } from './peer-address.ts';
import { choose, DEFAULT_SERIALIZERS, subprotocolsOf, type Subprotocol } from './subprotocol.ts';
import { underlayOf } from './underlay.ts';
import { Deflating } from './websocket-deflate.ts';
import { acceptUpgrade, offeredBy, upgradeFault, type Upgrade } from './websocket-handshake.ts';
import { WebSocketTransport } from './websocket-transport.ts';

export interface WebSocketOptions {
  /** The server whose upgrades are taken: for `ws:` one of `node:http`, for `wss:` one of `node:https`. */
  readonly server: Server | HttpsServer;
  /** The paths that are answered; `/ws` and `/` by default. Others get 404. */
  readonly paths?: readonly string[];
  /** Origins of web pages that may connect beside those of this host; none by default. */
  readonly origins?: readonly string[];
  /** What is spoken, one by one and in batches; JSON, MessagePack and CBOR by default. */
  readonly serializers?: readonly Serializer[];
  /** The server that listens, when that is not `server` but one that shares its port (`shareOnePort`). */
  readonly listener?: NetServer;
  /**
   * Whether clients may have messages compressed (permessage-deflate, RFC 7692); false by default, for it
   * costs far more time and memory than it saves on a fast network.
   */
  readonly compression?: boolean;
  /** Proxies that say in a header for whom they ask; none by default. */
  readonly proxies?: ForwardingRules;
}

/** What {@link acceptWebSockets} started. */
export interface WebSocketAcceptor {
  /** Takes no more upgrades; resolves when the last socket is closed. */
  close(): Promise<void>;
}

/** Lets WebSocket clients of `server` into `router`. */
export function acceptWebSockets(router: Router, options: WebSocketOptions): WebSocketAcceptor {
  const { server, paths = ['/ws', '/'], origins = [], serializers = DEFAULT_SERIALIZERS } = options;
  const spoken = subprotocolsOf(serializers);
  const deflating = options.compression === true ? new Deflating(router, spoken) : undefined;
  const forwarding = new Forwarding(options.proxies);
  router.admission.trust(forwarding.proxies);
  const entrance = new WebSocketEntrance(router, deflating);
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // Without a listener, a connection reset during the upgrade would end the process.
    socket.on('error', () => socket.destroy());
    const peer = forwarding.clientOf(request);
    const bound = boundAddress(options.listener ?? server);
    const agreed = agree(request, { paths, origins, spoken, bound });
    if (peer === undefined) refuse(socket, '400 Bad Request', router.clock);
    else if (typeof agreed === 'string') {
      router.log('debug', 'upgrade refused', { status: agreed });
      refuse(socket, agreed, router.clock);
    } else entrance.receive({ request, socket: request.socket, head }, agreed, peer);
  };
  server.on('upgrade', upgrade);
  const ignore = countConnections(router, server);
  return {
    close() {
      ignore();
      server.off('upgrade', upgrade);
      return entrance.empty();
    },
  };
}

/** A client that is one too many may come again in so many seconds. */
const OVERLOADED = '503 Service Unavailable\r\nRetry-After: 5';

/** What upgrades are judged by. */
interface Policy {
  readonly paths: readonly string[];
  readonly origins: readonly string[];
  readonly spoken: readonly Subprotocol[];
  /** The address that the server listens on. */
  readonly bound: string;
}

/** What is going to be spoken, or the HTTP status that refuses an upgrade. */
function agree(request: IncomingMessage, { paths, origins, spoken, bound }: Policy): Subprotocol | string {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (!paths.includes(path)) return '404 Not Found';
  if (!originAllowed(request.headers, bound, origins)) return '403 Forbidden';
  return upgradeFault(request) ?? choose(offeredBy(request) ?? [], spoken) ?? '400 Bad Request';
}

/** HTTP has let go of the socket, and would not mind one that stays open. */
function refuse(socket: Duplex, status: string, clock: Clock): void {
  if (socket.writable) {
    socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  }
  hangUp(socket, clock);
}

/** Who has asked for an upgrade. */
interface Guest {
  readonly peer: PeerAddress;
  readonly place: Place;
}

/** Where WebSockets come in. */
class WebSocketEntrance {
  readonly #router: Router;
  readonly #deflating: Deflating | undefined;
  readonly #heartbeat: Heartbeat;
  readonly #open = new OpenSet<Socket>();

  /** @param deflating who takes those that are to be compressed; nobody by default */
  constructor(router: Router, deflating: Deflating | undefined) {
    this.#router = router;
    this.#heartbeat = new Heartbeat(router);
    this.#deflating = deflating;
  }

  /** The upgrade is answered when there is a slot for the handshake. */
  receive(upgrade: Upgrade, subprotocol: Subprotocol, peer: PeerAddress): void {
    const { socket } = upgrade;
    this.#open.add(socket);
    socket.on('close', () => {
      this.#open.delete(socket);
    });
    const place = placeOf(this.#router, socket);
    place.at(peer.address);
    askFor(place, socket, {
      begin: () => {
        this.#admit(upgrade, subprotocol, { peer, place });
      },
      refuse: () => {
        refuse(socket, OVERLOADED, this.#router.clock);
      },
    });
  }

  #admit(upgrade: Upgrade, subprotocol: Subprotocol, { peer, place }: Guest): void {
    const { request, socket, head } = upgrade;
    const description = { type: 'websocket', protocol: subprotocol.name, peer: peerText(peer) };
    const open = (transport: Transport & Peer): void => {
      this.#router.open(transport, description, underlayOf(socket, peer), place);
      this.#heartbeat.watch(socket, transport);
    };
    if (this.#deflating?.wants(request) === true) this.#deflating.admit(upgrade, subprotocol, open);
    else {
      acceptUpgrade(socket, request, subprotocol.name);
      const { clock, limits } = this.#router;
      const ground = { queue: this.#router.queue, clock, limit: limits.messageSize };
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
