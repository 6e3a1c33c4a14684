/** Functions for servers that accept connections. */
import { Server as TlsServer, type TLSSocket } from 'node:tls';
import type { Server, Socket } from 'node:net';
import type { Host } from '../host.ts';
import { countConnections } from './accepting.ts';

/**
 * Calls `admit` for each connection of a server: TCP, Unix socket, or TLS once its handshake is complete.
 * @returns a function that stops it
 */
export function onConnection(router: Host, server: Server, admit: (socket: Socket) => void): () => void {
  const event = server instanceof TlsServer ? 'secureConnection' : 'connection';
  server.on(event, admit);
  const stopCounting = countConnections(router, server);
  const quiet = logErrors(router, server);
  return () => {
    stopCounting();
    server.off(event, admit);
    quiet();
  };
}

/**
 * Logs errors of a listening server, such as running out of file descriptors; without a listener, they would end the
 * process. Errors of `listen` itself are left to its caller.
 */
function logErrors(router: Host, server: Server): () => void {
  const heard = (reason: string): void =>
    router.log('error', 'accepting a connection failed', { code: 'accept_failed', reason });
  const failed = (error: Error): void => {
    heard(error.message);
  };
  const dropped = (): void => {
    heard(`the server has reached its maxConnections (${server.maxConnections})`);
  };
  const listen = (): void => {
    server.off('error', failed);
    server.on('error', failed);
  };
  const handshake = (error: Error, socket: TLSSocket): void => {
    router.log('debug', 'TLS handshake failed', { code: 'tls_handshake_failed', reason: error.message });
    // A `tls.Server` does not do this: the socket would stay open for ever, even after a handshake timeout.
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
 * Emits `listening` on the server behind another one when that one listens, which is when Node begins to enforce
 * `headersTimeout` and `requestTimeout`.
 * @returns a function that stops it
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
  // TLS reads the connection itself. For others, on the next tick, so that all listeners have been added when the octets flow.
  if (!(behind instanceof TlsServer)) process.nextTick(() => socket.resume());
}

/** The address that a server is bound to; empty for a Unix socket, and before it listens. */
export function boundAddress(server: Server): string {
  const address = server.address();
  return address === null || typeof address === 'string' ? '' : address.address;
}
