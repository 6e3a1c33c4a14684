/** WebSocket transports, accepted on an HTTP server (spec: WebSocket Transport; RFC 6455). */
import type { IncomingMessage, Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Server as NetServer, Socket } from 'node:net';
import type { Serializer, Transport } from '@wamp/protocol';
import type { Place } from '../connection/place.ts';
import { hostOf, type Host, type Router } from '../host.ts';
import { countConnections, placeOf } from './accepting.ts';
import { Forwarding, type ForwardingRules } from './forwarding.ts';
import { Heartbeat, type Peer } from './heartbeat.ts';
import { askFor } from './holding-sockets.ts';
import { boundAddress } from './listening.ts';
import { OpenSet } from './open-set.ts';
import { originAllowed, Origins } from './origin.ts';
import { peerText, type PeerAddress } from './peer-address.ts';
import { logRefusal, refuseUpgrade, type Refusal } from './refusal.ts';
import * as Refusals from './refusals.ts';
import { choose, DEFAULT_SERIALIZERS, subprotocolsOf, type Subprotocol } from './subprotocol.ts';
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
}

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
  const { server, paths = ['/ws', '/'], serializers = DEFAULT_SERIALIZERS } = options;
  const spoken = subprotocolsOf(serializers);
  const origins = new Origins(options.origins ?? []);
  const deflating = options.compression === true ? new Deflating(host, spoken) : undefined;
  const forwarding = new Forwarding(options.proxies);
  host.admission.trust(forwarding.proxies);
  const entrance = new WebSocketEntrance(host, deflating);
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // Without a listener, a connection reset during the upgrade would end the process.
    socket.on('error', () => socket.destroy());
    const peer = forwarding.clientOf(request);
    // The system is asked for the address, and only pages are judged by it.
    const bound = request.headers.origin === undefined ? '' : boundAddress(options.listener ?? server);
    const path = pathOf(request);
    const agreed = agree(request, path, { paths, origins, spoken, bound });
    if (peer === undefined) refuse(host, request, Refusals.FORWARDED_WRONGLY);
    else if ('status' in agreed) refuse(host, request, agreed, peer);
    else entrance.receive({ request, socket: request.socket, head }, agreed, peer);
  };
  server.on('upgrade', upgrade);
  const ignore = countConnections(host, server);
  return {
    close() {
      ignore();
      server.off('upgrade', upgrade);
      return entrance.empty();
    },
  };
}

/** The rules for upgrades. */
interface Policy {
  readonly paths: readonly string[];
  readonly origins: Origins;
  readonly spoken: readonly Subprotocol[];
  /** The address that the server listens on. */
  readonly bound: string;
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] ?? '';
}

function refuse(router: Host, request: IncomingMessage, refusal: Refusal, peer?: PeerAddress): void {
  logRefusal(router.log, 'upgrade refused', refusal, { request, peer, path: pathOf(request) });
  refuseUpgrade(request.socket, refusal, router.clock);
}

/** The negotiated subprotocol, or why an upgrade is refused. */
function agree(request: IncomingMessage, path: string, policy: Policy): Subprotocol | Refusal {
  const { paths, origins, spoken, bound } = policy;
  if (!paths.includes(path)) return Refusals.NO_WEBSOCKET_HERE;
  if (!originAllowed(request.headers, bound, origins)) return Refusals.FOREIGN_ORIGIN;
  return upgradeFault(request) ?? choose(offeredBy(request) ?? [], spoken) ?? Refusals.noSubprotocol(spoken);
}

/** A client that has asked for an upgrade. */
interface Guest {
  readonly peer: PeerAddress;
  readonly place: Place;
}

/** Accepts WebSocket connections. */
class WebSocketEntrance {
  readonly #router: Host;
  readonly #deflating: Deflating | undefined;
  readonly #heartbeat: Heartbeat;
  readonly #open = new OpenSet<Socket>();

  /** @param deflating accepts WebSockets with compression; undefined to disable it */
  constructor(router: Host, deflating: Deflating | undefined) {
    this.#router = router;
    this.#heartbeat = new Heartbeat(router);
    this.#deflating = deflating;
  }

  /** Answers an upgrade as soon as there is a slot for the handshake. */
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
        refuse(this.#router, upgrade.request, Refusals.OVERLOADED, peer);
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
