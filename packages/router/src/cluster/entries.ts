/** Applies the entries of a peer's stream to the realms of this node. */
import type { Id, InvocationPolicy, MatchPolicy, Uri } from '@wamp/protocol';
import type { ClusterRealm } from './cluster-realm.ts';
import type { PeerNode } from './peer.ts';
import { RemoteSession, type RemoteIdentity } from './remote-session.ts';
import { EntryType, type LinkEntry } from './wire.ts';

/** The part of the node that entries use. */
export interface EntryNode {
  realmNamed(name: Uri): ClusterRealm | undefined;
  /** Called for a realm that is not shared with the peer, because the two nodes configure it differently. */
  differs(peer: PeerNode, name: Uri, why: string): void;
}

/** The reason for not sharing a realm that this node does not have. */
export const NO_SUCH_REALM_HERE = 'this node does not have it, or not in the cluster';

type Handler = (peer: PeerNode, realm: ClusterRealm, entry: LinkEntry) => void;

/** Handles an entry of a peer. Entries of realms that are not shared, and of types unknown to this version, are skipped. */
export function handleEntry(node: EntryNode, peer: PeerNode, entry: LinkEntry): void {
  if (entry.type === EntryType.REALM) nameRealm(node, peer, entry);
  else if (entry.type === EntryType.SYNCED) peer.isSynced = true;
  else {
    const name = peer.realms.get(entry.realm);
    const realm = name === undefined ? undefined : node.realmNamed(name);
    if (realm !== undefined) HANDLERS[entry.type]?.(peer, realm, entry);
  }
}

function nameRealm(node: EntryNode, peer: PeerNode, { realm: index, fields }: LinkEntry): void {
  const [name, uriRules, disclosure, histories = []] = fields as [Uri, string, boolean, (readonly string[])?];
  const realm = node.realmNamed(name);
  let why: string | undefined;
  if (realm === undefined) why = NO_SUCH_REALM_HERE;
  else if (realm.core.uriRules !== uriRules)
    why = `its uri_rules are ${uriRules} at that node and ${realm.core.uriRules} at this one`;
  else if (realm.core.disclosure !== disclosure)
    why = `its disclosure is ${String(disclosure)} at that node and ${String(realm.core.disclosure)} at this one`;
  else why = otherHistory(histories, realm.core.sharing?.histories ?? []);
  if (realm === undefined) peer.unknownRealms.add(name);
  if (realm === undefined || why !== undefined) {
    node.differs(peer, name, why ?? '');
    return;
  }
  peer.realms.set(index, name);
  realm.met(peer);
}

/** Nodes that record different topics would number publications differently. */
function otherHistory(there: readonly string[], here: readonly string[]): string | undefined {
  if (there.join(' ') === here.join(' ')) return undefined;
  const told = (topics: readonly string[]): string => (topics.length === 0 ? 'nothing' : topics.join(', '));
  return `its history records ${told(there)} at that node and ${told(here)} at this one`;
}

const HANDLERS: Readonly<Partial<Record<number, Handler>>> = {
  [EntryType.SESSION]: (peer, realm, { fields }) => {
    const [id, authid, authrole, authmethod, authprovider, roles, transport, unlisted] = fields as [
      Id,
      string,
      string,
      string,
      string,
      RemoteIdentity['roles'],
      RemoteIdentity['transport'],
      boolean,
    ];
    const identity = { id, principal: { authid, authrole, authmethod, authprovider }, roles, transport };
    const session = new RemoteSession(identity, peer.id.name, peer.scope, realm.relay(peer));
    realm.addRemote(peer, session, unlisted);
  },
  [EntryType.AGAIN]: (peer, realm) => {
    realm.introduceTo(peer);
  },
  [EntryType.LEAVING]: (peer, realm, { fields: [id] }) => {
    realm.leavingRemote(peer, id as Id);
  },
  [EntryType.GONE]: (peer, realm, { fields: [id, quiet] }) => {
    realm.removeRemote(peer, id as Id, quiet === true);
  },
  [EntryType.CALLEE]: (peer, realm, { fields }) => {
    const [match, procedure, invoke, id, options, order] = fields as [
      MatchPolicy,
      Uri,
      InvocationPolicy,
      Id,
      Record<string, boolean>,
      number,
    ];
    const session = peer.session(realm, id);
    if (session !== undefined)
      realm.core.dealer.enroll(session, { match, procedure, invoke, options, order });
  },
  [EntryType.UNCALLEE]: (peer, realm, { fields }) => {
    const [match, procedure, id] = fields as [MatchPolicy, Uri, Id];
    const session = peer.session(realm, id);
    if (session !== undefined) realm.core.dealer.withdraw(session, match, procedure);
  },
  [EntryType.INTEREST]: (peer, realm, { fields }) => {
    const [match, topic, isWanted, created, isPending, isAlone] = fields as [
      MatchPolicy,
      Uri,
      boolean,
      number,
      boolean,
      boolean,
    ];
    realm.setInterest(peer, { match, topic, isWanted, created, isPending, isAlone });
  },
  [EntryType.SHARED]: (peer, realm, { fields, payload }) => {
    realm.heard(peer, fields, payload);
  },
  [EntryType.PUBLISH]: (peer, realm, { fields, payload }) => {
    realm.published(peer, fields, payload);
  },
  [EntryType.INVOKE]: (peer, realm, entry) => {
    realm.relay(peer).invoked(entry);
  },
  [EntryType.MORE]: (peer, realm, entry) => {
    realm.relay(peer).continued(entry);
  },
  [EntryType.CANCEL]: (peer, realm, entry) => {
    realm.relay(peer).canceled(entry);
  },
  [EntryType.RESULT]: (peer, realm, entry) => {
    realm.relay(peer).answered(entry);
  },
  [EntryType.ERROR]: (peer, realm, entry) => {
    realm.relay(peer).failed(entry);
  },
  [EntryType.DECLINE]: (peer, realm, entry) => {
    realm.relay(peer).returned(entry);
  },
  [EntryType.KILL]: (_peer, realm, { fields }) => {
    const [id, reason, message, quiet] = fields as [Id, Uri, string | null, boolean];
    realm.core.sessions.get(id)?.end(reason, message ?? undefined, { quiet });
  },
  [EntryType.REVOKE]: (_peer, realm, { fields }) => {
    const [match, procedure, id, reason] = fields as [MatchPolicy, Uri, Id, string | null];
    const registration = realm.core.dealer.registrations.get(match, procedure);
    const session = realm.core.sessions.get(id);
    if (registration !== undefined && session !== undefined)
      realm.core.dealer.revoke(registration, session, reason ?? undefined);
  },
  [EntryType.UNSUBSCRIBE]: (_peer, realm, { fields }) => {
    const [id, sessionId, reason] = fields as [Id, Id, string | null];
    const subscription = realm.core.broker.byId(id);
    const session = realm.core.sessions.get(sessionId);
    if (subscription !== undefined && session !== undefined)
      realm.core.broker.revoke(subscription, session, reason ?? undefined);
  },
};
