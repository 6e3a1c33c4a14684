/** Interface Store: a value that changes, for frameworks that show it. */

/** A value, and who wants to hear when it changes. A store of Svelte, as it is; others need a line or two. */
export interface Store<T> {
  /** The value now. */
  get(): T;
  /** Calls `run` with the value, at once and whenever it changes, until the function that it returns is called. */
  subscribe(run: (value: T) => void): () => void;
}

/** How long (ms) a store keeps at it when nobody listens any more: pages change, and strict modes mount twice. */
const LINGER = 1_000;

/** A store that works while somebody listens, and a moment longer. */
export abstract class LingeringStore<T> implements Store<T> {
  readonly #runs = new Set<(value: T) => void>();
  readonly #linger: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop: (() => void) | undefined;

  /** @param linger how long it works on without listeners, ms */
  constructor(linger: number = LINGER) {
    this.#linger = linger;
  }

  abstract get(): T;

  /** Begins to work; what it returns ends it. */
  protected abstract start(): () => void;

  subscribe(run: (value: T) => void): () => void {
    // Two subscriptions of one function are two.
    const mine = (value: T): void => run(value);
    this.#runs.add(mine);
    clearTimeout(this.#timer);
    this.#stop ??= this.start();
    mine(this.get());
    return () => {
      if (this.#runs.delete(mine) && this.#runs.size === 0) this.#rest();
    };
  }

  /** Nobody has listened for a while, and the work has ended. */
  protected rested(): void {
    // Some have nothing to do about it.
  }

  /** Tells all listeners the value. */
  protected changed(): void {
    const value = this.get();
    for (const run of this.#runs) run(value);
  }

  /** Starts anew, if it works at all. */
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
