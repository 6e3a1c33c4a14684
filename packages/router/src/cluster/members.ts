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
import { helloBytes, helloIn, type Introduction } from './hello.ts';
import { Link, type EndOfTurn } from './link.ts';
import { PeerNode } from './peer.ts';
import { noteRun } from './runs.ts';
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

/** The interval at which the node looks for silent nodes (ms). */
export const LOOK = 250;
/** How much may be sent and not acknowledged, for one node and for all together (bytes). */
const WINDOW = 8 * 1024 * 1024;
const ALL_WINDOWS = 24 * 1024 * 1024;
/** A node that leaves more than this unacknowledged (bytes) is declared dead. */
const MOST_KEPT = 64 * 1024 * 1024;

/** How long a client waits for acknowledgements of other nodes (ms). */
const SETTLING = 1000;

/** The parts of the router that a cluster uses. */
export interface ClusterRouter {
  readonly clock: Clock;
  readonly queue: EndOfTurn;
  readonly turns: Turns;
  readonly log: Log;
}

export interface MembersOptions {
  readonly engine: ClusterEngine;
  /** A node that is silent for this long (ms) is declared dead. */
  readonly deadAfter: number;
  readonly wire: WireVersions;
  /** The lease of this node (ms), if it has one. */
  readonly lease: number | undefined;
}

/** One run of this node. */
export interface NodeRun {
  readonly self: NodeId;
  readonly deaths: Deaths;
}

export class ClusterMembers {
  readonly peers: Map<string, PeerNode> = new Map();
  readonly realms: Map<Uri, ClusterRealm> = new Map();
  /** Why this node does not share a realm, or anything, with another one, by the epoch of the other. */
  readonly #differences = new Map<string, Set<string>>();
  readonly #router: ClusterRouter;
  readonly #options: MembersOptions;
  readonly #run: () => NodeRun;
  /** Runs of nodes that have sent BYE. */
  readonly #left = new Map<string, true>();
  /** Runs of nodes that have no version of the wire protocol in common with this one, and when they last sent something. */
  readonly #unknown = new Map<string, number>();
  #realmCount = 0;
  #lookedAt = 0;

  constructor(router: ClusterRouter, options: MembersOptions, run: () => NodeRun) {
    this.#router = router;
    this.#options = options;
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

  /** Notes and logs that a realm is not shared with another node. */
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

  /** Whether all features have received from other nodes what clients need. */
  get isReady(): boolean {
    for (const { core } of this.realms.values()) if (core.sharing?.isReady === false) return false;
    return true;
  }

  /** Why this node does not share a realm, or anything, with another one that is present; undefined if it shares all. */
  get difference(): string | undefined {
    for (const [epoch, [why]] of this.#differences) {
      if (!this.isGone(epoch)) return why;
      this.#differences.delete(epoch);
    }
    return undefined;
  }

  /** @returns false if it was noted before */
  #note(epoch: string, why: string): boolean {
    const known = this.#differences.get(epoch) ?? new Set<string>();
    noteRun(this.#differences, epoch, known);
    if (known.has(why)) return false;
    known.add(why);
    return true;
  }

  /** Removes a difference that no longer exists. */
  #forget(epoch: string, why: string): void {
    const known = this.#differences.get(epoch);
    known?.delete(why);
    if (known?.size === 0) this.#differences.delete(epoch);
  }

  /** Whether a run of a node has left the cluster or is dead. */
  isGone(epoch: string): boolean {
    return this.#left.has(epoch) || this.#run().deaths.has(epoch);
  }

