/** Admission: limits connections per address and concurrent handshakes; further ones wait in a fair queue. */
import type { Clock } from '../core/clock.ts';
import type { ProcessAccounts } from '../core/kept.ts';
import type { LimitName, Limits, LimitTally } from '../limits.ts';
import type { Log } from '../log.ts';
import { FairLine } from './fair-line.ts';
import { Place, type Share } from './place.ts';
import { Shares } from './shares.ts';

/** What this needs of the router. */
interface AdmissionRouter {
  readonly clock: Clock;
  readonly limits: Pick<
    Limits,
    'connectionsPerAddress' | 'handshakes' | 'handshakesWaiting' | 'handshakePatience' | 'helloTimeout'
  >;
  readonly limited: LimitTally;
  readonly kept: Pick<ProcessAccounts, 'forClient'>;
  readonly log: Log;
}

/** Addresses that tell nothing of who connects, such as those of trusted proxies. */
interface Addresses {
  has(address: string | undefined): boolean;
}

/** So many handshakes begin in one turn of the event loop; those that may begin, too, do so in the next ones. */
export const STARTS_A_TURN = 50;
/** When a connection has waited this long (ms), the queue is considered overloaded, possibly by hostile clients. */
const OVERLOAD = 1000;
/** Then one in so many slots goes to the newest of an address, which need not wait until all before it are through. */
const ONE_IN = 4;
/** How often it is looked whether a silent handshake may be ended, while others wait (ms). */
const LOOK = 100;
/** So many silent connections are never too many. */
const FEW = 100;

/**
 * Every connection has a place from the moment it is accepted, and counts with its address (for IPv6, its /64 network).
 * To join, it needs one of a limited number of slots, of which one address may have at most half. Until one is free, it
 * waits: addresses take turns, and those with more than an equal share of the slots come last. The handshake of a
 * silent client ends early when addresses with fewer slots wait. Connections from this machine, over Unix sockets, or
 * from trusted proxies may belong to any client: together they count as one address, which may have all slots and any
 * number of connections.
 */
export class Admission {
  readonly #router: AdmissionRouter;
  readonly #shares: Shares;
  readonly #line = new FairLine<Share, Place>();
  /** All who wait, as they came. */
  readonly #waiting = new Set<Place>();
  /** Those who have a slot. */
  readonly #joining = new Set<Place>();
  /** Those who have said nothing yet that asks for a slot, or were refused and still have to close. */
  readonly #silent = new Set<Place>();
  readonly #proxies: Addresses[] = [];
  readonly #later: (task: () => void) => void;
  #startsInTurn = 0;
  /** How many were served while the line was long. */
  #served = 0;
  #serving = false;
  #closed = false;
  /** When silent handshakes are looked at again. */
  #look = -Infinity;
  #mayLook = true;
  /** Whether a timer is set for that. */
  #willLook = false;
  #dismissPatience: (() => void) | undefined;

  /** @param later runs a task in the next turn of the event loop */
  constructor(router: AdmissionRouter, later: (task: () => void) => void = setImmediate) {
    this.#router = router;
    this.#shares = new Shares(router);
    this.#later = later;
  }

