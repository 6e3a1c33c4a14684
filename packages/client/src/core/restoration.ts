/** The outcome of restoring the handles of a session after a reconnect. */

/** A period whose events may be missing. */
export interface Gap {
  /** When the connection was lost. */
  readonly since: Date;
  /** The id of the last publication received before, if any. */
  readonly lastPublication: number | undefined;
  /** How many of the missed events were recovered; they are delivered all the same. */
  readonly recovered: number;
}

/** The outcome of restoring the handles. */
export interface Restored {
  /** The number of registrations restored; likewise of subscriptions. */
  readonly registrations: number;
  readonly subscriptions: number;
  /** The errors of the handles that could not be restored. */
  readonly failed: readonly Error[];
  /**
   * The number of missed events that were recovered. A subscription whose loop or handlers take its events more slowly
   * than they arrive is not waited for: the rest is not counted, and is delivered later.
   */
  readonly recovered: number;
  /** The subscriptions that may have missed events, apart from those that are not waited for: their event `gap` follows. */
  readonly gaps: readonly (Gap & { readonly topic: string })[];
  /** The time from the connection to the last answer, in milliseconds. */
  readonly ms: number;
}

/** Counts until all handles are restored. */
export class Restoration {
  registrations = 0;
  subscriptions = 0;
  recovered = 0;
  readonly failed: Error[] = [];
  readonly gaps: (Gap & { readonly topic: string })[] = [];
  #left = 1;
  readonly #done: (restoration: Restoration) => void;

  constructor(done: (restoration: Restoration) => void) {
    this.#done = done;
  }

  /** Counts another handle. */
  begin(): void {
    this.#left += 1;
  }

  /** A handle is done; also called once when all have begun. */
  finish(): void {
    this.#left -= 1;
    if (this.#left === 0) this.#done(this);
  }
}
