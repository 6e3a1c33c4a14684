/** Connections that come through proxies which say for whom they are (PROXY protocol, versions 1 and 2). */
import type { Server, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { deadline } from '../connection/deadline.ts';
import { hostOf, type Host, type Router } from '../host.ts';
import { placeOf } from './accepting.ts';
import { onConnection, tellListening } from './listening.ts';
import { OpenSet } from './open-set.ts';
import { setPeerAddress } from './peer-address.ts';
import { readProxyHeader, type ProxyHeader } from './proxy-header.ts';
import { TrustedProxies } from './trusted-proxies.ts';

export interface ProxiedOptions {
  /** The server that listens: a `net.Server`. */
  readonly server: Server;
  /**
   * Who gets every connection once its header is read: the server that a transport or `shareOnePort` was given, be it one
   * of `node:http`, `node:https`, `node:net` or `node:tls`. It does not listen itself.
   */
  readonly behind: Server;
  /** Addresses of the proxies, and networks of them: `10.1.2.3`, `10.0.0.0/8`, `2001:db8::/32`; `unix` for Unix sockets. */
  readonly trusted: readonly string[];
}

/** What {@link acceptProxied} started. */
export interface ProxiedAcceptor {
  /** Takes no more connections, and ends those that have not told yet for whom they are; resolves when these are closed. */
  close(): Promise<void>;
}

/**
 * Reads the header that trusted proxies send first, and passes on what follows. What it says is the client's address
 * for whatever asks for that: session details, limits, back-off. A trusted proxy that sends none is cut off. Of
 * everybody else none is read: they are passed on as they come.
 */
export function acceptProxied(router: Router, options: ProxiedOptions): ProxiedAcceptor {
  const host = hostOf(router);
  const { server, behind } = options;
  const trusted = new TrustedProxies(options.trusted);
  const waiting = new OpenSet<Socket>();
  host.admission.trust(trusted);
  const stop = onConnection(host, server, (socket) => {
    if (!trusted.has(socket.remoteAddress)) {
      behind.emit('connection', socket);
      return;
    }
    waiting.add(socket);
    onHeader(host, socket, (header) => {
      waiting.delete(socket);
      if (header === undefined) return;
      if (header.client !== undefined) {
        setPeerAddress(socket, header.client);
        placeOf(host, socket).at(header.client.address);
      }
      pass(socket, behind);
    });
  });
  const untell = tellListening(server, behind);
  return {
    close() {
      stop();
      untell();
      for (const socket of waiting) socket.destroy();
      return waiting.empty();
    },
  };
}

function pass(socket: Socket, behind: Server): void {
  behind.emit('connection', socket);
  // TLS reads the connection itself. The others do on a turn of their own, so that the octets meet all listeners.
  if (!(behind instanceof TlsServer)) process.nextTick(() => socket.resume());
}

/** @param take is told the header, whose octets are gone, or undefined when there was none */
function onHeader(router: Host, socket: Socket, take: (header: ProxyHeader | undefined) => void): void {
  let octets = Buffer.alloc(0);
  const dismiss = deadline(router, 'hello_timeout', () => socket.destroy());
  const gone = (): void => {
    dismiss();
    take(undefined);
  };
  const end = (): void => {
    socket.destroy();
  };
  const hear = (chunk: Buffer): void => {
    octets = Buffer.concat([octets, chunk]);
    const header = readProxyHeader(octets);
    if (header === undefined) return;
    if (header === 'malformed') {
      router.log('warn', 'a trusted proxy did not say for whom it connects', { proxy: socket.remoteAddress });
      socket.destroy();
      return;
    }
    dismiss();
    socket.off('data', hear).off('end', end).off('close', gone).pause();
    if (octets.length > header.size) socket.unshift(octets.subarray(header.size));
    take(header);
  };
  // Whoever takes it hears its errors, too; until then, unheard, one would end the process.
  socket.on('error', () => undefined);
  socket.on('data', hear).once('end', end).once('close', gone);
}
