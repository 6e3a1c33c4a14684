/** What an application holds of a subscription or registration: an intent that a WAMP session carries. */
import type { Dict, Id, Uri } from '@wamp/protocol';

/** How a session, a subscription or a registration ended. */
export interface Ending {
  /**
   * The URI of the GOODBYE or ABORT that ended the session, `wamp.error.network_failure` when its
   * transport broke; for a handle also `unsubscribed`, `unregistered`, or why the router revoked it.
   */
  readonly reason: string;
  /** Set when the end was not asked for. */
  readonly error?: Error;
}

/** Where a handle stands. */
export type HandleState = 'active' | 'ended';

/** Says goodbye for a handle; resolves when the router has confirmed. */
export type Leave = (handle: Handle) => Promise<void>;

/** Common to subscriptions and registrations. */
export class Handle {
  /** Topic or procedure, or a pattern of them. */
  readonly uri: Uri;
  /** As the wire has them. */
  readonly options: Dict;
  readonly ended: Promise<Ending>;
  /** What the router calls it, in the WAMP session at hand; stays when the handle ends. */
  givenId: Id | undefined;
  #state: HandleState = 'active';
  #resolveEnded: ((ending: Ending) => void) | undefined;
  readonly #leave: Leave;
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
    return this.#state === 'active' ? this.givenId : undefined;
  }

  get state(): HandleState {
    return this.#state;
  }

  /** It is over; only the first ending counts. */
  end(ending: Ending): void {
    this.#state = 'ended';
    this.#resolveEnded?.(ending);
  }

  /** Ends it from our side. Once is enough: further calls wait for the same confirmation. */
  leave(ending: Ending): Promise<void> {
    if (this.#left === undefined) {
      const over = this.#state === 'ended';
      this.end(ending);
      this.#left = over ? Promise.resolve() : this.#leave(this);
    }
    return this.#left;
  }
}
