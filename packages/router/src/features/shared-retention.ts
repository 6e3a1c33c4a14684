/** What the nodes of a cluster tell each other of retained events, so that all of them retain the same. */
import type { Uri } from '@wamp/protocol';
import type { Publication } from '../core/publication.ts';
import type { Channel, Sharing, SharingNode } from '../core/sharing.ts';
import { isLater, type Stamp } from '../core/stamp.ts';
import type { RetainedEvent } from '../stores/event-store.ts';
import { packEvent, unpackEvent } from '../stores/packed-event.ts';

/** How much is sent before the other node has processed it (bytes, about). */
const PIECE = 256 * 1024;
/** How many deletions are remembered, so that no older event comes back. */
const MOST_DELETIONS = 10_000;

/** The part of the retention of the realm that this module uses. */
export interface SharedEvents {
  topics(): Iterable<Uri | undefined>;
  latest(topic: Uri): readonly RetainedEvent[];
  /** Applies a publication of another node. @param left how long it is retained (ms) */
  merge(publication: Publication, left: number): void;
  now(): number;
}

/** A node that starts asks one after the other, until one has them all. */
export class SharedRetention {
  readonly #sharing: Sharing;
  readonly #events: SharedEvents;
  readonly #channel: Channel;
  readonly #deleted = new Map<Uri, Stamp>();
  readonly #others: SharingNode[] = [];
  #asked: SharingNode | undefined;
  #isComplete = false;
  /** The run of this node that has asked. */
  #run: string | undefined;

  constructor(sharing: Sharing, events: SharedEvents) {
    this.#sharing = sharing;
    this.#events = events;
    this.#channel = sharing.channel('retained', {
      heard: (from, fields) => {
        this.#heard(from, fields);
      },
      met: (node) => {
        if (sharing.isReturning) this.#tell(node, (event) => event.publication.origin.kind !== 'node');
        this.#begin();
        if (this.#isComplete) return;
        this.#others.push(node);
        this.#ask();
      },
      lost: (node) => {
        if (this.#asked?.epoch !== node.epoch) return;
        this.#asked = undefined;
        this.#ask();
      },
      isReady: () => this.#asked === undefined,
    });
  }

  /** The stamp of a publication that sets or deletes a retained event. */
  stampOf(publication: Publication, now: number): Stamp {
    publication.stamp ??= this.#sharing.stamps.next(now, this.#sharing.carrier?.self.epoch ?? '');
    this.#sharing.stamps.see(publication.stamp);
    return publication.stamp;
  }

  /** When the events of a topic were deleted last, so far as that is remembered. */
  deletion(topic: Uri): Stamp | undefined {
    return this.#deleted.get(topic);
  }

  delete(topic: Uri, stamp: Stamp): void {
    if (!isLater(stamp, this.#deleted.get(topic))) return;
    this.#deleted.delete(topic);
    this.#deleted.set(topic, stamp);
    const [oldest] = this.#deleted.keys();
    if (this.#deleted.size > MOST_DELETIONS && oldest !== undefined) this.#deleted.delete(oldest);
  }

  /** A node that was declared dead begins anew. */
  #begin(): void {
    const run = this.#sharing.carrier?.self.epoch;
    if (run === this.#run) return;
    this.#run = run;
    this.#isComplete = false;
    this.#others.length = 0;
    this.#asked = undefined;
  }

  #ask(): void {
    if (this.#asked !== undefined) return;
    this.#asked = this.#others.shift();
    if (this.#asked === undefined) this.#isComplete = true;
    else this.#channel.send(['ask'], undefined, this.#asked);
  }

  #heard(from: SharingNode, [what, ...fields]: readonly unknown[]): void {
    if (what === 'ask') this.#tell(from, () => true);
    else if (what === 'deleted') {
      const [topic, time, node] = fields as [Uri, number, string];
      this.delete(topic, { time, node });
    } else if (what === 'event') {
      const [packed, time, node, left] = fields as [Uint8Array, number, string, number | null];
      const { publication } = unpackEvent(packed);
      this.#events.merge({ ...publication, stamp: { time, node } }, left ?? Infinity);
    } else if (what === 'end' && this.#asked?.epoch === from.epoch) {
      this.#asked = undefined;
      if (fields[0] === true) this.#others.length = 0;
      this.#ask();
    }
  }

  /** Sends a node everything, in pieces. */
  #tell(to: SharingNode, isMeant: (event: RetainedEvent) => boolean): void {
    for (const [topic, { time, node }] of this.#deleted)
      this.#channel.send(['deleted', topic, time, node], undefined, to);
    const topics = [...this.#events.topics()];
    const isComplete = this.#isComplete;
    let next = 0;
    const goOn = (): void => {
      let bytes = 0;
      for (; next < topics.length && bytes < PIECE; next += 1) {
        const topic = topics[next];
        for (const event of topic === undefined ? [] : this.#events.latest(topic).toReversed()) {
          if (!isMeant(event)) continue;
          bytes += event.weight;
          this.#channel.send(this.#written(event), undefined, to);
        }
      }
      if (next < topics.length) this.#sharing.carrier?.whenHeard(goOn, to);
      else this.#channel.send(['end', isComplete], undefined, to);
    };
    goOn();
  }

  #written({ publication, expires, stamp }: RetainedEvent): readonly unknown[] {
    const packed = packEvent({ publication, offset: 0, time: 0, withheld: false, weight: 0 });
    const left = expires === Infinity ? null : Math.max(0, expires - this.#events.now());
    return ['event', packed, stamp?.time ?? 0, stamp?.node ?? '', left];
  }
}

/**
 * What a topic retains with one more event, whatever the order in which events of several nodes arrive: the last one for
 * everyone, and the last for restricted audiences after it.
 * @param before newest first; those for restricted audiences precede the one for everyone
 * @param deletion when all events of the topic were deleted
 */
export function withEvent(
  before: readonly RetainedEvent[],
  added: RetainedEvent & { readonly stamp: Stamp },
  deletion: Stamp | undefined,
  mostRestricted: number,
): readonly RetainedEvent[] {
  const isOlder = (stamp: Stamp | undefined): boolean => stamp !== undefined && !isLater(added.stamp, stamp);
  const forAll = before.find(isForAll);
  if (isOlder(deletion) || isOlder(forAll?.stamp)) return before;
  const restricted = before.filter((event) => !isForAll(event));
  if (isForAll(added)) return [...after(restricted, added.stamp), added];
  const all = [...restricted, added].sort((one, other) => (isLater(stampOf(one), other.stamp) ? -1 : 1));
  return [...all.slice(0, mostRestricted), ...(forAll === undefined ? [] : [forAll])];
}

/** The events that are later than a stamp. */
export function after(events: readonly RetainedEvent[], stamp: Stamp): readonly RetainedEvent[] {
  return events.filter((event) => isLater(stampOf(event), stamp));
}

function isForAll({ publication }: RetainedEvent): boolean {
  return publication.audience === undefined;
}

function stampOf({ stamp }: RetainedEvent): Stamp {
  return stamp ?? { time: 0, node: '' };
}
