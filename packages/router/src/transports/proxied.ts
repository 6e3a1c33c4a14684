/** Connections that come through proxies which say for whom they are (PROXY protocol, versions 1 and 2). */
import type { Server, Socket } from 'node:net';
import { hostOf, type Host, type Router } from '../host.ts';
import { placeOf } from './accepting.ts';
import { Reception, type ReadBeginning } from './beginning.ts';
import { passOn } from './listening.ts';
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
  host.admission.trust(trusted);
  const admit = (socket: Socket): void => {
    if (!trusted.has(socket.remoteAddress)) {
      behind.emit('connection', socket);
      return;
    }
    reception.hear(socket, headerReader(host, socket), ({ client }) => {
      if (client !== undefined) {
        setPeerAddress(socket, client);
        placeOf(host, socket).at(client.address);
      }
      passOn(socket, behind);
    });
  };
  const reception = new Reception(host, server, admit, behind);
  return {
    close: () => reception.close(),
  };
}

/** Cuts off a proxy that does not send what it should. */
function headerReader(router: Host, socket: Socket): ReadBeginning<ProxyHeader> {
  return (octets) => {
    const header = readProxyHeader(octets);
    if (header === undefined) return undefined;
    if (header !== 'malformed') return { value: header, size: header.size };
    router.log('warn', 'a trusted proxy did not say for whom it connects', { proxy: socket.remoteAddress });
    socket.destroy();
    return undefined;
  };
}
