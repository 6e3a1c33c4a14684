/** Where a peer is, as its session tells it and as it is counted: the one place that says so. */
import type { Socket } from 'node:net';
import { plainAddress } from '../addresses.ts';

/** The peer's end of a connection. */
export interface PeerAddress {
  /** An IP address; undefined where there is none, as over a Unix socket. */
  readonly address: string | undefined;
  /** 0 where it is not known. */
  readonly port: number;
}

/** What proxies have said of connections that they made for somebody else (PROXY protocol). */
const said = new WeakMap<object, PeerAddress>();

/** Notes who is behind a proxy's connection. */
export function setPeerAddress(socket: Socket, peer: PeerAddress): void {
  said.set(socket, peer);
}

/** The other end of a connection that a server has accepted, or, behind a proxy, the other end of the proxy's. */
export function peerAddressOf(socket: Socket): PeerAddress {
  // A TLS socket knows the one that it stands on; Node's types do not.
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
