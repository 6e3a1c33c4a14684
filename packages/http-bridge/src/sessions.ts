/** The sessions of requests: those of the same principal share one, which stays for a while. */
import { ApplicationError, ErrorUri } from '@wamp/protocol';
import type { Clock, LocalSession } from '@wamp/router';

/** How long sessions stay, and how many there are. */
export interface SessionBounds {
  /** How long one stays after its last request (ms). */
  readonly idle: number;
  /** After how long a principal logs in again, however often its session is used (ms). */
  readonly age: number;
  /** How many there are at a time; those that are idle for the longest leave for others. */
  readonly most: number;
}

/** A session that is there, or about to be. */
interface Shared {
  readonly session: Promise<LocalSession>;
  /** When it began to log in, by the monotonic clock (ms). */
  readonly began: number;
  /** How many requests use it. */
  users: number;
  /** Cancels its leaving. */
  dismiss: (() => void) | undefined;
}

/** Log-ins cost, so that a principal logs in once for all requests that follow each other. */
export class SharedSessions {
  readonly #clock: Clock;
  readonly #bounds: SessionBounds;
  /** The one that was used last is the last. */
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
   * @param logIn makes the session, where there is none
   * @throws ApplicationError what `logIn` and `task` reject with; `wamp.error.limit_exceeded` when there are too many
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

  /** Has all sessions leave. */
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
    const why = `${this.#bounds.most} principals have requests under way; try again later, or raise \`sessions\``;
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
