/** Has the outboxes of all sockets write once a turn of the event loop. */
import { nothing } from '../nothing.ts';
import { FrameMemory } from './frame-memory.ts';

/** Pending bytes beyond this are written at once. */
export const MOST_PENDING: number = 256 * 1024;

/** Something that is to be flushed. */
interface Dirty {
  flush(): void;
}

/**
 * The outboxes that have something to write. Nearly all the cost of a small message is the system call
 * that writes it; frames of one turn share one. A lone message is written in the same turn of the event
 * loop: no timer ever delays it.
 */
export class FlushQueue {
  /** For frames that those who are to be flushed refer to. */
  readonly memory: FrameMemory = new FrameMemory();
  #dirty: Dirty[] = [];
  /** Bytes that wait in outboxes. */
  #pending = 0;
  #flushing = false;
  /** Whether the end of this turn is awaited. */
  #awaiting = false;
  /** Called when a turn ends, before what has gathered is flushed. */
  turnEnds: () => void = nothing;

  add(outbox: Dirty): void {
    this.#dirty.push(outbox);
    if (!this.#awaiting) this.awaitEnd();
  }

  /** Has {@link turnEnds} called at the end of this turn of the event loop. */
  awaitEnd(): void {
    if (this.#awaiting) return;
    this.#awaiting = true;
    setImmediate(() => {
      this.#awaiting = false;
      this.turnEnds();
      this.#flush();
    });
  }

  /** Something more is to be flushed. */
  count(bytes: number): void {
    this.#pending += bytes;
  }

  /**
   * Does not wait for the end of the turn when there is much to flush, so that what is next lies in the same memory,
   * which is in the cache by then. Nobody may be in the middle of a frame.
   */
  relieve(): void {
    if (this.#pending > MOST_PENDING && !this.#flushing) this.#flush();
  }

  #flush(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    this.#pending = 0;
    this.#flushing = true;
    for (const outbox of dirty) outbox.flush();
    this.#flushing = false;
    if (this.#dirty.length === 0) this.memory.settle();
  }
}
