/** ClusterMembers: the other nodes of the cluster that this one knows, and the realms that it shares with them. */
import type { Uri } from '@wamp/protocol';
import type { Clock } from '../core/clock.ts';
import type { CoreRealm } from '../core/core-realm.ts';
import type { Turns } from '../core/work.ts';
import type { Log } from '../log.ts';
import { ClusterRealm, type RealmNode } from './cluster-realm.ts';
import type { Deaths } from './deaths.ts';
import type { ClusterEngine, NodeId } from './engine.ts';
import { handleEntry, NO_SUCH_REALM_HERE } from './entries.ts';
import { valueBytes, valueOf } from './keys.ts';
import { Link, type EndOfTurn } from './link.ts';
import { PeerNode } from './peer.ts';
import {
  agreedVersion,
  EntryType,
  HEAD,
  Kind,
  readHead,
  writeMessage,
  type Head,
  type LinkEntry,
  type WireVersions,
} from './wire.ts';

/** How often the node looks who is silent (ms). */
export const LOOK = 250;
/** What may be on its way to one node, and to all (bytes). */
const WINDOW = 8 * 1024 * 1024;
const ALL_WINDOWS = 24 * 1024 * 1024;
/** A node that leaves more unacknowledged (bytes) is taken for dead. */
const MOST_KEPT = 64 * 1024 * 1024;

/** How long other nodes have to acknowledge what a client waits for (ms). */
const SETTLING = 1000;

/** What a cluster needs of the router. */
export interface ClusterRouter {
  readonly clock: Clock;
  readonly queue: EndOfTurn;
  readonly turns: Turns;
  readonly log: Log;
}

export interface MembersOptions {
  readonly engine: ClusterEngine;
  /** A node of which nothing is heard for so long is declared dead (ms). */
  readonly deadAfter: number;
  readonly wire: WireVersions;
}

/** One run of this node. */
export interface NodeRun {
  readonly self: NodeId;
  readonly deaths: Deaths;
}

/** What must stay as it is in all versions of the wire. */
interface Hello extends WireVersions {
  readonly name: string;
}

export class ClusterMembers {
  readonly peers: Map<string, PeerNode> = new Map();
  readonly realms: Map<Uri, ClusterRealm> = new Map();
  /** By run of a node: what keeps this node from sharing a realm, or everything, with another one. */
  readonly #differences = new Map<string, Set<string>>();
  readonly #router: ClusterRouter;
  readonly #engine: ClusterEngine;
  readonly #deadAfter: number;
  readonly #wire: WireVersions;
  readonly #run: () => NodeRun;
  /** Runs of nodes that have said goodbye. */
  readonly #left = new Set<string>();
  /** Runs of nodes that speak no version of the wire that this one speaks, and when they were heard of. */
  readonly #unknown = new Map<string, number>();
  #realmCount = 0;
  #lookedAt = 0;

  constructor(router: ClusterRouter, { engine, deadAfter, wire }: MembersOptions, run: () => NodeRun) {
    this.#router = router;
    this.#engine = engine;
    this.#deadAfter = deadAfter;
    this.#wire = wire;
    this.#run = run;
  }

