/** PeerNode: another node of the cluster, with the link to it, its sessions, and the calls in both directions. */
import { SessionScope, type Id, type Payload, type Uri } from '@wamp/protocol';
import type { CoreRealm } from '../core/core-realm.ts';
import { Numbered } from '../core/numbered.ts';
import type { Session } from '../core/session.ts';
import type { NodeId } from './engine.ts';
import type { Link } from './link.ts';
import type { RemoteSession } from './remote-session.ts';
import { writeEntry, type EntryType } from './wire.ts';

/** A realm that the nodes of the cluster share. */
export interface SharedRealm {
  readonly core: CoreRealm;
  /** Its number on the links of this node. */
  readonly index: number;
  readonly anteroom: {
    expects(session: Id, registration: Id): boolean;
    afterRegistering(session: Id, task: () => void): void;
  };
  introduceUnlisted(peer: PeerNode, session: Session): void;
}

/** A call of this node that a session of the peer answers. */
export interface OutgoingCall {
  readonly realm: SharedRealm;
  readonly callee: RemoteSession;
}

/** A call of the peer that a session of this node answers. */
export interface IncomingCall {
  readonly realm: SharedRealm;
  readonly caller: RemoteSession;
}

/** What a greeting has settled. */
interface Agreed {
  readonly version: number;
  readonly lease: number | undefined;
}

export class PeerNode {
  readonly id: NodeId;
  /** The version of the wire protocol that is agreed with it. */
  readonly version: number;
  readonly link: Link;
  /** Its lease (ms), if it has one: it ends its sessions when it is cut off for so long. */
  readonly lease: number | undefined;
  /** When its last message arrived, by `clock.elapsed()`. */
  heardAt: number;
  /** True when it has been silent for so long that no calls are sent to it. */
  isDown = false;
  /** True once it has sent its whole state, as it was when the link was created. */
  isSynced = false;
  /** Publications that were dropped because the window was full. */
  dropped = 0;
  /** Numbers the calls of this node to sessions of the peer. */
  readonly scope: SessionScope = new SessionScope();
  readonly outgoing: Numbered<OutgoingCall> = new Numbered();
  readonly incoming: Numbered<IncomingCall> = new Numbered();
  /** The names of the realms that are shared with the peer, by the numbers that it uses for them. */
  readonly realms: Map<number, Uri> = new Map();
  /** The realms of the peer that this node does not have. */
  readonly unknownRealms: Set<Uri> = new Set();
  /** Sessions of this node that were sent to the peer though they are not listed in their realm: the router's own. */
  readonly unlisted: Set<Session> = new Set();
  readonly #sessions = new Map<SharedRealm, Map<Id, RemoteSession>>();

  constructor(id: NodeId, agreed: Agreed, link: Link, now: number) {
    this.id = id;
    this.version = agreed.version;
    this.lease = agreed.lease;
    this.link = link;
    this.heardAt = now;
  }

  /** Whether a call may be sent to it now. */
  get isReachable(): boolean {
    return !this.isDown && this.link.hasRoom;
  }

  put(type: EntryType, realm: number, fields: readonly unknown[], payload?: Payload): void {
    this.link.put(writeEntry(type, realm, fields, payload));
  }

  /** The sessions of the peer in a realm. */
  sessionsIn(realm: SharedRealm): ReadonlyMap<Id, RemoteSession> {
    return this.#in(realm);
  }

  session(realm: SharedRealm, id: Id): RemoteSession | undefined {
    return this.#sessions.get(realm)?.get(id);
  }

  add(realm: SharedRealm, session: RemoteSession): void {
    this.#in(realm).set(session.id, session);
  }

  remove(realm: SharedRealm, id: Id): void {
    this.#sessions.get(realm)?.delete(id);
  }

  /** How many sessions it has. */
  get sessionCount(): number {
    let count = 0;
    for (const sessions of this.#sessions.values()) count += sessions.size;
    return count;
  }

  #in(realm: SharedRealm): Map<Id, RemoteSession> {
    let sessions = this.#sessions.get(realm);
    if (sessions === undefined) {
      sessions = new Map<Id, RemoteSession>();
      this.#sessions.set(realm, sessions);
    }
    return sessions;
  }
}
