/** The facts of a connection that authentication needs: address, certificate, channel binding. */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { certificateHash } from '@wamp/protocol/auth';
import type { EntranceRules, Underlay } from '../auth/authenticator.ts';
import { peerAddressOf, type PeerAddress } from './peer-address.ts';

/**
 * The underlay of an accepted connection.
 * @param peer the address of the client, if the socket does not have it
 * @param entrance the rules of the address at which the client has connected; undefined for no restrictions
 */
export function underlayOf(
  socket: Socket,
  { address }: PeerAddress = peerAddressOf(socket),
  entrance?: EntranceRules,
): Underlay {
  if (!(socket instanceof TLSSocket)) return { address, entrance };
  return {
    address,
    entrance,
    certificate: socket.authorized ? socket.getPeerX509Certificate() : undefined,
    channelBinding: (type) => channelBindingOf(socket, type),
  };
}

function channelBindingOf(socket: TLSSocket, type: string): Uint8Array | undefined {
  if (socket.destroyed) return undefined;
  // TLS 1.3 does not define tls-unique; older versions do not bind exported keys to the whole handshake.
  const isLatest = socket.getProtocol() === 'TLSv1.3';
  switch (type) {
    case 'tls-unique':
      return isLatest ? undefined : firstFinished(socket);
    case 'tls-exporter':
      return isLatest ? socket.exportKeyingMaterial(32, EXPORTER_LABEL, Buffer.alloc(0)) : undefined;
    case 'tls-server-end-point':
      return endPointOf(socket);
    default:
      return undefined;
  }
}

/** RFC 9266 §4.2. */
const EXPORTER_LABEL = 'EXPORTER-Channel-Binding';

/** RFC 5929 §3.1: the Finished message of the client or, in a resumed session, of the server. */
function firstFinished(socket: TLSSocket): Uint8Array | undefined {
  return socket.isSessionReused() ? socket.getFinished() : socket.getPeerFinished();
}

/** RFC 5929 §4.1: the hash of the server's own certificate. */
function endPointOf(socket: TLSSocket): Uint8Array | undefined {
  const certificate = socket.getCertificate();
  if (certificate === null || !('raw' in certificate)) return undefined;
  const hash = certificateHash(certificate.raw);
  return hash && createHash(hash).update(certificate.raw).digest();
}
