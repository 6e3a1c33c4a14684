/** Limits how many handlers run at the same time; further ones wait in a queue that is bounded in bytes. */

/** The byte limit of the queue, and of what is unpacked for it: 8 MiB. */
const WAITING_BYTES = 8 * 1024 * 1024;
/** The overhead of a queued entry besides its message, in bytes. */
const ENTRY = 256;

interface Waiting {
  readonly start: () => void;
  readonly weight: number;
}

export class Gate {
  readonly #max: number;
  /** Called when the queue becomes empty. */
  readonly #emptied: () => void;
  readonly #line = new Set<Waiting>();
  /** Kept across calls: a new iterator would skip all deleted entries of the set each time. */
  #next: Iterator<Waiting> = this.#line.values();
  #running = 0;
  #weight = 0;
  #admitting = false;

  constructor(max: number, emptied: () => void) {
    this.#max = max;
    this.#emptied = emptied;
  }

  /** True if a handler may run now; it has to call {@link leave} afterwards. Queued handlers come first. */
  enter(): boolean {
    if (this.#running >= this.#max || this.#line.size > 0) return false;
    this.#running += 1;
    return true;
  }

  /** Whether a message that can wait should join the queue now: half of it is left to messages that cannot. */
  hasRoom(bytes: number): boolean {
    return this.#weight + bytes + ENTRY <= WAITING_BYTES / 2;
  }

  /**
   * Joins the queue.
   * @param bytes the length of the message
   * @param start runs the handler, which has to call {@link leave} afterwards; never throws
   * @param isBounded whether its sender limits what waits: then the queue is never full for it
   * @returns a function that removes it from the queue; undefined if the queue is full
   */
  wait(bytes: number, start: () => void, isBounded = false): (() => void) | undefined {
    const weight = bytes + ENTRY;
    if (!isBounded && this.#weight + weight > WAITING_BYTES) return undefined;
    const waiting = { start, weight };
    this.#line.add(waiting);
    this.#weight += weight;
    return () => {
      this.#remove(waiting);
    };
  }

  /**
   * Counts a message that is unpacked, or follows one that is, before it can join the queue.
   * @param bytes its length
   * @returns a function that ends this; undefined if the queue is full
   */
  reserve(bytes: number): (() => void) | undefined {
    const weight = bytes + ENTRY;
    if (this.#weight + weight > WAITING_BYTES) return undefined;
    this.#weight += weight;
    let counted = weight;
    return () => {
      this.#weight -= counted;
      counted = 0;
      if (this.#line.size === 0) this.#emptied();
    };
  }

  /** Called when a handler has finished. */
  leave(): void {
    this.#running -= 1;
    // A handler that finishes synchronously calls this within the loop below, which avoids recursion.
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

  /** Empties the queue. */
  clear(): void {
    for (const waiting of this.#line) this.#weight -= waiting.weight;
    this.#line.clear();
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
