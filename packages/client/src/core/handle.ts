/** What an application holds of a subscription or registration: an intent, which one WAMP session after the other carries. */
import type { Dict, Id, Uri } from '@wamp/protocol';
import type { Ending } from '../ending.ts';

/**
 * Where a handle stands: `pending` until the router has first agreed to it, `restoring` while it waits to be carried
 * again, on another connection.
 */
export type HandleState = 'pending' | 'active' | 'restoring' | 'ended';

/** Leaves the router; resolves when it has confirmed, or when there was nothing to leave. */
export type Leave = () => Promise<void>;

/** Common to subscriptions and registrations. */
export class Handle {
  /** Topic or procedure, or a pattern of them. */
  readonly uri: Uri;
  /** As the wire has them. */
  readonly options: Dict;
  readonly ended: Promise<Ending>;
  /** What the router calls it, in the WAMP session at hand; stays when the handle ends. */
  givenId: Id | undefined;
  /** Whether it has been carried before. */
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

  /** The WAMP session that carried it is over. */
  detach(): void {
    if (this.#ending === undefined) this.givenId = undefined;
  }

  end(ending: Ending): void {
    this.#ending ??= ending;
    this.#resolveEnded?.(this.#ending);
  }

  /** Ends it from our side. Once is enough: further calls wait for the same confirmation. */
  leave(ending: Ending): Promise<void> {
    this.end(ending);
    return (this.#left ??= this.#leave());
  }
}
