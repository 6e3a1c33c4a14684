/** Gathers what one turn of the event loop sends: one write per socket and turn, as an efficient client does. */

export interface Flushable {
  flush(): void;
}

export class Turn {
  /** When the bytes that are being handled were read: ms, of `performance.now()`. */
  now: number = performance.now();
  #dirty: Flushable[] = [];

  /** Flushes it once this turn's input has been handled. */
  add(outgoing: Flushable): void {
    this.#dirty.push(outgoing);
    if (this.#dirty.length === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const outgoing of dirty) outgoing.flush();
  }
}
