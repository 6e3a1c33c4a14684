/** Who the other side of an event or an invocation is. */
import type { Dict, Id } from '@wamp/protocol';

/** What the router discloses of a publisher or a caller: all, part or nothing of it. */
export interface Peer {
  readonly session?: Id;
  readonly authid?: string;
  readonly authrole?: string;
}

/** The peer that Details tell of under `role`, `role_authid` and `role_authrole`; undefined for none. */
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
