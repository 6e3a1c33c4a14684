/** What waits for a connection, in its order: bounded by number and by bytes. */

/** A request that can be sent on a connection of type `C`. */
export interface Outgoing<C> {
  /** Keeps what it needs as it is now. @returns how many bytes that takes, about */
  hold(): number;
  sendOn(connection: C): void;
  failed(error: Error): void;
}

/** What may wait. */
export interface OutboxLimits {
  readonly max: number;
  readonly maxBytes: number;
}

/** What an entry takes besides its payload, in bytes. */
const ENTRY = 256;

export class Outbox<C> {
  readonly #limits: OutboxLimits;
  #waiting = new Map<Outgoing<C>, number>();
  #bytes = 0;

  constructor(limits: OutboxLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** @returns false when there is no room for it */
  add(outgoing: Outgoing<C>): boolean {
    return this.#add(outgoing, this.#waiting.size);
  }

  /** What has been sent already, to be sent again before all else. @returns those for which there is no room */
  addFirst(returned: readonly Outgoing<C>[]): readonly Outgoing<C>[] {
    const others = this.#waiting;
    this.#waiting = new Map();
    const refused = returned.filter((outgoing) => !this.#add(outgoing, this.#waiting.size + others.size));
    for (const [outgoing, bytes] of others) this.#waiting.set(outgoing, bytes);
    return refused;
  }

  /** It need not be sent any more. */
  remove(outgoing: Outgoing<C>): void {
    this.#bytes -= this.#waiting.get(outgoing) ?? 0;
    this.#waiting.delete(outgoing);
  }

  /** The next in line, which leaves it. */
  take(): Outgoing<C> | undefined {
    for (const [outgoing] of this.#waiting) {
      this.remove(outgoing);
      return outgoing;
    }
    return undefined;
  }

  /** Nothing will be sent. */
  failAll(error: () => Error): void {
    for (let next = this.take(); next !== undefined; next = this.take()) next.failed(error());
  }

  #add(outgoing: Outgoing<C>, before: number): boolean {
    const { max, maxBytes } = this.#limits;
    if (before >= max) return false;
    const bytes = outgoing.hold() + ENTRY;
    if (this.#bytes + bytes > maxBytes) return false;
    this.#waiting.set(outgoing, bytes);
    this.#bytes += bytes;
    return true;
  }
}
