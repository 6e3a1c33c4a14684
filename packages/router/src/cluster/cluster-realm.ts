/** ClusterRealm: one realm of this node in the cluster: what it tells the others, and what they tell it. */
import type { Payload, Id, MatchPolicy, Register, Uri } from '@wamp/protocol';
import type { CoreRealm } from '../core/core-realm.ts';
import { Interests, POLICIES } from './interests.ts';
import type { Publication, Publisher } from '../core/publication.ts';
import type { Registration } from '../core/registration.ts';
import { isTrusted, type Session } from '../core/session.ts';
import { ClusterAnteroom, type AnteroomRealm } from './anteroom.ts';
import type { ClaimTicket, ClaimVerdict } from './claim-rules.ts';
import type { Claims } from './claims.ts';
import { isToldByEachNode, tellOfJoin, tellOfLeave } from './comings.ts';
import { registrationKey, type ClaimPrincipal } from './keys.ts';
import type { PeerNode, SharedRealm } from './peer.ts';
import { Relay } from './relay.ts';
import { RemoteSession } from './remote-session.ts';
import { patternId } from './pattern-id.ts';
import { EntryType, writeEntry, type EntryType as Type } from './wire.ts';

/** A callee of this node that the others have been told of. */
interface Announced {
  readonly fields: readonly unknown[];
  ticket: ClaimTicket | undefined;
}

/** What a realm needs of the node. */
export interface RealmNode {
  readonly peers: ReadonlyMap<string, PeerNode>;
  readonly claims: Claims;
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
  readonly #interests = new Interests();
  /** SUBSCRIBEs on their way, by topic and policy. */
  readonly #wanted = new Map<string, number>();
  readonly #relays = new Map<PeerNode, Relay>();

  constructor(node: RealmNode, core: CoreRealm, index: number) {
    this.#node = node;
    this.core = core;
    this.index = index;
    this.anteroom = new ClusterAnteroom(this);
    core.anteroom = this.anteroom;
    this.#listen();
  }

  get name(): Uri {
    return this.core.name;
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
    return this.#node.claims.claim(wanted, tell);
  }

  /**
   * Tells the other nodes of a callee that is about to register.
   * @returns what takes it back, unless the session has become a callee
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
    this.#announced.set(key, { fields, ticket: undefined });
    this.#tell(EntryType.CALLEE, fields);
    return () => {
      const registration = this.core.dealer.registrations.get(match, procedure);
      const isCallee = registration !== undefined && this.core.dealer.heldBy(session).has(registration);
      if (!isCallee) this.#retract(key, session, match, procedure);
    };
  }

  isAnnounced(session: Session, { match, procedure }: Registration): boolean {
    return this.#announced.has(announcedKey(session, match, procedure));
  }

  /** A callee is about to unregister. `done` is called once the others and the ledger know. */
  retract(session: Session, { match, procedure }: Registration, done: () => void): void {
    this.#retract(announcedKey(session, match, procedure), session, match, procedure);
    this.settled(() => {
      this.#node.claims.whenWritten(registrationKey(this.name, match, procedure), done);
    });
  }