  /** How many have a slot, how many wait for one, and how many have not asked for one. */
  get counts(): { readonly joining: number; readonly waiting: number; readonly silent: number } {
    return { joining: this.#joining.size, waiting: this.#line.size, silent: this.#silent.size };
  }

  /** These addresses are those of proxies, and tell nothing. */
  trust(proxies: Addresses): void {
    this.#proxies.push(proxies);
  }

  /**
   * A connection has been accepted; what it will say is not known yet. When there are too many of these, the one silent
   * longest is ended.
   * @param drop ends it
   * @returns undefined when there are so many from its address that not even a refusal is owed to it
   */
  accept(address: string | undefined, drop: () => void): Place | undefined {
    const tells = this.#proxies.some((proxies) => proxies.has(address)) ? undefined : address;
    const share = this.#shares.of(tells);
    const { connectionsPerAddress: most, handshakes, handshakesWaiting } = this.#router.limits;
    if (share !== this.#shares.anybody && share.connections >= most + most / 8 + 8) {
      this.#count('connections_per_address', tells);
      return undefined;
    }
    if (this.#silent.size >= Math.max(FEW, handshakes + handshakesWaiting)) this.#dropSilent();
    return this.#open(new Place(this, share, tells, drop));
  }

  /** The place of what is no connection of its own: it is over when its session is. */
  place(address: string | undefined): Place {
    return this.#open(new Place(this, this.#shares.of(address), address));
  }

  /** A place with a slot for who is there already and cannot wait. */
  enter(address: string | undefined): Place {
    const place = this.place(address);
    this.#start(place);
    return place;
  }

  /** The router closes: all who wait are refused. */
  close(): void {
    this.#closed = true;
    for (const place of [...this.#waiting]) this.#refuse(place);
  }

  /** For {@link Place}: it asks for a slot, and gets one at once, waits for it, or is refused. */
  ask(place: Place): void {
    const { share } = place;
    const { connectionsPerAddress } = this.#router.limits;
    // There is nothing to join any more, and it is told so at once.
    if (this.#closed) this.#begin(place);
    else if (share !== this.#shares.anybody && share.connections > connectionsPerAddress) {
      this.#refuse(place, 'connections_per_address');
    } else if (this.#line.size === 0 && this.#mayStart(share)) this.#begin(place);
    else if (this.#line.size >= this.#mostWaiting(share)) this.#overflow(place);
    else this.#wait(place);
  }

  /** For {@link Place}: it is known better where the client is. */
  move(place: Place, address: string | undefined): void {
    const share = this.#shares.of(address);
    if (share === place.share) return;
    share.connections += 1;
    this.#shares.forget(place.share);
    place.share = share;
    place.address = address;
  }

  /** For {@link Place}: it leaves whatever it has. */
  release(place: Place): void {
    const { share } = place;
    this.#silent.delete(place);
    if (this.#joining.delete(place)) this.#shares.change(share, 'slots', -1);
    else if (this.#waiting.has(place)) {
      this.#line.delete(share, place);
      this.#waitsNoMore(place);
    }
    if (this.#line.size > 0) this.#serve();
  }

  /** For {@link Place}: it is over, or does not count any more. */
  forget(place: Place): void {
    this.#shares.forget(place.share);
  }

  /** For {@link Place}: it has nothing, and is to go. */
  silence(place: Place): void {
    this.#silent.add(place);
  }

  /** The clock by which it is told how long a client has been silent (ms). */
  elapsed(): number {
    return this.#router.clock.elapsed();
  }

  #open(place: Place): Place {
    place.share.connections += 1;
    this.#silent.add(place);
    return place;
  }

  #dropSilent(): void {
    for (const place of this.#silent) {
      this.#count('connections_dropped', place.address);
      this.#silent.delete(place);
      place.drop();
      return;
    }
  }

  #mayStart(share: Share): boolean {
    return this.#startsInTurn < STARTS_A_TURN && this.#hasSlot(share);
  }

  #hasSlot(share: Share): boolean {
    return this.#joining.size < this.#router.limits.handshakes && share.slots < this.#shares.most(share);
  }

  /** Who waits for the next turn of the event loop alone does not count. */
  #mostWaiting(share: Share): number {
    const { handshakes, handshakesWaiting } = this.#router.limits;
    return handshakesWaiting + (this.#hasSlot(share) ? handshakes : 0);
  }

  #start(place: Place): void {
    this.#silent.delete(place);
    this.#shares.change(place.share, 'slots', 1);
    this.#joining.add(place);
    place.started();
  }

  #begin(place: Place): void {
    if (this.#startsInTurn === 0) {
      this.#later(() => {
        this.#startsInTurn = 0;
        this.#serve();
      });
    }
    this.#startsInTurn += 1;
    this.#start(place);
    place.begin();
  }

  #wait(place: Place): void {
    const { share } = place;
    this.#silent.delete(place);
    this.#shares.change(share, 'waiting', 1);
    this.#line.add(share, place);
    this.#waiting.add(place);
    place.waits();
    if (!this.#hasSlot(share)) this.#router.limited.add('handshakes_delayed');
    this.#dismissPatience ??= this.#awaitPatience(this.#router.limits.handshakePatience);
    this.#serve();
  }

  /** When the queue is full, the address with most waiting connections makes room for those with fewer. */
  #overflow(place: Place): void {
    const longest = this.#line.longest();
    if (longest === undefined || this.#line.of(longest) <= this.#line.of(place.share) + 1) {
      this.#refuse(place, 'handshakes');
      return;
    }
    const other = this.#line.take(longest, 'newest');
    this.#wait(place);
    if (other === undefined) return;
    this.#waitsNoMore(other);
    this.#refuse(other, 'handshakes');
  }

