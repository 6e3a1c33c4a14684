/** What acceptors need of the server they stand on. */
import { Server as TlsServer, type TLSSocket } from 'node:tls';
import type { Server, Socket } from 'node:net';
import type { Host } from '../host.ts';
import { countConnections } from './accepting.ts';

/**
 * Hears of the connections of a server: of TCP, Unix socket, or, once encrypted, of TLS.
 * @returns what ends that
 */
export function onConnection(router: Host, server: Server, admit: (socket: Socket) => void): () => void {
  const event = server instanceof TlsServer ? 'secureConnection' : 'connection';
  server.on(event, admit);
  const ignore = countConnections(router, server);
  const quiet = logErrors(router, server);
  return () => {
    ignore();
    server.off(event, admit);
    quiet();
  };
}

/**
 * Logs errors of a server that listens, such as running out of file descriptors: unheard, one would end the
 * process. Why it cannot listen at all, on the other hand, is for who told it to.
 */
function logErrors(router: Host, server: Server): () => void {
  const heard = (reason: string): void => router.log('error', 'accepting a connection failed', { reason });
  const failed = (error: Error): void => {
    heard(error.message);
  };
  const dropped = (): void => {
    heard(`as many connections as may be (${server.maxConnections})`);
  };
  const listen = (): void => {
    server.off('error', failed);
    server.on('error', failed);
  };
  const handshake = (error: Error, socket: TLSSocket): void => {
    router.log('debug', 'TLS handshake failed', { reason: error.message });
    // A `tls.Server` leaves that to us: it would stay open for ever, even when the handshake took too long.
    socket.destroy();
  };
  if (server.listening) listen();
  server.on('listening', listen);
  server.on('drop', dropped);
  server.on('tlsClientError', handshake);
  return () => {
    server.off('listening', listen);
    server.off('tlsClientError', handshake);
    server.off('error', failed);
    server.off('drop', dropped);
  };
}

/**
 * Tells the server behind another one when that one listens, for that is when Node begins to enforce an HTTP server's
 * `headersTimeout` and `requestTimeout`.
 * @returns what ends that
 */
export function tellListening(server: Server, behind: Server): () => void {
  const listens = (): boolean => behind.emit('listening');
  if (server.listening) listens();
  server.on('listening', listens);
  return () => {
    server.off('listening', listens);
  };
}

/** Gives a connection to another server, which reads what has been put back as well. */
export function passOn(socket: Socket, behind: Server): void {
  behind.emit('connection', socket);
  // TLS reads the connection itself. The others do on a turn of their own, so that the octets meet all listeners.
  if (!(behind instanceof TlsServer)) process.nextTick(() => socket.resume());
}

/** The address that a server is bound to; empty for a Unix socket, and while it does not listen. */
export function boundAddress(server: Server): string {
  const address = server.address();
  return address === null || typeof address === 'string' ? '' : address.address;
}
