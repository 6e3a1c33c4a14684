/** RawSocket transports over TCP, Unix sockets and TLS (spec: RawSocket Transport). */
import type { Server, Socket } from 'node:net';
import {
  RAW_SOCKET_MAGIC,
  RAW_SOCKET_MAX_FRAME,
  RawSocketError,
  rawSocketLimit,
  RawSocketParser,
  readRawSocketRequest,
  writeRawSocketError,
  writeRawSocketHandshake,
  type RawSocketListener,
  type Serializer,
} from '@wamp/protocol';
import type { EntranceRules } from '../auth/authenticator.ts';
import type { Place } from '../connection/place.ts';
import { hostOf, type Host, type Router } from '../host.ts';
import { read } from '../plain-socket.ts';
import { lineFor, placeOf } from './accepting.ts';
import { awaitWords, firstOctet, Reception } from './beginning.ts';
import { hangUp } from './hang-up.ts';
import { Heartbeat } from './heartbeat.ts';
import { askFor } from './holding-sockets.ts';
import { OpenSet } from './open-set.ts';
import { peerAddressOf, peerText, type PeerAddress } from './peer-address.ts';
import { RawSocketTransport, type Agreement } from './rawsocket-transport.ts';
import { DEFAULT_SERIALIZERS } from './subprotocol.ts';
import { underlayOf } from './underlay.ts';

/** Options for RawSocket connections. */
export interface RawSocketRules {
  /** The serializers; JSON, MessagePack and CBOR by default. */
  readonly serializers?: readonly Serializer[];
  /**
   * The longest message accepted from a client, in bytes; the router's `limits.messageSize` by default. The handshake
   * can express only powers of two from 2^9 to 2^24: the greatest one not above it is used.
   */
  readonly maxMessageSize?: number;
  /** A client that does not accept messages of this many bytes is refused; 512 by default, which refuses none. */
  readonly minMessageSize?: number;
  /** The most connections at a time; unlimited by default. Further ones are refused. */
  readonly maxConnections?: number;
  /**
   * Whether clients get PINGs after HELLO, as WebSocket clients do. `auto`, the default, excludes clients of
   * autobahn-python, which misread a PING as the beginning of a huge message. For these, TCP keep-alive detects within
   * about 20 s that the machine of an idle peer is gone, but not that a peer hangs or does not read.
   */
  readonly pings?: boolean | 'auto';
  /** Restricts the clients that are accepted; by default all that the realm admits. */
  readonly entrance?: EntranceRules;
}

export interface RawSocketOptions extends RawSocketRules {
  /**
   * The server: a `net.Server` for TCP or a Unix socket, or a `tls.Server`. Consider a shorter `handshakeTimeout` than
   * its default of 120 s.
   */
  readonly server: Server;
}

/** What {@link acceptRawSockets} started. */
export interface RawSocketAcceptor {
  /** Stops accepting connections; resolves when the last socket is closed. */
  close(): Promise<void>;
}

/** The idle time before TCP keep-alive probes (ms), of which Node sends ten. */
const KEEP_ALIVE = 10_000;

/** Accepts RawSocket clients of `server` for `router`. Connections of any other protocol are destroyed. */
export function acceptRawSockets(router: Router, options: RawSocketOptions): RawSocketAcceptor {
  const host = hostOf(router);
  const entrance = new RawSocketEntrance(host, options);
  const admit = (socket: Socket): void => {
    reception.hear(socket, firstOctet, (octet) => {
      if (octet === RAW_SOCKET_MAGIC) entrance.admit(socket);
      // RAW-3: not RawSocket, so the peer would not understand any reply.
      else socket.destroy();
    });
  };
  const reception = new Reception(host, options.server, admit);
  return {
    close() {
      void reception.close();
      return entrance.empty();
    },
  };
}

/** Accepts RawSocket connections. */
export class RawSocketEntrance {
  readonly #router: Host;
  readonly #rules: Required<Omit<RawSocketRules, 'entrance'>>;
  readonly #entrance: EntranceRules | undefined;
  readonly #heartbeat: Heartbeat;
  readonly #open = new OpenSet<Socket>();

