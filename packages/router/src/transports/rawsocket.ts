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
import type { Place } from '../connection/place.ts';
import { hostOf, type Host, type Router } from '../host.ts';
import { read } from '../plain-socket.ts';
import { placeOf } from './accepting.ts';
import { awaitWords, firstOctet, Reception } from './beginning.ts';
import { hangUp } from './hang-up.ts';
import { Heartbeat } from './heartbeat.ts';
import { askFor } from './holding-sockets.ts';
import { OpenSet } from './open-set.ts';
import { peerAddressOf, peerText, type PeerAddress } from './peer-address.ts';
import { RawSocketTransport, type Agreement } from './rawsocket-transport.ts';
import { DEFAULT_SERIALIZERS } from './subprotocol.ts';
import { underlayOf } from './underlay.ts';

/** What RawSocket clients may do. */
export interface RawSocketRules {
  /** What is spoken; JSON, MessagePack and CBOR by default. */
  readonly serializers?: readonly Serializer[];
  /**
   * The longest message taken from a client, in bytes; the router's `limits.messageSize` by default. The
   * handshake can tell powers of two from 2^9 to 2^24 only: the greatest one not above it counts.
   */
  readonly maxMessageSize?: number;
  /** A client that takes no messages of this many bytes is refused; 512 by default, which refuses none. */
  readonly minMessageSize?: number;
  /** How many connections there may be at a time; unlimited by default. More are refused. */
  readonly maxConnections?: number;
  /**
   * Whether clients are sent PINGs once they have said HELLO, as WebSocket clients are. `auto`, the default, spares those
   * of autobahn-python, which take one for the beginning of a huge message: of these, TCP finds out by itself that an idle
   * peer's machine is gone, in about 20 s; one that hangs, or leaves unread what it is sent, it does not find.
   */
  readonly pings?: boolean | 'auto';
}

export interface RawSocketOptions extends RawSocketRules {
  /**
   * Whose connections are taken: a `net.Server` for TCP or a Unix socket, or a `tls.Server`, whose
   * `handshakeTimeout` the application may want to shorten: it is 120 s.
   */
  readonly server: Server;
}

/** What {@link acceptRawSockets} started. */
export interface RawSocketAcceptor {
  /** Takes no more connections; resolves when the last socket is closed. */
  close(): Promise<void>;
}

/** When a connection is silent for so long (ms), TCP asks whether the peer is still there; ten times, Node says. */
const KEEP_ALIVE = 10_000;

/** Lets RawSocket clients of `server` into `router`. Whatever else connects is cut off. */
export function acceptRawSockets(router: Router, options: RawSocketOptions): RawSocketAcceptor {
  const host = hostOf(router);
  const entrance = new RawSocketEntrance(host, options);
  const admit = (socket: Socket): void => {
    reception.hear(socket, firstOctet, (octet) => {
      if (octet === RAW_SOCKET_MAGIC) entrance.admit(socket);
      // RAW-3: no RawSocket, hence no words that the peer would understand.
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

/** Where RawSocket connections come in. */
export class RawSocketEntrance {
  readonly #router: Host;
  readonly #rules: Required<RawSocketRules>;
  readonly #heartbeat: Heartbeat;
  readonly #open = new OpenSet<Socket>();

  constructor(router: Host, rules: RawSocketRules) {
    this.#router = router;
    this.#heartbeat = new Heartbeat(router);
    this.#rules = {
      serializers: rules.serializers ?? DEFAULT_SERIALIZERS,
      maxMessageSize: rawSocketLimit(rules.maxMessageSize ?? router.limits.messageSize),
      minMessageSize: rules.minMessageSize ?? 0,
      maxConnections: rules.maxConnections ?? Infinity,
      pings: rules.pings ?? 'auto',
    };
  }

  /** Of one that begins like RawSocket: lets it shake hands when there is a slot for it, or says why not. */
  admit(socket: Socket): void {
    this.#open.add(socket);
    // What goes wrong ends in 'close', which follows; unheard, 'error' would end the process.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#open.delete(socket);
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE);
    const peer = peerAddressOf(socket);
    const place = placeOf(this.#router, socket);
    // What has come is still there, and flows on the next tick.
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
    const parser: RawSocketParser = new RawSocketParser((octets) => {
      heard();
      return this.#greet(caller, parser, octets);
    }, this.#router.queue.memory);
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
      // RAW-3: no RawSocket, hence no words that the peer would understand.
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
    this.#router.log('debug', 'RawSocket refused', { peer: peerText(peer), error });
    place.refused();
    socket.write(writeRawSocketError(error));
    hangUp(socket, this.#router.clock);
  }

  /** What both sides can live with, or the error to reply; undefined for what is no RawSocket. */
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
    this.#router.open(transport, description, underlayOf(socket, peer), place);
    return transport;
  }
}

/** Who has connected. */
interface Caller {
  readonly socket: Socket;
  readonly peer: PeerAddress;
  readonly place: Place;
}

/**
 * Whether a client can take a PING, by its HELLO. Those of autobahn-python cannot; they do not tell their name, but a
 * feature that no other client announces. It reads the same in all serializers.
 */
function takesPings(hello: Uint8Array): boolean {
  const bytes = Buffer.from(hello.buffer, hello.byteOffset, hello.byteLength);
  return !MARKS_OF_AUTOBAHN_PYTHON.some((mark) => bytes.includes(mark));
}

const MARKS_OF_AUTOBAHN_PYTHON = ['payload_encryption_cryptobox', 'AutobahnPython'];
