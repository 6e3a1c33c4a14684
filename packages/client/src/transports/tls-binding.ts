/** Channel binding on Node, for the client's end of a TLS connection (RFC 5929, RFC 9266). */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { certificateHash, type CertificateHash } from '@wamp/protocol/auth';

/** RFC 9266 §4.2. */
const EXPORTER_LABEL = 'EXPORTER-Channel-Binding';
const EXPORTED_SIZE = 32;

/** The names of hash functions in WebCrypto, which browsers have, too. */
const DIGESTS: Readonly<Record<CertificateHash, string>> = {
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
};

/** Undefined if the transport has no binding of this type, as without TLS. */
export async function channelBindingOf(socket: Socket, type: string): Promise<Uint8Array | undefined> {
  if (!isTls(socket) || socket.destroyed) return undefined;
  // TLS 1.3 does not define tls-unique, and in older versions exported keys are not bound to the whole handshake.
  const isLatest = socket.getProtocol() === 'TLSv1.3';
  switch (type) {
    case 'tls-unique':
      return isLatest ? undefined : firstFinished(socket);
    case 'tls-exporter':
      return isLatest ? exported(socket) : undefined;
    case 'tls-server-end-point':
      return endPointOf(socket);
    default:
      return undefined;
  }
}

/** Only TLS sockets have these methods; the class cannot be imported in code that is bundled for browsers. */
function isTls(socket: Socket): socket is TLSSocket {
  return 'exportKeyingMaterial' in socket;
}

/** RFC 5929 §3.1: the first Finished message: the client's, or in a resumed session the server's. */
function firstFinished(socket: TLSSocket): Uint8Array | undefined {
  return socket.isSessionReused() ? socket.getPeerFinished() : socket.getFinished();
}

function exported(socket: TLSSocket): Uint8Array {
  // Node's types require a Buffer where any Uint8Array works.
  return socket.exportKeyingMaterial(EXPORTED_SIZE, EXPORTER_LABEL, new Uint8Array() as Buffer);
}

/** RFC 5929 §4.1: the hash of the router's certificate. */
async function endPointOf(socket: TLSSocket): Promise<Uint8Array | undefined> {
  // A resumed session has no certificate.
  const { raw } = socket.getPeerCertificate() as { readonly raw?: Buffer };
  const hash = raw && certificateHash(raw);
  return raw && hash && new Uint8Array(await crypto.subtle.digest(DIGESTS[hash], new Uint8Array(raw)));
}
