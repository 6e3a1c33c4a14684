/** The address of a peer, for session details and for limits. */
import type { Socket } from 'node:net';
import { plainAddress } from '../addresses.ts';

/** The peer's end of a connection. */
export interface PeerAddress {
  /** An IP address; undefined when there is none, as over a Unix socket. */
  readonly address: string | undefined;
  /** 0 when it is not known. */
  readonly port: number;
}

/** The addresses that proxies have named for their connections (PROXY protocol). */
const said = new WeakMap<object, PeerAddress>();

/** Stores the address of the client behind a proxy's connection. */
export function setPeerAddress(socket: Socket, peer: PeerAddress): void {
  said.set(socket, peer);
}

/** The address of the peer of an accepted connection; behind a proxy, that of the proxy's client. */
export function peerAddressOf(socket: Socket): PeerAddress {
  // A TLS socket has a reference to its underlying socket, which Node's types lack.
  const { _parent: beneath = socket } = socket as { _parent?: object | null };
  const behind = said.get(beneath ?? socket);
  if (behind !== undefined) return behind;
  const { remoteAddress, remotePort = 0 } = socket;
  return { address: remoteAddress === undefined ? undefined : plainAddress(remoteAddress), port: remotePort };
}

/** For the session meta API, such as `tcp:192.0.2.1:50000` or `tcp:[2001:db8::1]:50000`. */
export function peerText({ address, port }: PeerAddress): string {
  if (address === undefined) return 'unix';
  return address.includes(':') ? `tcp:[${address}]:${port}` : `tcp:${address}:${port}`;
}