  /**
   * Tells the other nodes that this one wants the events of a topic.
   * @returns what ends the waiting for it; undefined when they know
   */
  interest(match: MatchPolicy, topic: Uri): (() => void) | undefined {
    const isKnown = this.core.broker.subscriptions.get(match, topic) !== undefined;
    const key = `${match} ${topic}`;
    const waiting = this.#wanted.get(key) ?? 0;
    if ((isKnown && waiting === 0) || this.#node.peers.size === 0) return undefined;
    this.#wanted.set(key, waiting + 1);
    if (!isKnown && waiting === 0) this.#tell(EntryType.INTEREST, [match, topic, true]);
    return () => {
      const left = (this.#wanted.get(key) ?? 1) - 1;
      if (left > 0) this.#wanted.set(key, left);
      else this.#wanted.delete(key);
      if (left === 0) this.#dropInterest(match, topic);
    };
  }

  /** Tells a peer everything, when the link to it begins. */
  introduceTo(peer: PeerNode): void {
    this.nameTo(peer);
    for (const session of this.core.sessions.values()) this.#introduce(peer, session);
    for (const { fields } of this.#announced.values()) peer.put(EntryType.CALLEE, this.index, fields);
    for (const match of POLICIES)
      for (const { topic } of this.core.broker.subscriptions.values(match))
        peer.put(EntryType.INTEREST, this.index, [match, topic, true]);
    for (const key of this.#wanted.keys()) {
      const cut = key.indexOf(' ');
      peer.put(EntryType.INTEREST, this.index, [key.slice(0, cut), key.slice(cut + 1), true]);
    }
  }

  nameTo(peer: PeerNode): void {
    const { name, uriRules, disclosure } = this.core;
    peer.put(EntryType.REALM, this.index, [name, uriRules, disclosure]);
  }

  /** Tells a peer of a session that is in no list: one of the router's own that calls, or one that has just left. */
  introduceUnlisted(peer: PeerNode, session: Session): void {
    if (peer.unlisted.has(session)) return;
    peer.unlisted.add(session);
    this.#introduce(peer, session, true);
  }

  /** A session of a peer. @param unlisted true for one that is in no list */
  addRemote(peer: PeerNode, session: RemoteSession, unlisted: boolean): void {
    peer.add(this, session);
    if (unlisted) return;
    this.core.introduce(session);
    tellOfJoin(this.core, session);
  }

  /** @param isQuiet true for a session that leaves without `wamp.session.on_leave` */
  removeRemote(peer: PeerNode, id: Id, isQuiet: boolean): void {
    const session = peer.session(this, id);
    if (session === undefined) return;
    this.relay(peer).callerLeft(session);
    peer.remove(this, id);
    this.core.inTurns(this.#forgetting(session, isQuiet));
  }

  setInterest(peer: PeerNode, match: MatchPolicy, topic: Uri, isWanted: boolean): void {
    this.#interests.set(peer, match, topic, isWanted);
  }

  /** Publishes what was published at a peer. */
  published(peer: PeerNode, fields: readonly unknown[], payload: Payload): void {
    const [id, topic, options, publisherId, principal, trustlevel] = fields as [
      Id,
      Uri,
      Publication['options'],
      Id | null,
      Publisher['principal'] | null,
      number | null,
    ];
    const publisher =
      publisherId === null
        ? undefined
        : (peer.session(this, publisherId) ?? (principal && { id: publisherId, principal }));
    this.core.broker.relay(
      {
        ...{ id, topic, options, payload, origin: { kind: publisher ? 'session' : 'router' } },
        ...(publisher ? { publisher } : {}),
        trustlevel: trustlevel ?? undefined,
      },
      peer.id.name,
    );
  }

  /** Another node replaces callees of this one. @param by undefined for all of them */
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
   * Forgets everything that a peer has told.
   * @param isMourned true to publish what its sessions can publish no more
   */
  forget(peer: PeerNode, isMourned: boolean): void {
    this.#interests.forget(peer);
    for (const session of [...peer.sessionsIn(this).values()]) {
      session.isMourned = isMourned;
      this.core.inTurns(this.#forgetting(session, false));
    }
    this.#relays.delete(peer);
  }

  *#forgetting(session: RemoteSession, isQuiet: boolean): Generator<void, void> {
    const isListed = this.core.everyone.get(session.id) === session;
    yield* this.core.forgetting(session);
    if (isListed && !isQuiet) tellOfLeave(this.core, session);
  }

  #listen(): void {
    const { core } = this;
    core.joined.on((session) => {
      for (const peer of this.#node.peers.values()) this.#introduce(peer, session);
    });
    core.left.on(({ id }, { quiet = false }) => {
      this.#tell(EntryType.GONE, [id, quiet]);
    });
    core.dealer.registered.on((session, registration) => {
      if (session.remote === undefined && core.sessions.has(session.id))
        this.#enrolled(session, registration);
    });
    core.dealer.unregistered.on((session, { match, procedure }) => {
      this.#retract(announcedKey(session, match, procedure), session, match, procedure);
    });
    core.broker.created.on((_session, { match, topic }) => {
      if (!this.#wanted.has(`${match} ${topic}`)) this.#tell(EntryType.INTEREST, [match, topic, true]);
    });
    core.broker.deleted.on((_session, { match, topic }) => {
      this.#dropInterest(match, topic);
    });
    core.broker.published.on((publication) => {
      if (this.#node.peers.size > 0) this.#forward(publication);
    });
  }

  /** A client of this node has become a callee. */
  #enrolled(session: Session, registration: Registration): void {
    const { match, procedure, invoke, callees } = registration;
    const key = announcedKey(session, match, procedure);
    const callee = callees.find((other) => other.session === session);
    if (!this.#announced.has(key) && callee !== undefined) {
      // It was taken back meanwhile: the session has replaced itself.
      const { order, forwardsTimeout, disclosesCaller } = callee;
      const told = { forward_timeout: forwardsTimeout, disclose_caller: disclosesCaller };
      const fields = [match, procedure, invoke, session.id, told, order];
      this.#announced.set(key, { fields, ticket: undefined });
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

  #dropInterest(match: MatchPolicy, topic: Uri): void {
    if (this.#wanted.has(`${match} ${topic}`)) return;
    if (this.core.broker.subscriptions.get(match, topic) === undefined)
      this.#tell(EntryType.INTEREST, [match, topic, false]);
  }

  #introduce(peer: PeerNode, session: Session, unlisted = false): void {
    const { id, principal, features, transport } = session;
    const { authid, authrole, authmethod, authprovider } = principal;
    const who = [id, authid, authrole, authmethod, authprovider];
    peer.put(EntryType.SESSION, this.index, [...who, features.toObject(), transport, unlisted]);
  }

  /** Tells all peers. */
  #tell(type: Type, fields: readonly unknown[]): void {
    if (this.#node.peers.size === 0) return;
    const entry = writeEntry(type, this.index, fields);
    for (const peer of this.#node.peers.values()) peer.link.put(entry);
  }

  #forward(publication: Publication): void {
    if (publication.origin.kind === 'node' || isToldByEachNode(publication)) return;
    const { topic, options } = publication;
    const targets = options.retain === true ? new Set(this.#node.peers.values()) : this.#interests.of(topic);
    if (targets.size === 0) return;
    const { id, publisher, payload, trustlevel } = publication;
    const isKnown = publisher === undefined || this.core.sessions.has(publisher.id);
    const from = [publisher?.id ?? null, isKnown ? null : publisher.principal, trustlevel ?? null];
    const entry = this.#written([id, topic, options, ...from], payload);
    if (entry === undefined) return;
    for (const peer of targets) {
      if (peer.link.hasRoom) peer.link.put(entry);
      else peer.dropped += 1;
    }
  }

  #written(fields: readonly unknown[], payload: Payload): Uint8Array | undefined {
    try {
      return writeEntry(EntryType.PUBLISH, this.index, fields, payload);
    } catch (error) {
      this.core.failed.emit(error);
      return undefined;
    }
  }
}

function announcedKey({ id }: Session, match: MatchPolicy, procedure: Uri): string {
  return `${id} ${match} ${procedure}`;
}
