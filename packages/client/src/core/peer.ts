/** The publisher of an event, or the caller of an invocation. */
import type { Id } from '@wamp/protocol';

/** What the router discloses of a publisher or caller; it may be incomplete. */
export interface Peer {
  readonly session?: Id;
  readonly authid?: string;
  readonly authrole?: string;
}

/** The peer from what Details disclose, as received; undefined if that is nothing. */
export function peerOf(session: unknown, authid: unknown, authrole: unknown): Peer | undefined {
  if (session === undefined && authid === undefined && authrole === undefined) return undefined;
  return {
    ...(typeof session === 'number' && { session }),
    ...(typeof authid === 'string' && { authid }),
    ...(typeof authrole === 'string' && { authrole }),
  };
}
