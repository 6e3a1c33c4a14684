/** How many handlers run at once; those that have to wait stand in a line, which is bounded in bytes. */

/** What may wait in all, in bytes: 8 MiB. */
const WAITING_BYTES = 8 * 1024 * 1024;
/** What an entry of the line takes besides its message, in bytes. */
const ENTRY = 256;

interface Waiting {
  readonly start: () => void;
  readonly weight: number;
}

export class Gate {
  readonly #max: number;
  /** Called when nobody waits any more. */
  readonly #emptied: () => void;
  readonly #line = new Set<Waiting>();
  /** Goes on where it stopped: what a set has deleted would have to be skipped again by each new one. */
  #next: Iterator<Waiting> = this.#line.values();
  #running = 0;
  #weight = 0;
  #admitting = false;

  constructor(max: number, emptied: () => void) {
    this.#max = max;
    this.#emptied = emptied;
  }

  /** True when a handler may run now; it has to {@link leave} then. Those in the line come first. */
  enter(): boolean {
    if (this.#running >= this.#max || this.#line.size > 0) return false;
    this.#running += 1;
    return true;
  }

  /**
   * Waits in the line.
   * @param bytes the length of the message
   * @param start runs the handler, which has to {@link leave} then; never throws
   * @returns what leaves the line early; undefined when there is no room in it
   */
  wait(bytes: number, start: () => void): (() => void) | undefined {
    const weight = bytes + ENTRY;
    if (this.#weight + weight > WAITING_BYTES) return undefined;
    const waiting = { start, weight };
    this.#line.add(waiting);
    this.#weight += weight;
    return () => {
      this.#remove(waiting);
    };
  }

  /** A handler is done. */
  leave(): void {
    this.#running -= 1;
    // One that is done at once leaves within the loop, however many follow it.
    if (this.#admitting) return;
    this.#admitting = true;
    while (this.#running < this.#max && this.#line.size > 0) {
      const waiting = this.#first();
      if (waiting === undefined) break;
      this.#running += 1;
      this.#remove(waiting);
      waiting.start();
    }
    this.#admitting = false;
  }

  /** Nobody waits any longer. */
  clear(): void {
    this.#line.clear();
    this.#weight = 0;
    this.#emptied();
  }

  #first(): Waiting | undefined {
    let step = this.#next.next();
    if (step.done === true) {
      this.#next = this.#line.values();
      step = this.#next.next();
    }
    return step.done === true ? undefined : step.value;
  }

  #remove(waiting: Waiting): void {
    if (!this.#line.delete(waiting)) return;
    this.#weight -= waiting.weight;
    if (this.#line.size === 0) this.#emptied();
  }
}
