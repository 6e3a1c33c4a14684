/** RawSocket and HTTP on one port, distinguished by the first octet of a connection (spec: RawSocket Transport). */
import type { Server as HttpServer } from 'node:http';
import type { Server, Socket } from 'node:net';
import { RAW_SOCKET_MAGIC } from '@wamp/protocol';
import { hostOf, type Router } from '../host.ts';
import { firstOctet, Reception } from './beginning.ts';
import { passOn } from './listening.ts';
import { RawSocketEntrance, type RawSocketRules } from './rawsocket.ts';

export interface OnePortOptions extends RawSocketRules {
  /** The server that listens: a `net.Server`, or a `tls.Server` for `https`, `wss` and RawSocket over TLS. */
  readonly server: Server;
  /**
   * The HTTP server that gets every connection that is not RawSocket. It does not listen itself; it emits `listening`
   * when `server` does, which is when Node begins to enforce its `headersTimeout` and `requestTimeout`.
   */
  readonly http: HttpServer;
}

/** What {@link shareOnePort} started. */
export interface OnePortAcceptor {
  /** Stops accepting connections; resolves when the last RawSocket is closed. */
  close(): Promise<void>;
}

/** Accepts RawSocket clients of `server` for `router`, and passes all other connections to an HTTP server. */
export function shareOnePort(router: Router, options: OnePortOptions): OnePortAcceptor {
  const host = hostOf(router);
  const { server, http } = options;
  const entrance = new RawSocketEntrance(host, options);
  const admit = (socket: Socket): void => {
    reception.hear(socket, firstOctet, (octet) => {
      if (octet === RAW_SOCKET_MAGIC) entrance.admit(socket);
      else passOn(socket, http);
    });
  };
  const reception = new Reception(host, server, admit, http);
  return {
    close() {
      void reception.close();
      return entrance.empty();
    },
  };
}
