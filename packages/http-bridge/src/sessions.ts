/** The sessions of requests: consecutive requests of a principal share one. */
import { ApplicationError, ErrorUri } from '@wamp/protocol';
import type { Clock, LocalSession } from '@wamp/router';

/** The limits of shared sessions. */
export interface SessionBounds {
  /** The time for which a session is kept after its last request (ms). */
  readonly idle: number;
  /** The time after which a principal has to log in again, even if its session is in use (ms). */
  readonly age: number;
  /** The maximum number of sessions; those that have been idle longest end to make room. */
  readonly most: number;
}

/** A session that is open, or logging in. */
interface Shared {
  readonly session: Promise<LocalSession>;
  /** When the log-in began, in monotonic time (ms). */
  readonly began: number;
  /** The number of requests that use the session. */
  users: number;
  /** Cancels the timer that ends the session. */
  dismiss: (() => void) | undefined;
}

/** Shares sessions among consecutive requests of a principal, because log-ins are expensive. */
export class SharedSessions {
  readonly #clock: Clock;
  readonly #bounds: SessionBounds;
  /** The sessions in order of their last use. */
  readonly #sessions = new Map<string, Shared>();
  #closed = false;

  constructor(clock: Clock, bounds: SessionBounds) {
    this.#clock = clock;
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /**
   * Runs a task with the session of a principal.
   * @param logIn creates the session, if there is none
   * @throws ApplicationError of `logIn` and `task`; `wamp.error.limit_exceeded` when there are too many sessions
   */
  async use<T>(
    key: string,
    logIn: () => Promise<LocalSession>,
    task: (session: LocalSession) => Promise<T>,
  ): Promise<T> {
    const shared = this.#take(key, logIn);
    try {
      return await task(await shared.session);
    } finally {
      this.#giveBack(key, shared);
    }
  }

  /** Ends all sessions. */
  close(): void {
    this.#closed = true;
    for (const [key, shared] of [...this.#sessions]) this.#dismissed(key, shared);
  }

  /** Has every principal log in again at its next request; sessions in use leave after their requests. */
  renew(): void {
    for (const [key, shared] of [...this.#sessions]) this.#retire(key, shared);
  }

  #take(key: string, logIn: () => Promise<LocalSession>): Shared {
    const known = this.#young(key);
    if (known !== undefined) {
      this.#sessions.delete(key);
      this.#sessions.set(key, known);
      known.dismiss?.();
      known.dismiss = undefined;
      known.users += 1;
      return known;
    }
    this.#makeRoom();
    const shared: Shared = { session: logIn(), began: this.#clock.elapsed(), users: 1, dismiss: undefined };
    this.#sessions.set(key, shared);
    shared.session.then(
      (session) => session.closed.then(() => this.#forget(key, shared)),
      () => this.#forget(key, shared),
    );
    return shared;
  }

  /** The session of a principal, unless its age requires another log-in. */
  #young(key: string): Shared | undefined {
    const known = this.#sessions.get(key);
    if (known === undefined || this.#clock.elapsed() - known.began < this.#bounds.age) return known;
    this.#retire(key, known);
    return undefined;
  }

  #retire(key: string, shared: Shared): void {
    if (shared.users === 0) this.#dismissed(key, shared);
    else this.#forget(key, shared);
  }

  #makeRoom(): void {
    if (this.#closed) throw new ApplicationError(ErrorUri.UNAVAILABLE, ['the bridge is closing']);
    if (this.#sessions.size < this.#bounds.most) return;
    for (const [key, shared] of this.#sessions) {
      if (shared.users > 0) continue;
      this.#dismissed(key, shared);
      return;
    }
    const why = `${this.#bounds.most} principals have requests in progress; try again later, or raise \`sessions\``;
    throw new ApplicationError(ErrorUri.LIMIT_EXCEEDED, [why]);
  }

  #giveBack(key: string, shared: Shared): void {
    shared.users -= 1;
    if (shared.users > 0) return;
    if (this.#sessions.get(key) !== shared) {
      this.#dismissed(key, shared);
      return;
    }
    shared.dismiss = this.#clock.after(this.#bounds.idle, () => {
      this.#dismissed(key, shared);
    });
  }

  #dismissed(key: string, shared: Shared): void {
    this.#forget(key, shared);
    shared.session.then(
      (session) => {
        session.leave();
      },
      () => undefined,
    );
  }

  #forget(key: string, shared: Shared): void {
    shared.dismiss?.();
    if (this.#sessions.get(key) === shared) this.#sessions.delete(key);
  }
}
