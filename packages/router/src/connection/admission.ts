/** Admission: limits connections per address and concurrent handshakes; further ones wait in a fair queue. */
import type { Clock } from '../core/clock.ts';
import type { ProcessAccounts } from '../core/kept.ts';
import type { LimitName, Limits, LimitTally } from '../limits.ts';
import type { Log } from '../log.ts';
import { FairLine } from './fair-line.ts';
import { Place, type Share } from './place.ts';
import { Shares } from './shares.ts';

/** The parts of the router that this module uses. */
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

/** Addresses that do not identify a client, such as those of trusted proxies. */
interface Addresses {
  has(address: string | undefined): boolean;
}

/** The maximum number of handshakes that begin in one turn of the event loop; further ones begin in the next turns. */
export const STARTS_A_TURN = 50;
/** When a connection has waited this long (ms), the queue is considered overloaded, possibly by hostile clients. */
const OVERLOAD = 1000;
/** While the queue is overloaded, one in this many slots goes to the newest connection of an address, not to the oldest. */
const ONE_IN = 4;
/** The interval of the search for a silent handshake to end, while other connections wait (ms). */
const LOOK = 100;
/** Up to this number of silent connections is always allowed. */
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
  /** All places that wait for a slot, in order of arrival. */
  readonly #waiting = new Set<Place>();
  /** The places that have a slot. */
  readonly #joining = new Set<Place>();
  /** The places that have not asked for a slot yet, or were refused and whose connections have not closed yet. */
  readonly #silent = new Set<Place>();
  readonly #proxies: Addresses[] = [];
  readonly #later: (task: () => void) => void;
  #startsInTurn = 0;
  /** The number of slots granted while the queue was overloaded. */
  #served = 0;
  #serving = false;
  #closed = false;
  /** When the next search for a silent handshake may begin (ms). */
  #look = -Infinity;
  #mayLook = true;
  /** Whether a timer is set for the next search. */
  #willLook = false;
  #dismissPatience: (() => void) | undefined;

  /** @param later runs a task in the next turn of the event loop */
  constructor(router: AdmissionRouter, later: (task: () => void) => void = setImmediate) {
    this.#router = router;
    this.#shares = new Shares(router);
    this.#later = later;
  }

  /** The number of places that have a slot, that wait for one, and that have not asked for one. */
  get counts(): { readonly joining: number; readonly waiting: number; readonly silent: number } {
    return { joining: this.#joining.size, waiting: this.#line.size, silent: this.#silent.size };
  }

  /** Declares addresses to be those of proxies, which do not identify a client. */
  trust(proxies: Addresses): void {
    this.#proxies.push(proxies);
  }

  /**
   * Opens a place for a connection that was just accepted and has not sent anything yet. When there are too many silent
   * connections, the one that has been silent longest is dropped.
   * @param drop ends the connection
   * @returns undefined when its address has so many connections that this one is closed without a refusal message
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

  /** Opens a place that belongs to no connection: it ends with its session. */
  place(address: string | undefined): Place {
    return this.#open(new Place(this, this.#shares.of(address), address));
  }

  /** Opens a place and grants it a slot at once, for a client that is already connected and cannot wait. */
  enter(address: string | undefined): Place {
    const place = this.place(address);
    this.#start(place);
    return place;
  }

  /** Refuses all places that wait, because the router closes. */
  close(): void {
    this.#closed = true;
    for (const place of [...this.#waiting]) this.#refuse(place);
  }

  /** For {@link Place}: grants a slot at once, puts the place into the queue, or refuses it. */
  ask(place: Place): void {
    const { share } = place;
    const { connectionsPerAddress } = this.#router.limits;
    // The router has closed: the handshake begins, so that the client gets the ABORT that says so at once.
    if (this.#closed) this.#begin(place);
    else if (share !== this.#shares.anybody && share.connections > connectionsPerAddress) {
      this.#refuse(place, 'connections_per_address');
    } else if (this.#line.size === 0 && this.#mayStart(share)) this.#begin(place);
    else if (this.#line.size >= this.#mostWaiting(share)) this.#overflow(place);
    else this.#wait(place);
  }

  /** For {@link Place}: the address of the client is known better, and the place counts with that address from now on. */
  move(place: Place, address: string | undefined): void {
    const share = this.#shares.of(address);
    if (share === place.share) return;
    share.connections += 1;
    this.#shares.forget(place.share);
    place.share = share;
    place.address = address;
  }

  /** For {@link Place}: gives up the slot of the place, or its position in the queue. */
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

  /** For {@link Place}: the connection no longer counts with its address. */
  forget(place: Place): void {
    this.#shares.forget(place.share);
  }

  /** For {@link Place}: the place has no slot any more, and its connection is expected to close. */
  silence(place: Place): void {
    this.#silent.add(place);
  }

  /** The monotonic time from which the silence of a client is measured (ms). */
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

  /** The maximum length of the queue; places that only wait for the next turn of the event loop do not count. */
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

  /** Grants free slots in the order of the queue, up to {@link STARTS_A_TURN} in this turn of the event loop. */
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

  /** Grants the next slot. @returns false when no waiting place can have a slot now */
  #serveNext(): boolean {
    const share = this.#nextShare();
    if (share === undefined || (!this.#hasSlot(share) && !this.#makeRoom(share))) return false;
    const place = this.#line.take(share, this.#whose());
    if (place === undefined) return false;
    this.#waitsNoMore(place);
    this.#begin(place);
    return true;
  }

  /** The next address in the order of turns; addresses that already have an equal share of the slots come last. */
  #nextShare(): Share | undefined {
    const equal = this.#shares.equal();
    return (
      this.#line.next((share) => share.slots < equal && share.slots < this.#shares.most(share)) ??
      this.#line.next((share) => share.slots < this.#shares.most(share)) ??
      this.#line.next((share) => this.#makeRoom(share))
    );
  }

  /** Places of one address are served first come, first served; while the queue is overloaded, some go to the newest. */
  #whose(): 'oldest' | 'newest' {
    const [longest] = this.#waiting;
    if (longest === undefined || this.elapsed() - longest.since <= OVERLOAD) return 'oldest';
    this.#served += 1;
    return this.#served % ONE_IN === 0 ? 'newest' : 'oldest';
  }

  /** Ends a handshake whose client is silent, in favour of its own address or of one that has fewer slots. */
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

  /** After `delay` (ms), refuses the places that have waited longer than `limits.handshakePatience`. */
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
