/** Requests that wait for a connection, in order: bounded by number and bytes. */

/** A request that can be sent on a connection of type `C`. */
export interface PendingRequest<C> {
  /** Takes a snapshot of its payload. @returns its approximate size in bytes */
  hold(): number;
  sendOn(connection: C): void;
  failed(error: Error): void;
}

/** The limits of the queue. */
export interface OutboxLimits {
  readonly max: number;
  readonly maxBytes: number;
}

/** The overhead of an entry besides its payload, in bytes. */
const ENTRY = 256;

export class Outbox<C> {
  readonly #limits: OutboxLimits;
  #waiting = new Map<PendingRequest<C>, number>();
  /** Kept across calls of `take`: a new iterator would skip all deleted entries of the map each time. */
  #next = this.#waiting.keys();
  #bytes = 0;

  constructor(limits: OutboxLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** @returns false if the queue is full */
  add(outgoing: PendingRequest<C>): boolean {
    return this.#add(outgoing, this.#waiting.size);
  }

  /** Puts requests that were sent before ahead of all others. @returns those for which there is no room */
  addFirst(returned: readonly PendingRequest<C>[]): readonly PendingRequest<C>[] {
    const others = this.#waiting;
    this.#waiting = new Map();
    this.#next = this.#waiting.keys();
    const refused = returned.filter((outgoing) => !this.#add(outgoing, this.#waiting.size + others.size));
    for (const [outgoing, bytes] of others) this.#waiting.set(outgoing, bytes);
    return refused;
  }

  /** Removes a request that is not needed any more. */
  remove(outgoing: PendingRequest<C>): void {
    this.#bytes -= this.#waiting.get(outgoing) ?? 0;
    this.#waiting.delete(outgoing);
  }

  /** Removes and returns the first request. */
  take(): PendingRequest<C> | undefined {
    let step = this.#next.next();
    if (step.done === true) {
      this.#next = this.#waiting.keys();
      step = this.#next.next();
    }
    if (step.done === true) return undefined;
    this.remove(step.value);
    return step.value;
  }

  /** Fails all requests. */
  failAll(error: () => Error): void {
    for (let next = this.take(); next !== undefined; next = this.take()) next.failed(error());
  }

  #add(outgoing: PendingRequest<C>, before: number): boolean {
    const { max, maxBytes } = this.#limits;
    if (before >= max) return false;
    const bytes = outgoing.hold() + ENTRY;
    if (this.#bytes + bytes > maxBytes) return false;
    this.#waiting.set(outgoing, bytes);
    this.#bytes += bytes;
    return true;
  }
}
