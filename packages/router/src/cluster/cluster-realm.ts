/** ClusterRealm: one realm of this node in the cluster; sends its changes to the other nodes, and applies theirs. */
import { CloseUri, type Payload, type Id, type MatchPolicy, type Register, type Uri } from '@wamp/protocol';
import type { CoreRealm } from '../core/core-realm.ts';
import type { Registration } from '../core/registration.ts';
import { isTrusted, type Session } from '../core/session.ts';
import type { AnteroomRealm } from './anteroom-realm.ts';
import { ClusterAnteroom } from './anteroom.ts';
import type { ClaimTicket, ClaimVerdict } from './claim-rules.ts';
import { carrierOf } from './carrier.ts';
import type { Claims } from './claims.ts';
import { tellOfJoin, tellOfLeave } from './comings.ts';
import type { NodeId } from './engine.ts';
import { forwardPublications } from './forwarding.ts';
import { Interests, type Wish } from './interests.ts';
import { registrationKey, type ClaimPrincipal } from './keys.ts';
import type { PeerNode, SharedRealm } from './peer.ts';
import { publicationOf } from './publications.ts';
import { Relay } from './relay.ts';
import { RemoteSession } from './remote-session.ts';
import { patternId } from './pattern-id.ts';
import { EntryType, writeEntry, type EntryType as Type } from './wire.ts';
import { Wishes } from './wishes.ts';

/** The order of a claim is multiplied by this: its callees at different nodes are then distinguished by their session ids. */
const TIES = 2 ** 20;

/** A callee of this node that was announced to the others. */
interface Announced {
  readonly fields: readonly unknown[];
  readonly order: number;
  ticket: ClaimTicket | undefined;
}

/** The part of the node that a realm uses. */
export interface RealmNode {
  readonly peers: ReadonlyMap<string, PeerNode>;
  readonly claims: Claims;
  /** Why the node processes no message at present; undefined while it serves. */
  readonly closed: string | undefined;
  settled(done: () => void): void;
}

export class ClusterRealm implements SharedRealm, AnteroomRealm {
  readonly core: CoreRealm;
  /** Its number on the links of this node. */
  readonly index: number;
  readonly anteroom: ClusterAnteroom;
  readonly #node: RealmNode;
  /** By session and registration. */
  readonly #announced = new Map<string, Announced>();
  readonly #interests: Interests;
  readonly #wishes: Wishes;
  /** The nodes that share this realm. */
  readonly #sharers = new Set<PeerNode>();
  readonly #relays = new Map<PeerNode, Relay>();

