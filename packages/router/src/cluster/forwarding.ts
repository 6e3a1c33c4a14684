/** Forwards the publications of a shared realm to the nodes that want them. */
import type { CoreRealm } from '../core/core-realm.ts';
import type { Publication } from '../core/publication.ts';
import { isToldByEachNode } from './comings.ts';
import type { Interests } from './interests.ts';
import type { PeerNode } from './peer.ts';
import { fieldsOf } from './publications.ts';
import { EntryType, writeEntry } from './wire.ts';

/** The parts of a shared realm that forwarding uses. */
export interface ForwardingRealm {
  /** The number of the realm on the links of this node. */
  readonly index: number;
  readonly peers: ReadonlyMap<string, PeerNode>;
  readonly interests: Interests;
}

/** Forwards each publication once it has been sent here; in a realm with histories, before that. */
export function forwardPublications(core: CoreRealm, realm: ForwardingRealm): void {
  const { sharing } = core;
  const forwarding = new PublicationForwarding(core, realm);
  if (!sharing?.hasHistory) {
    core.broker.published.on((publication) => {
      forwarding.forward(publication);
    });
    return;
  }
  /** The nodes that received a publication which is retained, and not sent to all sessions here yet. */
  const retained = new WeakMap<Publication, readonly PeerNode[]>();
  sharing.accepted.on((publication) => {
    const targets = forwarding.forward(publication);
    if (publication.options.retain === true) retained.set(publication, [...targets]);
  });
  core.broker.published.on((publication) => {
    const before = retained.get(publication);
    if (before !== undefined) forwarding.forwardLate(publication, before);
  });
}

class PublicationForwarding {
  readonly #core: CoreRealm;
  readonly #realm: ForwardingRealm;

  constructor(core: CoreRealm, realm: ForwardingRealm) {
    this.#core = core;
    this.#realm = realm;
  }

  /** @returns the nodes that receive the publication */
  forward(publication: Publication): Iterable<PeerNode> {
    if (!this.#isOwn(publication)) return NOBODY;
    const { topic, options, numbers } = publication;
    const isForAll = options.retain === true || numbers !== undefined;
    const { peers, interests } = this.#realm;
    const targets = isForAll ? [...peers.values()] : interests.of(topic);
    this.#put(publication, targets);
    return targets;
  }

  /**
   * Forwards a retained publication to the nodes that have joined since it was forwarded: it was not among the retained
   * events that this node sent them when they joined.
   */
  forwardLate(publication: Publication, before: readonly PeerNode[]): void {
    if (!this.#isOwn(publication)) return;
    const late = [...this.#realm.peers.values()].filter((peer) => !before.includes(peer));
    this.#put({ ...publication, numbers: undefined }, late);
  }

  #isOwn(publication: Publication): boolean {
    return this.#realm.peers.size > 0 && publication.origin.kind !== 'node' && !isToldByEachNode(publication);
  }

  #put(publication: Publication, targets: Iterable<PeerNode>): void {
    let entry: Uint8Array | undefined;
    for (const peer of targets) {
      entry ??= this.#written(publication);
      if (entry === undefined) return;
      if (peer.link.hasRoom) peer.link.put(entry);
      else {
        peer.dropped += 1;
        if (publication.numbers !== undefined) this.#core.sharing?.lost.emit(peer.id);
      }
    }
  }

  #written(publication: Publication): Uint8Array | undefined {
    const { publisher, payload } = publication;
    const isKnown = publisher === undefined || this.#core.sessions.has(publisher.id);
    try {
      return writeEntry(EntryType.PUBLISH, this.#realm.index, fieldsOf(publication, isKnown), payload);
    } catch (error) {
      this.#core.failed.emit(error);
      return undefined;
    }
  }
}

const NOBODY: readonly PeerNode[] = [];
