/** The client's side of the RawSocket handshake (RAW-2, RAW-4, RAW-5). */
import type { Socket } from 'node:net';
import {
  ErrorUri,
  RawSocketError,
  RawSocketParser,
  readRawSocketReply,
  writeRawSocketHandshake,
  type RawSocketRefusal,
  type Serializer,
  type Transport,
  type Uri,
} from '@wamp/protocol';
import type { Clock } from '../clock.ts';
import { ConnectError } from '../errors.ts';
import { onAbort, reasonOf } from '../signal.ts';
import { RawSocketTransport } from './rawsocket-transport.ts';

/** What the handshake needs. */
export interface HandshakeTerms {
  readonly serializer: Serializer;
  readonly acceptedLength: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Performs the handshake on a socket that has an error listener.
 * @returns a transport; or an error if the router may accept another serializer
 * @throws ConnectError, the reason of the signal
 */
export function greet(socket: Socket, terms: HandshakeTerms): Promise<Transport | ConnectError> {
  const { serializer, acceptedLength, signal, clock } = terms;
  return new Promise((resolve, reject) => {
    const stop = onAbort(signal, () => socket.destroy());
    const closed = (): void => {
      stop();
      if (signal.aborted) reject(reasonOf(signal));
      // T-35: some routers close the connection instead of answering that they do not support a serializer.
      else resolve(new ConnectError(ErrorUri.NETWORK_FAILURE, ['The router hung up on us.'], false));
    };
    // With TLS 1.3, a router that refuses the certificate closes the connection after the handshake.
    if (socket.closed) closed();
    else socket.on('close', closed);
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

/** RAW-5: the meaning of an error reply, and whether it is final. */
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
