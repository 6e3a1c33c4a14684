/** Connections through proxies that name the client (PROXY protocol, versions 1 and 2). */
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
   * The server that gets each connection after its header: the server of a transport or of `shareOnePort`, from
   * `node:http`, `node:https`, `node:net` or `node:tls`. It does not listen itself.
   */
  readonly behind: Server;
  /** Addresses or networks of the proxies: `10.1.2.3`, `10.0.0.0/8`, `2001:db8::/32`; `unix` for Unix sockets. */
  readonly trusted: readonly string[];
}

/** What {@link acceptProxied} started. */
export interface ProxiedAcceptor {
  /** Stops accepting connections, and ends those whose header has not arrived; resolves when these are closed. */
  close(): Promise<void>;
}

/**
 * Reads the header that trusted proxies send first, and passes the connection on. The header determines the client's
 * address everywhere: session details, limits, throttling of logins. The connection of a trusted proxy without a header
 * is destroyed. Other connections are passed on unread.
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
    router.log('warn', 'a trusted proxy sent no PROXY protocol header', {
      code: 'proxy_header_missing',
      proxy: socket.remoteAddress,
    });
    socket.destroy();
    return undefined;
  };
}
