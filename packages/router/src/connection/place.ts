/** The place of one connection in the router's admission: from being accepted to being over. */
import type { Client } from '../core/session.ts';
import { nothing } from '../nothing.ts';

/** What the connections from one address have together. */
export interface Share {
  /** Undefined for those whose address tells nothing. */
  readonly client: Client | undefined;
  connections: number;
  /** Handshakes under way. */
  slots: number;
  waiting: number;
}

/** What becomes of who asks for a slot. */
export interface SlotListener {
  /** It has one; what follows is the handshake. */
  begin(): void;
  /** There is none for it, now or ever. */
  refuse(): void;
}

/** What a place is taken of. */
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
  /** Since when it waits, or its client is waited for (ms); Infinity while the client is not. */
  since: number;
  /** Ends a handshake that takes too long while others wait; set by who conducts it. */
  evicted: () => void = nothing;
  readonly #admission: PlaceAdmission;
  /** Ends the connection; undefined when there is none of its own. */
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

  /** It is known better where the client is, for a proxy has said so. */
  at(address: string | undefined): void {
    if (this.#stage === 'silent') this.#admission.move(this, address);
  }

  /**
   * Asks for a slot. Of `entry` one is called, now or later, unless the connection is over first.
   * @returns whether the answer is still to come
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

  /** Whether the client is waited for now; while it is not, it is not silent. */
  awaits(client: boolean): void {
    this.since = client ? this.#admission.elapsed() : Infinity;
  }

  /** It is a session's now, or serves one. */
  joined(): void {
    if (this.#stage !== 'silent' && this.#stage !== 'joining') return;
    this.#stage = 'joined';
    this.#admission.release(this);
  }

  /** Its session is over, or its handshake has failed; a connection of its own still has to close. */
  left(): void {
    if (this.#stage === 'over') return;
    if (this.#drop === undefined) this.gone();
    else this.refused();
  }

  /** Nothing is left of it. */
  gone(): void {
    if (this.#stage === 'over') return;
    const counts = this.#stage !== 'refused';
    this.#stage = 'over';
    this.#entry = undefined;
    if (counts) this.#admission.forget(this);
    this.#admission.release(this);
  }

  /** For the admission: too many are silent, and this one has been for longest. */
  drop(): void {
    this.#drop?.();
  }

  /** For the admission: it waits for a slot. */
  waits(): void {
    this.#stage = 'waiting';
    this.since = this.#admission.elapsed();
  }

  /** For the admission: it has a slot. */
  started(): void {
    this.#stage = 'joining';
    this.since = this.#admission.elapsed();
  }

  /** For the admission: grants the slot. */
  begin(): void {
    const entry = this.#entry;
    this.#entry = undefined;
    entry?.begin();
  }

  /** It does not count with its address any more, but has still to close. */
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