  constructor(router: Host, rules: RawSocketRules) {
    this.#router = router;
    this.#heartbeat = new Heartbeat(router);
    this.#entrance = rules.entrance;
    this.#rules = {
      serializers: rules.serializers ?? DEFAULT_SERIALIZERS,
      maxMessageSize: rawSocketLimit(rules.maxMessageSize ?? router.limits.messageSize),
      minMessageSize: rules.minMessageSize ?? 0,
      maxConnections: rules.maxConnections ?? Infinity,
      pings: rules.pings ?? 'auto',
    };
  }

  /** Takes a connection that begins like RawSocket: performs the handshake when it has a slot, or refuses it. */
  admit(socket: Socket): void {
    this.#open.add(socket);
    // Without a listener, an error would end the process; and after one of TLS, Node leaves the socket open.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#open.delete(socket);
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE);
    const peer = peerAddressOf(socket);
    const place = placeOf(this.#router, socket);
    // The octets received so far flow on the next tick.
    socket.resume();
    askFor(place, socket, {
      begin: () => {
        this.#await({ socket, peer, place });
      },
      refuse: () => {
        this.#refuse({ socket, peer, place }, RawSocketError.TOO_MANY_CONNECTIONS);
      },
    });
  }

  /** Resolves when the last socket is closed. */
  empty(): Promise<void> {
    return this.#open.empty();
  }

  #await(caller: Caller): void {
    const { socket } = caller;
    const heard = awaitWords(this.#router, socket);
    const parser: RawSocketParser = new RawSocketParser(
      (octets) => {
        heard();
        return this.#greet(caller, parser, octets);
      },
      lineFor(this.#router, caller.place),
    );
    read(
      socket,
      (chunk, size) => {
        parser.push(chunk.subarray(0, size));
      },
      () => {
        this.#router.queue.relieve();
      },
    );
  }

  #greet(caller: Caller, parser: RawSocketParser, octets: Uint8Array): RawSocketListener | undefined {
    const { socket } = caller;
    const agreed = this.#agree(octets);
    if (agreed === undefined) {
      // RAW-3: not RawSocket, so the peer would not understand any reply.
      socket.destroy();
      return undefined;
    }
    if (typeof agreed === 'number') {
      this.#refuse(caller, agreed);
      return undefined;
    }
    return this.#establish(caller, parser, agreed);
  }

  #refuse({ socket, peer, place }: Caller, error: RawSocketError): void {
    const facts = { code: 'rawsocket_refused', peer: peerText(peer), error } as const;
    this.#router.log('debug', 'RawSocket refused', facts);
    place.refused();
    socket.write(writeRawSocketError(error));
    hangUp(socket, this.#router.clock);
  }

  /** The negotiated parameters, or the error to reply; undefined when the octets are not a RawSocket handshake. */
  #agree(octets: Uint8Array): Agreement | RawSocketError | undefined {
    const request = readRawSocketRequest(octets);
    if (request === undefined || typeof request === 'number') return request;
    const { serializers, minMessageSize, maxConnections } = this.#rules;
    const serializer = serializers.find(({ rawSocketId }) => rawSocketId === request.serializer);
    if (serializer === undefined) return RawSocketError.SERIALIZER_UNSUPPORTED;
    if (request.limit < minMessageSize) return RawSocketError.LIMIT_UNACCEPTABLE;
    if (this.#open.size > maxConnections) return RawSocketError.TOO_MANY_CONNECTIONS;
    return { serializer, limit: Math.min(request.limit, RAW_SOCKET_MAX_FRAME) };
  }

  #establish(
    { socket, peer, place }: Caller,
    parser: RawSocketParser,
    agreement: Agreement,
  ): RawSocketListener {
    const { serializer } = agreement;
    const acceptedLength = this.#rules.maxMessageSize;
    socket.write(writeRawSocketHandshake({ limit: acceptedLength, serializer: serializer.rawSocketId }));
    const transport: RawSocketTransport = new RawSocketTransport(agreement, acceptedLength, {
      socket,
      parser,
      queue: this.#router.queue,
      clock: this.#router.clock,
      hello: (bytes) => {
        const { pings } = this.#rules;
        if (pings === true || (pings === 'auto' && takesPings(bytes)))
          this.#heartbeat.watch(socket, transport);
      },
    });
    const protocol = serializer.subprotocol;
    const description = { type: 'rawsocket', protocol, peer: peerText(peer) };
    this.#router.open(transport, description, underlayOf(socket, peer, this.#entrance), place);
    return transport;
  }
}

/** A client that has connected. */
interface Caller {
  readonly socket: Socket;
  readonly peer: PeerAddress;
  readonly place: Place;
}

/**
 * Whether a client can read a PING, judging by its HELLO. Clients of autobahn-python cannot; they do not name
 * themselves, but announce a feature that no other client does. Its bytes are the same in all serializers.
 */
function takesPings(hello: Uint8Array): boolean {
  const bytes = Buffer.from(hello.buffer, hello.byteOffset, hello.byteLength);
  return !MARKS_OF_AUTOBAHN_PYTHON.some((mark) => bytes.includes(mark));
}

const MARKS_OF_AUTOBAHN_PYTHON = ['payload_encryption_cryptobox', 'AutobahnPython'];
