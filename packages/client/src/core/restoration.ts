/** What became of the handles of a session when it got another connection. */

/** A stretch of time whose events may be missing. */
export interface Gap {
  /** When the connection went that they would have come by. */
  readonly since: Date;
  /** The id of the last publication that came before it, if one did. */
  readonly lastPublication: number | undefined;
  /** How many of its events the router could still tell; they are delivered all the same. */
  readonly recovered: number;
}

/** What became of the handles. */
export interface Restored {
  /** How many registrations the router has agreed to again. */
  readonly registrations: number;
  readonly subscriptions: number;
  /** Why others have ended. */
  readonly failed: readonly Error[];
  /** How many events of the time without a connection have been told. */
  readonly recovered: number;
  /** The subscriptions that may miss some of them. */
  readonly gaps: readonly (Gap & { readonly topic: string })[];
  /** How long it took since the connection was there, in milliseconds. */
  readonly ms: number;
}

/** Counts until all are through. */
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

  /** One more is under way. */
  begin(): void {
    this.#left += 1;
  }

  /** One is through; or, once, all have begun. */
  finish(): void {
    this.#left -= 1;
    if (this.#left === 0) this.#done(this);
  }
}
