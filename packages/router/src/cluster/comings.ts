/** Publishes to the subscribers of this node that sessions of other nodes have joined or left. */
import { Payload, type Args, type Uri } from '@wamp/protocol';
import type { CoreRealm } from '../core/core-realm.ts';
import { FROM_ROUTER, type Publication } from '../core/publication.ts';
import { describe } from '../features/session-meta.ts';
import type { RemoteSession } from './remote-session.ts';

const ON_JOIN = 'wamp.session.on_join';
const ON_LEAVE = 'wamp.session.on_leave';

/**
 * True for `on_join` and `on_leave`, which are not forwarded: each node publishes them itself when it adds or removes a session.
 * So a subscriber that has received on_join of a session also receives on_leave, whatever fails.
 */
export function isToldByEachNode({ topic, origin }: Publication): boolean {
  return origin.kind === 'router' && (topic === ON_JOIN || topic === ON_LEAVE);
}

export function tellOfJoin(core: CoreRealm, session: RemoteSession): void {
  if (core.sessions.size > 0) tell(core, session, ON_JOIN, [describe(session)]);
}

export function tellOfLeave(core: CoreRealm, session: RemoteSession): void {
  const { id, principal } = session;
  tell(core, session, ON_LEAVE, [id, principal.authid, principal.authrole]);
}

function tell(core: CoreRealm, { node }: RemoteSession, topic: Uri, args: Args): void {
  const publication = { id: core.globalId(), topic, options: {}, payload: Payload.of(args) };
  core.broker.relay({ ...publication, origin: FROM_ROUTER }, node);
}
