/** The handle of a subscription or registration, which successive WAMP sessions carry. */
import type { Dict, Id, Uri } from '@wamp/protocol';
import type { Ending } from '../ending.ts';

/**
 * The state of a handle: `pending` until the router has confirmed it for the first time, `restoring` while it waits
 * for the next connection.
 */
export type HandleState = 'pending' | 'active' | 'restoring' | 'ended';

/** Ends it at the router; resolves when the router has confirmed, or if there was nothing to end. */
export type Leave = () => Promise<void>;

/** What subscriptions and registrations have in common. */
export class Handle {
  /** The topic or procedure, or a pattern. */
  readonly uri: Uri;
  /** The options, in the spelling of the wire. */
  readonly options: Dict;
  readonly ended: Promise<Ending>;
  /** The id that the router gave it in the current WAMP session; kept when the handle ends. */
  givenId: Id | undefined;
  /** Whether it was attached before. */
  #wasActive = false;
  readonly #leave: Leave;
  #ending: Ending | undefined;
  #resolveEnded: ((ending: Ending) => void) | undefined;
  #left: Promise<void> | undefined;

  constructor(uri: Uri, options: Dict, leave: Leave) {
    this.uri = uri;
    this.options = options;
    this.#leave = leave;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  get id(): Id | undefined {
    return this.#ending === undefined ? this.givenId : undefined;
  }

  get state(): HandleState {
    if (this.#ending !== undefined) return 'ended';
    if (this.givenId !== undefined) return 'active';
    return this.#wasActive ? 'restoring' : 'pending';
  }

  /** How it ended, if it did; only the first ending counts. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** The router has given it an id. */
  attach(id: Id): void {
    this.givenId = id;
    this.#wasActive = true;
  }

  /** The WAMP session that carried it has ended. */
  detach(): void {
    if (this.#ending === undefined) this.givenId = undefined;
  }

  end(ending: Ending): void {
    this.#ending ??= ending;
    this.#resolveEnded?.(this.#ending);
  }

  /** Ends it from our side. Further calls wait for the same confirmation. */
  leave(ending: Ending): Promise<void> {
    this.end(ending);
    return (this.#left ??= this.#leave());
  }
}
