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

/** Options of `rawSocket`. */
export interface RawSocketOptions {
  /**
   * Limit for the size of a message from the router, in bytes. Default: 16 MiB. The handshake can express powers of
   * two from 512 to 16 MiB; the greatest one that does not exceed the option is used. The router does not send longer
   * messages.
   */
  readonly maxMessageSize?: number | undefined;
  /** TLS options, for URLs with TLS. */
  readonly tls?: TlsOptions | undefined;
}

const RAW_SOCKET: Rules<RawSocketOptions> = {
  maxMessageSize: rule('bytes, a number from 1', (value) => typeof value === 'number' && value >= 1),
  tls: TLS,
};

/** When a connection is silent for this long (ms), TCP keep-alive probes the router. */
const KEEP_ALIVE = 30_000;

/**
 * A transport over RawSocket, on Node: less overhead than WebSocket, and Unix sockets within one machine. URLs:
 *
 * - `rs://host:port` or `tcp://host:port`: TCP; default port 80,
 * - `rss://host:port`, `tls://host:port` or `tcps://host:port`: TLS; default port 443,
 * - `unix:/path`, `unix:///path` or `rs://unix:/path`: a Unix socket.
 *
 * A RawSocket has one serializer: they are tried in order, each on its own connection.
 *
 * @throws ConnectError on opening; fatal if the URL is of another kind, if the router supports none of the
 *   serializers, requires longer messages than `maxMessageSize`, or does not speak RawSocket
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
  // Node's types require a Buffer where any Uint8Array works.
  const socket = secure ? connectTls({ ...(tls as ConnectionOptions), ...place }) : connect(place);
  // Every failure also emits 'close'; an 'error' event without a listener would end the process.
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