  /** Adds a realm to those that the cluster shares. */
  addRealm(node: RealmNode, realm: CoreRealm): void {
    const added = new ClusterRealm(node, realm, this.#realmCount, () => this.#run().self);
    this.#realmCount += 1;
    this.realms.set(realm.name, added);
    for (const peer of this.peers.values()) {
      const isLate = peer.unknownRealms.delete(realm.name);
      if (isLate) this.#forget(peer.id.epoch, notShared(realm.name, peer, NO_SUCH_REALM_HERE));
      added.introduceTo(peer, isLate);
    }
  }

  realmNamed(name: Uri): ClusterRealm | undefined {
    return this.realms.get(name);
  }

  /** A realm is not as it is at another node: it is not shared with it. */
  differs(peer: PeerNode, realm: Uri, why: string): void {
    this.#note(peer.id.epoch, notShared(realm, peer, why));
    // Missing realms are common while a reload reaches one node after another.
    this.#router.log(why === NO_SUCH_REALM_HERE ? 'info' : 'error', 'realm not shared with a node', {
      code: 'cluster_realm_differs',
      node: peer.id.name,
      realm,
      why,
    });
  }

  /** Whether all features have what clients need. */
  get isReady(): boolean {
    for (const { core } of this.realms.values()) if (core.sharing?.isReady === false) return false;
    return true;
  }

  /** What keeps this node from sharing a realm, or everything, with another one that is there. */
  get difference(): string | undefined {
    for (const [epoch, [why]] of this.#differences) {
      if (!this.isGone(epoch)) return why;
      this.#differences.delete(epoch);
    }
    return undefined;
  }

  /** @returns false for what is known */
  #note(epoch: string, why: string): boolean {
    const known = this.#differences.get(epoch) ?? new Set<string>();
    this.#differences.set(epoch, known);
    if (known.has(why)) return false;
    known.add(why);
    return true;
  }

  /** A difference is none any more. */
  #forget(epoch: string, why: string): void {
    const known = this.#differences.get(epoch);
    known?.delete(why);
    if (known?.size === 0) this.#differences.delete(epoch);
  }

  /** Whether a run of a node has left, by its own will or not. */
  isGone(epoch: string): boolean {
    return this.#left.has(epoch) || this.#run().deaths.has(epoch);
  }

  /** Whether a run of a node is a peer, or speaks without being understood. */
  hears(epoch: string): boolean {
    const heardAt = this.peers.has(epoch) ? Infinity : (this.#unknown.get(epoch) ?? -Infinity);
    return this.#router.clock.elapsed() - heardAt < this.#deadAfter;
  }

  received(bytes: Uint8Array): void {
    const head = readHead(bytes);
    if (head === undefined || head.epoch === this.#run().self.epoch) return;
    if (this.isGone(head.epoch)) {
      if (head.kind === Kind.HELLO) this.#run().deaths.remind(head.epoch);
      return;
    }
    this.#router.turns.began();
    const body = bytes.subarray(HEAD);
    let peer = this.peers.get(head.epoch);
    if (head.kind === Kind.BYE) this.#left.add(head.epoch);
    if (head.kind === Kind.HELLO) peer ??= this.#meet(head, body);
    if (peer === undefined) return;
    peer.heardAt = this.#router.clock.elapsed();
    peer.isDown = false;
    if (head.kind === Kind.BYE) this.forget(peer, false);
    else if (head.kind !== Kind.HELLO && head.version === peer.version) peer.link.receive(head, body);
  }

  /** The connection to the engine is there again. */
  reconnected(): void {
    this.excuseSilence();
    for (const { link } of this.peers.values()) link.reconnected();
    this.greet();
  }

  /** It was this node that did not hear. */
  excuseSilence(): void {
    const now = this.#router.clock.elapsed();
    this.#lookedAt = now;
    for (const peer of this.peers.values()) peer.heardAt = now;
  }

  /** Declares those dead that are silent, or do not read. @param isConnected whether this node can hear anybody */
  look(isConnected: boolean): void {
    const now = this.#router.clock.elapsed();
    // This process stood still itself.
    if (now - this.#lookedAt > 4 * LOOK || !isConnected) this.excuseSilence();
    this.#lookedAt = now;
    for (const peer of this.peers.values()) {
      peer.link.check();
      const isSilent = now - peer.heardAt >= this.#deadAfter;
      if (!isSilent && peer.link.unacknowledged <= MOST_KEPT) continue;
      if (!peer.isDown) this.#tell('warn', 'a node is out of reach', 'cluster_node_silent', peer);
      peer.isDown = true;
      this.#run().deaths.certify(peer.id.epoch);
    }
  }

  /** Calls back once all nodes that can be reached have processed what was put on the links so far, or after a second. */
  settled(done: () => void): void {
    let left = 1;
    let dismiss: (() => void) | undefined;
    const one = (): void => {
      left -= 1;
      if (left > 0) return;
      dismiss?.();
      done();
    };
    for (const peer of this.peers.values()) {
      if (peer.isDown) continue;
      left += 1;
      peer.link.whenAcknowledged(one);
    }
    if (left > 1) {
      dismiss = this.#router.clock.after(SETTLING, () => {
        if (left <= 0) return;
        left = 0;
        done();
      });
    }
    one();
  }

  /** Says to all that this node is alive. */
  greet(): void {
    this.#engine.broadcast(this.#hello());
  }

  sayGoodbye(): void {
    for (const { link } of this.peers.values()) link.flush();
    this.#engine.broadcast(this.#message(Kind.BYE));
  }

  /** @param isMourned true to publish what the sessions of a dead node can publish no more */
  forget(peer: PeerNode, isMourned: boolean): void {
    this.peers.delete(peer.id.epoch);
    peer.link.close();
    for (const realm of this.realms.values()) realm.forget(peer, isMourned);
    this.#tell(isMourned ? 'warn' : 'info', 'a node has left the cluster', 'cluster_node_left', peer);
  }

  /** A node says hello that was not known. */
  #meet({ epoch }: Head, body: Uint8Array): PeerNode | undefined {
    const hello = valueOf(body) as Hello | undefined;
    if (hello === undefined) return undefined;
    const version = agreedVersion(this.#wire, hello);
    if (version === undefined) {
      this.#isNotUnderstood(epoch, hello);
      this.#unknown.set(epoch, this.#router.clock.elapsed());
      return undefined;
    }
    const id = { name: hello.name, epoch };
    const peer: PeerNode = new PeerNode(
      id,
      version,
      this.#linkTo(id, version, (entry) => {
        this.#handle(peer, entry);
      }),
      this.#router.clock.elapsed(),
    );
    this.peers.set(epoch, peer);
    this.#engine.send(id, this.#hello());
    for (const realm of this.realms.values()) realm.introduceTo(peer);
    peer.put(EntryType.SYNCED, 0, []);
    this.#tell('info', 'a node has joined the cluster', 'cluster_node_joined', peer);
    return peer;
  }

  #isNotUnderstood(epoch: string, { name, min, max }: Hello): void {
    const own = `${this.#wire.min} to ${this.#wire.max}`;
    const why = `node ${name} speaks versions ${min} to ${max} of the wire of the cluster, this one ${own}`;
    if (this.#note(epoch, why))
      this.#router.log('error', 'a node is not understood', { code: 'cluster_version', why });
  }

  #linkTo(id: NodeId, version: number, received: (entry: LinkEntry) => void): Link {
    return new Link({
      clock: this.#router.clock,
      queue: this.#router.queue,
      epoch: this.#run().self.epoch,
      version,
      maxMessage: this.#engine.maxMessage,
      window: () => Math.min(WINDOW, ALL_WINDOWS / Math.max(this.peers.size, 1)),
      send: (bytes) => {
        this.#engine.send(id, bytes);
      },
      received,
    });
  }

  #handle(peer: PeerNode, entry: LinkEntry): void {
    try {
      handleEntry(this, peer, entry);
    } catch (error) {
      this.#router.log('error', 'an entry of another node failed', {
        code: 'cluster_entry_failed',
        node: peer.id.name,
        type: entry.type,
        error,
      });
    }
  }

  #tell(
    level: 'info' | 'warn',
    what: string,
    code: 'cluster_node_joined' | 'cluster_node_left' | 'cluster_node_silent',
    peer: PeerNode,
  ): void {
    const { name, epoch } = peer.id;
    this.#router.log(level, what, { code, node: name, epoch });
  }

  #hello(): Uint8Array {
    const hello: Hello = { name: this.#run().self.name, ...this.#wire };
    return this.#message(Kind.HELLO, valueBytes(hello));
  }

  #message(kind: number, body?: Uint8Array): Uint8Array {
    const { epoch } = this.#run().self;
    const head = { version: this.#wire.min, kind, flags: 0, epoch, number: 0, ack: 0 };
    return writeMessage(head, body === undefined ? [] : [body]);
  }
}

function notShared(realm: Uri, { id }: PeerNode, why: string): string {
  return `realm ${realm} is not shared with ${id.name}: ${why}`;
}
