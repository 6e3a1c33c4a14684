/** WAMP over RawSocket: TCP, TLS and Unix sockets, on Node (spec: RawSocket Transport). */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import {
  ErrorUri,
  RAW_SOCKET_MAX_LIMIT,
  RawSocketError,
  rawSocketLimit,
  RawSocketParser,
  readRawSocketReply,
  writeRawSocketHandshake,
  type RawSocketRefusal,
  type Serializer,
  type Transport,
  type Uri,
} from '@wamp/protocol';
import { systemClock, type Clock } from '../clock.ts';
import { ConnectError } from '../errors.ts';
import { onAbort, reasonOf } from '../signal.ts';
import type { TransportFactory } from './factory.ts';
import { addressOf, type RawSocketAddress } from './rawsocket-address.ts';
import { RawSocketTransport } from './rawsocket-transport.ts';
import type { TlsOptions } from './tls.ts';
import { unreachable } from './unreachable.ts';

/** How RawSockets are opened. */
export interface RawSocketOptions {
  /**
   * The longest message that is taken from the router, in bytes: default 16 MiB. Powers of two from 512 to
   * that can be told; the greatest one not above it counts. Whatever is longer, the router keeps to itself.
   */
  readonly maxMessageSize?: number | undefined;
  /** How to speak TLS, to URLs that ask for it. */
  readonly tls?: TlsOptions | undefined;
}

/** When a connection is silent for so long (ms), TCP asks whether the router is still there. */
const KEEP_ALIVE = 30_000;

/**
 * Transports over RawSocket, on Node: less to send and to read than WebSocket has, and on one machine no
 * port at all. URLs:
 *
 * - `rs://host:port` or `tcp://host:port`: TCP; port 80 if there is none,
 * - `rss://host:port`, `tls://host:port` or `tcps://host:port`: TLS; port 443 if there is none,
 * - `unix:/path`, `unix:///path` or `rs://unix:/path`: a Unix socket.
 *
 * A RawSocket speaks one serializer: they are tried in their order, each on a connection of its own.
 *
 * @throws ConnectError on opening, fatal when the URL is none of these, and when the router speaks none of
 *   the serializers, wants to send longer messages than `maxMessageSize`, or is no router for RawSockets
 */
export function rawSocket({ maxMessageSize, tls }: RawSocketOptions = {}): TransportFactory {
  const acceptedLength = rawSocketLimit(maxMessageSize ?? RAW_SOCKET_MAX_LIMIT);
  return {
    name: 'rawsocket',
    async open(url, { serializers, signal, clock = systemClock }) {
      const address = addressOf(url);
      let refusal = new ConnectError(ErrorUri.INVALID_ARGUMENT, ['There is no serializer to offer.'], true);
      for (const serializer of serializers) {
        const socket = await dial(address, tls, signal);
        const greeted = await greet(socket, { serializer, acceptedLength, signal, clock });
        if (!(greeted instanceof ConnectError)) return greeted;
        refusal = greeted;
      }
      throw refusal;
    },
  };
}

/** Connects. @throws ConnectError, the reason of the signal */
async function dial(
  { place, secure }: RawSocketAddress,
  tls: TlsOptions | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  signal.throwIfAborted();
  // Node's types ask for a Buffer where any Uint8Array will do.
  const socket = secure ? connectTls({ ...(tls as ConnectionOptions), ...place }) : connect(place);
  const stop = onAbort(signal, (reason) => socket.destroy(reason));
  try {
    await once(socket, secure ? 'secureConnect' : 'connect');
  } catch (error) {
    throw signal.aborted ? reasonOf(signal) : unreachable(error);
  } finally {
    stop();
  }
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE);
  return socket;
}

/** What a connection is opened with. */
export interface Terms {
  readonly serializer: Serializer;
  readonly acceptedLength: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Shakes hands.
 * @returns a transport; or an error when the router might like another serializer better
 * @throws ConnectError, the reason of the signal
 */
export function greet(socket: Socket, terms: Terms): Promise<Transport | ConnectError> {
  const { serializer, acceptedLength, signal, clock } = terms;
  return new Promise((resolve, reject) => {
    const stop = onAbort(signal, () => socket.destroy());
    // What goes wrong ends in 'close', which follows; unheard, 'error' would end the process.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      stop();
      if (signal.aborted) reject(reasonOf(signal));
      // T-35: some hang up where they should name an error, for a serializer that they do not know, too.
      else resolve(new ConnectError(ErrorUri.NETWORK_FAILURE, ['The router hung up on us.'], false));
    });
    const parser: RawSocketParser = new RawSocketParser((octets) => {
      stop();
      const reply = readRawSocketReply(octets, serializer.rawSocketId);
      if ('refused' in reply) {
        socket.destroy();
        const error = errorOf(reply, serializer);
        if (reply.error === RawSocketError.SERIALIZER_UNSUPPORTED) resolve(error);
        else reject(error);
        return undefined;
      }
      const transport = new RawSocketTransport(
        { serializer, acceptedLength, limit: reply.limit },
        { socket, parser, clock },
      );
      resolve(transport);
      return transport;
    });
    socket.on('data', (chunk: Buffer) => parser.push(chunk));
    socket.write(writeRawSocketHandshake({ limit: acceptedLength, serializer: serializer.rawSocketId }));
  });
}

/** RAW-5: what an error reply means here, and whether it is for good. */
const REFUSALS: Readonly<Record<number, readonly [uri: Uri, fatal: boolean]>> = {
  [RawSocketError.SERIALIZER_UNSUPPORTED]: [ErrorUri.PROTOCOL_VIOLATION, true],
  [RawSocketError.LIMIT_UNACCEPTABLE]: [ErrorUri.PAYLOAD_SIZE_EXCEEDED, true],
  [RawSocketError.RESERVED_BITS_USED]: [ErrorUri.PROTOCOL_VIOLATION, true],
  [RawSocketError.TOO_MANY_CONNECTIONS]: [ErrorUri.LIMIT_EXCEEDED, false],
};

function errorOf({ refused, error }: RawSocketRefusal, { name }: Serializer): ConnectError {
  const [uri, fatal] =
    error === undefined
      ? [ErrorUri.PROTOCOL_VIOLATION, true]
      : (REFUSALS[error] ?? [ErrorUri.NETWORK_FAILURE, false]);
  return new ConnectError(uri, [`No RawSocket in ${name}: ${refused}.`], fatal);
}
