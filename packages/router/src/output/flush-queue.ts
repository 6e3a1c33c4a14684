/** Flushes the outboxes of all sockets once per turn of the event loop. */
import { nothing } from '../nothing.ts';
import { FrameMemory } from './frame-memory.ts';

/** When more bytes than this are pending, they are written at once. */
export const MOST_PENDING: number = 256 * 1024;

/** Something that can be flushed. */
interface Dirty {
  flush(): void;
}

/**
 * The outboxes with pending frames. Nearly the whole cost of a small message is the system call that writes it, so the
 * frames of a turn share one. A single message is still written in the same turn of the event loop: no timer delays it.
 */
export class FlushQueue {
  /** The memory of the frames to which outboxes refer. */
  readonly memory: FrameMemory = new FrameMemory();
  #dirty: Dirty[] = [];
  /** Bytes pending in outboxes. */
  #pending = 0;
  #flushing = false;
  /** Whether the end of this turn is scheduled. */
  #awaiting = false;
  /** Called at the end of a turn, before the outboxes are flushed. */
  turnEnds: () => void = nothing;

  add(outbox: Dirty): void {
    this.#dirty.push(outbox);
    if (!this.#awaiting) this.awaitEnd();
  }

  /** Schedules {@link turnEnds} for the end of this turn of the event loop. */
  awaitEnd(): void {
    if (this.#awaiting) return;
    this.#awaiting = true;
    setImmediate(() => {
      this.#awaiting = false;
      this.turnEnds();
      this.#flush();
    });
  }

  /** Counts pending bytes. */
  count(bytes: number): void {
    this.#pending += bytes;
  }

  /**
   * Flushes before the end of the turn when much is pending, so that the next frames reuse memory that is in the CPU
   * cache. Must not be called while a frame is being written.
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
