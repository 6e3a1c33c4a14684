/** Interface Store: an observable value for UI frameworks. */

/** An observable value. It is a Svelte store as it is; other frameworks need a line or two. */
export interface Store<T> {
  /** The current value. */
  get(): T;
  /** Calls `run` with the value, at once and after each change. Returns a function that unsubscribes. */
  subscribe(run: (value: T) => void): () => void;
}

/** How long (ms) a store stays active without subscribers: pages change, and strict modes mount twice. */
const LINGER = 1_000;

/** A store that is active while it has subscribers, and a moment longer. */
export abstract class LingeringStore<T> implements Store<T> {
  readonly #runs = new Set<(value: T) => void>();
  readonly #linger: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop: (() => void) | undefined;

  /** @param linger how long it stays active without subscribers (ms) */
  constructor(linger: number = LINGER) {
    this.#linger = linger;
  }

  abstract get(): T;

  /** Activates the store; returns a function that deactivates it. */
  protected abstract start(): () => void;

  subscribe(run: (value: T) => void): () => void {
    // A function that subscribes twice has two subscriptions.
    const mine = (value: T): void => run(value);
    this.#runs.add(mine);
    clearTimeout(this.#timer);
    this.#stop ??= this.start();
    mine(this.get());
    return () => {
      if (this.#runs.delete(mine) && this.#runs.size === 0) this.#rest();
    };
  }

  /** Called when the store was deactivated. */
  protected rested(): void {
    // Nothing to do by default.
  }

  /** Passes the value to all subscribers. */
  protected changed(): void {
    const value = this.get();
    for (const run of this.#runs) run(value);
  }

  /** Restarts the store if it is active. */
  protected restart(): void {
    if (this.#stop === undefined) return;
    this.#stop();
    this.#stop = this.start();
  }

  #rest(): void {
    this.#timer = setTimeout(() => {
      this.#stop?.();
      this.#stop = undefined;
      this.rested();
    }, this.#linger);
  }
}
