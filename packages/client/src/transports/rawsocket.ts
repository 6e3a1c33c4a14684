/** WAMP over RawSocket: TCP, TLS and Unix sockets, on Node (spec: RawSocket Transport). */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { ErrorUri, RAW_SOCKET_MAX_LIMIT, rawSocketLimit } from '@wamp/protocol';
import { systemClock } from '../clock.ts';
import { ConnectError } from '../errors.ts';
import { checkOptions, rule, type Rules } from '../options.ts';
import { onAbort, reasonOf } from '../signal.ts';
import type { TransportFactory } from './factory.ts';
import { addressOf, type RawSocketAddress } from './rawsocket-address.ts';
import { greet } from './rawsocket-handshake.ts';
import { TLS, type TlsOptions } from './tls.ts';
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

const RAW_SOCKET: Rules<RawSocketOptions> = {
  maxMessageSize: rule('bytes, a number from 1', (value) => typeof value === 'number' && value >= 1),
  tls: TLS,
};

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
export function rawSocket(options: RawSocketOptions = {}): TransportFactory {
  checkOptions('rawSocket', RAW_SOCKET, options, rawSocket);
  const { maxMessageSize, tls } = options;
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
  // What goes wrong later ends in 'close', which follows; unheard, 'error' would end the process.
  socket.on('error', () => undefined);
  const stop = onAbort(signal, (reason) => socket.destroy(reason));
  try {
    await once(socket, secure ? 'secureConnect' : 'connect');
  } catch (error) {
    throw signal.aborted ? reasonOf(signal) : unreachable(error);
  } finally {
    stop();
  }
  signal.throwIfAborted();
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE);
  return socket;
}
