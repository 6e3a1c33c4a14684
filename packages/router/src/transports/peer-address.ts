/** Where a peer is, as its session tells it and as it is counted: the one place that says so. */
import type { Socket } from 'node:net';
import { plainAddress } from '../addresses.ts';

/** The peer's end of a connection. */
export interface PeerAddress {
  /** An IP address; undefined where there is none, as over a Unix socket. */
  readonly address: string | undefined;
  readonly port: number;
}

/** The other end of a connection that a server has accepted. */
export function peerAddressOf({ remoteAddress, remotePort = 0 }: Socket): PeerAddress {
  return { address: remoteAddress === undefined ? undefined : plainAddress(remoteAddress), port: remotePort };
}

/** For the session meta API, such as `tcp:192.0.2.1:50000`. */
export function peerText({ address, port }: PeerAddress): string {
  return address === undefined ? 'unix' : `tcp:${address}:${port}`;
}