  #waitsNoMore(place: Place): void {
    this.#waiting.delete(place);
    this.#shares.change(place.share, 'waiting', -1);
    if (this.#waiting.size > 0) return;
    this.#dismissPatience?.();
    this.#dismissPatience = undefined;
  }

  #refuse(place: Place, limit?: LimitName): void {
    if (limit !== undefined) this.#count(limit, place.address);
    place.refused();
  }

  #count(limit: LimitName, address: string | undefined): void {
    this.#router.limited.add(limit);
    this.#router.log('warn', 'connections refused', { code: 'limit_met', address, limit });
  }

  /** Gives slots to those whose turn it is, as long as there are any, and the turn of the event loop is not long. */
  #serve(): void {
    if (this.#serving || this.#closed) return;
    this.#serving = true;
    this.#mayLook = this.elapsed() >= this.#look;
    try {
      while (this.#line.size > 0 && this.#startsInTurn < STARTS_A_TURN && this.#serveNext());
    } finally {
      this.#serving = false;
    }
  }

  /** @returns false when no waiting handshake can have a slot now */
  #serveNext(): boolean {
    const share = this.#nextShare();
    if (share === undefined || (!this.#hasSlot(share) && !this.#makeRoom(share))) return false;
    const place = this.#line.take(share, this.#whose());
    if (place === undefined) return false;
    this.#waitsNoMore(place);
    this.#begin(place);
    return true;
  }

  /** In the order of turns, but who has an equal share already comes last. */
  #nextShare(): Share | undefined {
    const equal = this.#shares.equal();
    return (
      this.#line.next((share) => share.slots < equal && share.slots < this.#shares.most(share)) ??
      this.#line.next((share) => share.slots < this.#shares.most(share)) ??
      this.#line.next((share) => this.#makeRoom(share))
    );
  }

  /** Of one address, who comes first is served first; in a long line, some of the newest are, too. */
  #whose(): 'oldest' | 'newest' {
    const [longest] = this.#waiting;
    if (longest === undefined || this.elapsed() - longest.since <= OVERLOAD) return 'oldest';
    this.#served += 1;
    return this.#served % ONE_IN === 0 ? 'newest' : 'oldest';
  }

  /** Ends a handshake whose client is silent, for another of its share or one of a share that has fewer. */
  #makeRoom(share: Share): boolean {
    const now = this.elapsed();
    if (this.#mayLook) {
      const victim = this.#shares.mostIdle(share, this.#joining, now);
      if (victim !== undefined) {
        this.#count('handshakes_evicted', victim.address);
        victim.evicted();
        return this.#hasSlot(share);
      }
      this.#look = now + LOOK;
    }
    if (this.#willLook) return false;
    this.#willLook = true;
    this.#router.clock.after(LOOK, () => {
      this.#willLook = false;
      this.#serve();
    });
    return false;
  }

  /** Refuses those who have waited too long. */
  #awaitPatience(delay: number): (() => void) | undefined {
    if (!Number.isFinite(delay)) return undefined;
    return this.#router.clock.after(delay, () => {
      this.#dismissPatience = undefined;
      const { handshakePatience } = this.#router.limits;
      for (const place of this.#waiting) {
        const left = handshakePatience - (this.elapsed() - place.since);
        if (left > 0) {
          this.#dismissPatience = this.#awaitPatience(left);
          return;
        }
        this.#refuse(place, 'handshakes');
      }
    });
  }
}