  /** Whether a run of a node sends messages: it is a peer, or a node with which no version of the wire protocol is shared. */
  hears(epoch: string): boolean {
    const heardAt = this.peers.has(epoch) ? Infinity : (this.#unknown.get(epoch) ?? -Infinity);
    return this.#router.clock.elapsed() - heardAt < this.#options.deadAfter;
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
    if (head.kind === Kind.BYE) noteRun(this.#left, head.epoch, true);
    if (head.kind === Kind.HELLO) peer ??= this.#meet(head, body);
    if (peer === undefined) return;
    peer.heardAt = this.#router.clock.elapsed();
    peer.isDown = false;
    if (head.kind === Kind.BYE) this.forget(peer, false);
    else if (head.kind !== Kind.HELLO && head.version === peer.version) peer.link.receive(head, body);
  }

  /** Called when the connection to the engine was established again. */
  reconnected(): void {
    this.excuseSilence();
    for (const { link } of this.peers.values()) link.reconnected();
    this.greet();
  }

  /** Measures silence from now on, because this node could not receive messages until now. */
  excuseSilence(): void {
    const now = this.#router.clock.elapsed();
    this.#lookedAt = now;
    for (const peer of this.peers.values()) peer.heardAt = now;
  }

  /** Declares nodes dead that are silent, acknowledge too little, or send what cannot be read. @param isConnected whether this node can receive messages */
  look(isConnected: boolean): void {
    const now = this.#router.clock.elapsed();
    // This process itself was frozen or busy.
    if (now - this.#lookedAt > 4 * LOOK || !isConnected) this.excuseSilence();
    this.#lookedAt = now;
    for (const peer of this.peers.values()) {
      peer.link.check();
      const { heardAt, link } = peer;
      const isSilent = now - heardAt >= this.#options.deadAfter;
      if (!isSilent && !link.isBroken && link.unacknowledged <= MOST_KEPT) continue;
      if (!peer.isDown) this.#tell('warn', 'a node is out of reach', 'cluster_node_silent', peer);
      peer.isDown = true;
      this.#run().deaths.certify(peer.id.epoch);
    }
  }

  /** Calls `done` once all reachable nodes have processed all that was put on the links so far, or after a second. */
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

  /** Sends HELLO to all nodes. */
  greet(): void {
    this.#options.engine.broadcast(this.#hello());
  }

  /** Leaves the others; in realms with histories, once they know how many events it has published, and have them all. */
  async sayGoodbye(): Promise<void> {
    const recording = [...this.realms.values()].filter(({ core }) => core.sharing?.hasHistory === true);
    for (const { core } of recording) core.sharing?.leaving.emit();
    if (recording.length > 0)
      await new Promise<void>((resolve) => {
        this.settled(resolve);
      });
    for (const { link } of this.peers.values()) link.flush();
    this.#options.engine.broadcast(this.#message(Kind.BYE));
  }

  /** @param isMourned true when this node publishes the testaments and meta events of the peer's sessions */
  forget(peer: PeerNode, isMourned: boolean): void {
    this.peers.delete(peer.id.epoch);
    peer.link.close();
    for (const realm of this.realms.values()) realm.forget(peer, isMourned);
    this.#tell(isMourned ? 'warn' : 'info', 'a node has left the cluster', 'cluster_node_left', peer);
  }

  /** Handles the first HELLO of a node. */
  #meet({ epoch }: Head, body: Uint8Array): PeerNode | undefined {
    const hello = helloIn(body);
    if (hello === undefined) return undefined;
    const version = agreedVersion(this.#options.wire, hello);
    if (version === undefined) {
      this.#isNotUnderstood(epoch, hello);
      noteRun(this.#unknown, epoch, this.#router.clock.elapsed());
      return undefined;
    }
    const id = { name: hello.name, epoch };
    const peer: PeerNode = new PeerNode(
      id,
      { version, lease: hello.lease },
      this.#linkTo(id, version, (entry) => {
        this.#handle(peer, entry);
      }),
      this.#router.clock.elapsed(),
    );
    this.peers.set(epoch, peer);
    this.#options.engine.send(id, this.#hello());
    for (const realm of this.realms.values()) realm.introduceTo(peer);
    peer.put(EntryType.SYNCED, 0, []);
    this.#tell('info', 'a node has joined the cluster', 'cluster_node_joined', peer);
    return peer;
  }

  #isNotUnderstood(epoch: string, { name, min, max }: Introduction): void {
    const own = `${this.#options.wire.min} to ${this.#options.wire.max}`;
    const why = `node ${name} supports versions ${min} to ${max} of the wire protocol, this node ${own}`;
    if (this.#note(epoch, why))
      this.#router.log('error', 'no wire version in common with a node', { code: 'cluster_version', why });
  }

  #linkTo(id: NodeId, version: number, received: (entry: LinkEntry) => void): Link {
    return new Link({
      clock: this.#router.clock,
      queue: this.#router.queue,
      epoch: this.#run().self.epoch,
      version,
      maxMessage: this.#options.engine.maxMessage,
      window: () => Math.min(WINDOW, ALL_WINDOWS / Math.max(this.peers.size, 1)),
      send: (bytes) => {
        this.#options.engine.send(id, bytes);
      },
      received,
      failed: (error) => {
        this.#failed(id.name, undefined, error);
      },
    });
  }

  #handle(peer: PeerNode, entry: LinkEntry): void {
    try {
      handleEntry(this, peer, entry);
    } catch (error) {
      this.#failed(peer.id.name, entry.type, error);
    }
  }

  #failed(node: string, type: number | undefined, error: unknown): void {
    const facts = {
      code: 'cluster_entry_failed',
      node,
      ...(type === undefined ? {} : { type }),
      error,
    } as const;
    this.#router.log('error', 'an entry of another node failed', facts);
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
    const { wire, lease } = this.#options;
    return this.#message(Kind.HELLO, helloBytes({ name: this.#run().self.name, ...wire, lease }));
  }

  #message(kind: number, body?: Uint8Array): Uint8Array {
    const { epoch } = this.#run().self;
    const head = { version: this.#options.wire.min, kind, flags: 0, epoch, number: 0, ack: 0 };
    return writeMessage(head, body);
  }
}

function notShared(realm: Uri, { id }: PeerNode, why: string): string {
  return `realm ${realm} is not shared with ${id.name}: ${why}`;
}
