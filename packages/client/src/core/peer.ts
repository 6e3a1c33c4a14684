/** The publisher of an event, or the caller of an invocation. */
import type { Dict, Id } from '@wamp/protocol';

/** What the router discloses of a publisher or caller; it may be incomplete. */
export interface Peer {
  readonly session?: Id;
  readonly authid?: string;
  readonly authrole?: string;
}

/** The peer from the attributes `role`, `role_authid` and `role_authrole` of Details; undefined if there are none. */
export function peerIn(details: Dict, role: 'publisher' | 'caller'): Peer | undefined {
  const session = details[role];
  const authid = details[`${role}_authid`];
  const authrole = details[`${role}_authrole`];
  if (session === undefined && authid === undefined && authrole === undefined) return undefined;
  return {
    ...(typeof session === 'number' && { session }),
    ...(typeof authid === 'string' && { authid }),
    ...(typeof authrole === 'string' && { authrole }),
  };
}
