/** The publisher of an event, or the caller of an invocation. */
import type { Dict, Id } from '@wamp/protocol';

/** What the router discloses of a publisher or caller; it may be incomplete. */
export interface Peer {
  readonly session?: Id;
  readonly authid?: string;
  readonly authrole?: string;
}

/** The attributes of Details. Composing their names for each message would cost more than all else here. */
const ATTRIBUTES = {
  publisher: ['publisher', 'publisher_authid', 'publisher_authrole'],
  caller: ['caller', 'caller_authid', 'caller_authrole'],
} as const;

/** The peer from the attributes of Details; undefined if there are none. */
export function peerIn(details: Dict, role: 'publisher' | 'caller'): Peer | undefined {
  const [id, ofAuthid, ofAuthrole] = ATTRIBUTES[role];
  const session = details[id];
  const authid = details[ofAuthid];
  const authrole = details[ofAuthrole];
  if (session === undefined && authid === undefined && authrole === undefined) return undefined;
  return {
    ...(typeof session === 'number' && { session }),
    ...(typeof authid === 'string' && { authid }),
    ...(typeof authrole === 'string' && { authrole }),
  };
}