  /** @param self the current run of this node */
  constructor(node: RealmNode, core: CoreRealm, index: number, self: () => NodeId) {
    this.#node = node;
    this.core = core;
    this.index = index;
    const idOf = (match: MatchPolicy, topic: Uri): Id => patternId('subscription', core.name, match, topic);
    this.#interests = new Interests(core.sharing, idOf, () => self().epoch);
    this.#wishes = new Wishes(core, this.#interests, (wish) => {
      this.#tell(EntryType.INTEREST, wish);
    });
    const settled = node.settled.bind(node);
    const { peers } = node;
    const lists = { sharers: this.#sharers, interests: this.#interests, wishes: this.#wishes };
    if (core.sharing !== undefined) {
      core.sharing.carrier = carrierOf({ index, self, peers, ...lists, settled });
      core.sharing.closed = (): string | undefined => node.closed;
    }
    this.anteroom = new ClusterAnteroom(this);
    core.anteroom = this.anteroom;
    this.#listen();
  }

  get name(): Uri {
    return this.core.name;
  }

  get closed(): string | undefined {
    return this.#node.closed;
  }

  relay(peer: PeerNode): Relay {
    let relay = this.#relays.get(peer);
    if (relay === undefined) this.#relays.set(peer, (relay = new Relay(peer, this)));
    return relay;
  }

  registrationId(match: MatchPolicy, procedure: Uri): Id {
    const known = this.core.dealer.registrations.get(match, procedure);
    return known?.id ?? patternId('registration', this.name, match, procedure);
  }

  settled(done: () => void): void {
    this.#node.settled(done);
  }

  claim(
    session: Session,
    { options, procedure }: Register,
    tell: (verdict: ClaimVerdict) => void,
  ): ClaimTicket {
    const { match = 'exact', invoke = 'single', force_reregister = false } = options;
    const { authid, authrole } = session.principal;
    const wanted = {
      ...{ realm: this.name, match, uri: procedure, invoke },
      by: { authid, authrole },
      force: force_reregister,
      isTrusted: isTrusted(session),
    };
    return this.#node.claims.claim(wanted, (verdict) => {
      // Callees that register at the same time at different nodes may get equal orders there.
      tell(verdict.won ? { ...verdict, order: verdict.order * TIES + (session.id % TIES) } : verdict);
    });
  }

  /** The greatest order of the callees of a registration, on the scale of claims. */
  latestOrder(match: MatchPolicy, procedure: Uri): number {
    const last = this.core.dealer.registrations.get(match, procedure)?.callees.at(-1);
    return Math.floor((last?.order ?? 0) / TIES);
  }

  /**
   * Announces a callee that is about to register to the other nodes.
   * @returns a function that withdraws the announcement, unless the session has become a callee
   */
  announce(session: Session, { options, procedure }: Register, order: number): () => void {
    const { match = 'exact', invoke = 'single', forward_timeout, disclose_caller } = options;
    const told = {
      ...(forward_timeout === undefined ? {} : { forward_timeout }),
      ...(disclose_caller === undefined ? {} : { disclose_caller }),
    };
    const key = announcedKey(session, match, procedure);
    if (this.#announced.has(key)) return () => undefined;
    const fields = [match, procedure, invoke, session.id, told, order];
    this.#announced.set(key, { fields, order, ticket: undefined });
    this.#tell(EntryType.CALLEE, fields);
    return () => {
      const registration = this.core.dealer.registrations.get(match, procedure);
      const isCallee = registration !== undefined && this.core.dealer.heldBy(session).has(registration);
      if (!isCallee) this.#retract(key, session, match, procedure);
    };
  }

  announcedOrder(
    session: Session,
    { match, procedure }: Pick<Registration, 'match' | 'procedure'>,
  ): number | undefined {
    return this.#announced.get(announcedKey(session, match, procedure))?.order;
  }

  /** Withdraws a callee. Calls `done` once the other nodes and the ledger have the change, or after two seconds. */
  retract(session: Session, { match, procedure }: Registration, done: () => void): void {
    this.#retract(announcedKey(session, match, procedure), session, match, procedure);
    this.settled(() => {
      this.#node.claims.whenWritten(registrationKey(this.name, match, procedure), done);
    });
  }

  /**
   * Announces a SUBSCRIBE to the other nodes.
   * @returns a function to call once it has been processed; undefined when it need not wait for them
   */
  interest(match: MatchPolicy, topic: Uri): (() => void) | undefined {
    return this.#node.peers.size === 0 ? undefined : this.#wishes.want(match, topic);
  }

  /** Sends a peer all that it needs of the realm. @param again also asks it for what it sent before this node had the realm */
  introduceTo(peer: PeerNode, again = false): void {
    this.nameTo(peer);
    if (again) peer.put(EntryType.AGAIN, this.index, []);
    for (const session of this.core.sessions.values()) this.#introduce(peer, session);
    for (const { fields } of this.#announced.values()) peer.put(EntryType.CALLEE, this.index, fields);
    for (const wish of this.#wishes.all()) peer.put(EntryType.INTEREST, this.index, wish);
  }

  nameTo(peer: PeerNode): void {
    const { name, uriRules, disclosure, sharing } = this.core;
    peer.put(EntryType.REALM, this.index, [name, uriRules, disclosure, sharing?.histories ?? []]);
  }

  /** Sends a peer a session that is not listed in the realm: one of the router's own that calls, or one that has just left. */
  introduceUnlisted(peer: PeerNode, session: Session): void {
    if (peer.unlisted.has(session)) return;
    peer.unlisted.add(session);
    this.#introduce(peer, session, true);
  }

  /** Adds a session of a peer. @param unlisted true for one that is not listed in the realm */
  addRemote(peer: PeerNode, session: RemoteSession, unlisted: boolean): void {
    peer.add(this, session);
    if (unlisted) return;
    this.core.introduce(session);
    tellOfJoin(this.core, session);
  }

  /** Ends the calls and registrations of a peer's session that begins to leave. */
  leavingRemote(peer: PeerNode, id: Id): void {
    const session = peer.session(this, id);
    if (session === undefined) return;
    this.relay(peer).callerLeft(session);
    this.core.inTurns(this.core.dealer.leaving(session));
  }

  /** Removes a peer's session that has left. @param isQuiet true to publish no `wamp.session.on_leave` */
  removeRemote(peer: PeerNode, id: Id, isQuiet: boolean): void {
    const session = peer.session(this, id);
    if (session === undefined) return;
    this.relay(peer).callerLeft(session);
    peer.remove(this, id);
    this.core.inTurns(this.#forgetting(session, isQuiet));
  }

  setInterest(peer: PeerNode, wish: Wish): void {
    const isHere = this.core.broker.subscriptions.get(wish.match, wish.topic) !== undefined;
    this.#interests.set(peer, wish, isHere);
  }

  /** Called when a peer begins to share the realm. */
  met(peer: PeerNode): void {
    this.#sharers.add(peer);
    for (const listener of this.core.sharing?.channels.values() ?? []) listener.met?.(peer.id);
  }

  /** Delivers a message of a peer's feature to the same feature here. */
  heard(peer: PeerNode, [channel, ...fields]: readonly unknown[], payload: Payload): void {
    this.core.sharing?.channels.get(String(channel))?.heard(peer.id, fields, payload);
  }

  /** Delivers a publication of a peer to subscribers here. */
  published(peer: PeerNode, fields: readonly unknown[], payload: Payload): void {
    const publication = publicationOf(fields, payload, peer.id.epoch, (id) => peer.session(this, id));
    this.core.broker.relay(publication, peer.id.name);
  }

  /** Revokes callees that another node replaces. @param by their principal; undefined for all callees */
  replaced(match: MatchPolicy, uri: Uri, by: ClaimPrincipal | undefined): void {
    const registration = this.core.dealer.registrations.get(match, uri);
    for (const { session } of registration?.callees ?? []) {
      const { authid, authrole } = session.principal;
      const isMeant = by === undefined || (authid === by.authid && authrole === by.authrole);
      if (registration !== undefined && isMeant && session.remote === undefined)
        this.core.dealer.revoke(registration, session, 'registered anew');
    }
  }

  /**
   * Removes everything that came from a peer.
   * @param isMourned true when this node publishes the testaments and meta events of its sessions
   */
  forget(peer: PeerNode, isMourned: boolean): void {
    this.#interests.forget(peer);
    for (const session of [...peer.sessionsIn(this).values()]) {
      session.isMourned = isMourned;
      this.core.inTurns(this.#forgetting(session, false));
    }
    this.#relays.delete(peer);
    if (!this.#sharers.delete(peer)) return;
    for (const listener of this.core.sharing?.channels.values() ?? []) listener.lost?.(peer.id);
  }

  /** Ends the sessions of this node, whose run is over: other nodes publish that they have left. */
  endSessions(): void {
    const { sharing, sessions } = this.core;
    if (sharing !== undefined) sharing.isReturning = true;
    for (const session of [...sessions.values()])
      session.end(CloseUri.SYSTEM_SHUTDOWN, 'the node was cut off from the cluster', { quiet: true });
  }

  *#forgetting(session: RemoteSession, isQuiet: boolean): Generator<void, void> {
    const isListed = this.core.everyone.get(session.id) === session;
    yield* this.core.forgetting(session);
    this.core.sharing?.gone.emit(session, session.isMourned);
    if (isListed && !isQuiet) tellOfLeave(this.core, session);
  }

  #listen(): void {
    const { core } = this;
    core.joined.on((session) => {
      for (const peer of this.#node.peers.values()) this.#introduce(peer, session);
    });
    // Sent before the session is removed step by step, so that its calls end in the same way at each node.
    core.leaving.on(({ id }) => {
      this.#tell(EntryType.LEAVING, [id]);
    });
    core.left.on(({ id }, { quiet = false }) => {
      this.#tell(EntryType.GONE, [id, quiet]);
    });
    core.dealer.registered.on((session, registration) => {
      if (session.remote === undefined && core.sessions.has(session.id))
        this.#enrolled(session, registration);
    });
    core.dealer.unregistered.on((session, { match, procedure }) => {
      const key = announcedKey(session, match, procedure);
      // An announcement without a ticket belongs to a later REGISTER of the session, which is not decided yet.
      if (this.#announced.get(key)?.ticket !== undefined) this.#retract(key, session, match, procedure);
    });
    forwardPublications(core, { index: this.index, peers: this.#node.peers, interests: this.#interests });
  }

  /** Called when a client of this node has become a callee. */
  #enrolled(session: Session, registration: Registration): void {
    const { match, procedure, invoke, callees } = registration;
    const key = announcedKey(session, match, procedure);
    const callee = callees.find((other) => other.session === session);
    if (!this.#announced.has(key) && callee !== undefined) {
      // The announcement was withdrawn when the session replaced its own registration.
      const { order, forwardsTimeout, disclosesCaller } = callee;
      const told = { forward_timeout: forwardsTimeout, disclose_caller: disclosesCaller };
      const fields = [match, procedure, invoke, session.id, told, order];
      this.#announced.set(key, { fields, order, ticket: undefined });
      this.#tell(EntryType.CALLEE, fields);
    }
    const announced = this.#announced.get(key);
    if (announced !== undefined) announced.ticket ??= this.#node.claims.hold(this.name, match, procedure);
  }

  #retract(key: string, session: Session, match: MatchPolicy, procedure: Uri): void {
    const announced = this.#announced.get(key);
    if (announced === undefined) return;
    this.#announced.delete(key);
    this.#tell(EntryType.UNCALLEE, [match, procedure, session.id]);
    announced.ticket?.close();
  }

  #introduce(peer: PeerNode, session: Session, unlisted = false): void {
    const { id, principal, features, transport } = session;
    const { authid, authrole, authmethod, authprovider } = principal;
    const who = [id, authid, authrole, authmethod, authprovider];
    peer.put(EntryType.SESSION, this.index, [...who, features.toObject(), transport, unlisted]);
  }

  /** Sends an entry to all peers. */
  #tell(type: Type, fields: readonly unknown[]): void {
    if (this.#node.peers.size === 0) return;
    const entry = writeEntry(type, this.index, fields);
    for (const peer of this.#node.peers.values()) peer.link.put(entry);
  }
}

function announcedKey({ id }: Session, match: MatchPolicy, procedure: Uri): string {
  return `${id} ${match} ${procedure}`;
}
