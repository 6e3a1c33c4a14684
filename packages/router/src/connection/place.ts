/** The place of one connection in the router's admission, from accepted to closed. */
import type { Client } from '../core/session.ts';
import { nothing } from '../nothing.ts';

/** What the connections from one address have in total. */
export interface Share {
  /** Undefined for connections whose address does not identify a client. */
  readonly client: Client | undefined;
  connections: number;
  /** The number of handshakes in progress. */
  slots: number;
  waiting: number;
}

/** Receives the outcome of a request for a slot. */
export interface SlotListener {
  /** The slot is granted; the handshake begins. */
  begin(): void;
  /** The slot is refused for good. */
  refuse(): void;
}

/** The parts of the admission that a place uses. */
interface PlaceAdmission {
  ask(place: Place): void;
  move(place: Place, address: string | undefined): void;
  release(place: Place): void;
  forget(place: Place): void;
  silence(place: Place): void;
  elapsed(): number;
}

type PlaceStage = 'silent' | 'waiting' | 'joining' | 'joined' | 'refused' | 'over';

export class Place {
  share: Share;
  address: string | undefined;
  /** Since when the place waits for a slot, or the router for the client's message (ms); Infinity while neither waits. */
  since: number;
  /** Ends a handshake that takes too long while others wait; set by the code that runs the handshake. */
  evicted: () => void = nothing;
  /** Ends the connection because its message takes too long to arrive while memory is short; set by the connection. */
  crowded: () => void = nothing;
  readonly #admission: PlaceAdmission;
  /** Drops the connection; undefined for a place that belongs to none. */
  readonly #drop: (() => void) | undefined;
  #entry: SlotListener | undefined;
  #stage: PlaceStage = 'silent';

  constructor(admission: PlaceAdmission, share: Share, address: string | undefined, drop?: () => void) {
    this.#admission = admission;
    this.since = Infinity;
    this.share = share;
    this.address = address;
    this.#drop = drop;
  }

  /** Counts the connection with another address, which a proxy has reported. */
  at(address: string | undefined): void {
    if (this.#stage === 'silent') this.#admission.move(this, address);
  }

  /**
   * Asks for a slot. One method of `entry` is called, now or later, unless the connection ends first.
   * @returns true when the outcome is still open
   */
  ask(entry: SlotListener): boolean {
    if (this.#stage !== 'silent') return false;
    this.#entry = entry;
    this.#admission.ask(this);
    return this.isWaiting;
  }

  get isWaiting(): boolean {
    return this.#stage === 'waiting';
  }

  /** Says whether the router waits for a message from the client now. Otherwise, the client does not count as silent. */
  awaits(client: boolean): void {
    this.since = client ? this.#admission.elapsed() : Infinity;
  }

  /** The client has joined: gives up the slot. */
  joined(): void {
    if (this.#stage !== 'silent' && this.#stage !== 'joining') return;
    this.#stage = 'joined';
    this.#admission.release(this);
  }

  /** The session has ended, or the handshake has failed; the connection, if any, is expected to close. */
  left(): void {
    if (this.#stage === 'over') return;
    if (this.#drop === undefined) this.gone();
    else this.refused();
  }

  /** The connection has closed: the place ends. */
  gone(): void {
    if (this.#stage === 'over') return;
    const counts = this.#stage !== 'refused';
    this.#stage = 'over';
    this.#entry = undefined;
    if (counts) this.#admission.forget(this);
    this.#admission.release(this);
  }

  /** For the admission: drops the connection, because too many are silent and this one has been silent longest. */
  drop(): void {
    this.#drop?.();
  }

  /** For the admission: the place waits for a slot. */
  waits(): void {
    this.#stage = 'waiting';
    this.since = this.#admission.elapsed();
  }

  /** For the admission: the place has a slot. */
  started(): void {
    this.#stage = 'joining';
    this.since = this.#admission.elapsed();
  }

  /** For the admission: begins the handshake. */
  begin(): void {
    const entry = this.#entry;
    this.#entry = undefined;
    entry?.begin();
  }

  /** For the admission: refuses the connection. It no longer counts with its address, and is expected to close. */
  refused(): void {
    if (this.#stage === 'over' || this.#stage === 'refused') return;
    this.#stage = 'refused';
    this.#admission.forget(this);
    this.#admission.release(this);
    if (this.#drop !== undefined) this.#admission.silence(this);
    const entry = this.#entry;
    this.#entry = undefined;
    entry?.refuse();
  }
}
