/** The memory of messages that are being received: counted, and kept in bounds by ending connections whose message takes too long. */
import type { Memory } from '@wamp/protocol';
import type { Clock } from '../core/clock.ts';
import type { LimitTally } from '../limits.ts';

/** How long a message may take to arrive while memory is short (ms). */
const PATIENCE = 5_000;
/** What the smallest piece of memory counts as (bytes). */
const LEAST = 1024;

/** The parts of the router that this module uses. */
interface ArrivingRouter {
  readonly queue: { readonly memory: Memory };
  readonly clock: Pick<Clock, 'elapsed'>;
  readonly limited: LimitTally;
  /** Memory is short when arriving messages take more than what all sessions may keep. */
  readonly kept: { readonly ofSessions: { readonly limit: number } };
}

/** The messages that are being received, over all connections. */
export class ArrivingMemory {
  readonly memory: Memory;
  readonly #router: ArrivingRouter;
  /** The connections in the middle of a message, in the order in which their messages began. */
  readonly #open = new Set<ArrivingLine>();
  #used = 0;

  constructor(router: ArrivingRouter) {
    this.memory = router.queue.memory;
    this.#router = router;
  }

  /** The bytes of all messages that are being received. */
  get used(): number {
    return this.#used;
  }

  /** The memory of one connection. @param evict ends the connection, on a new stack */
  line(evict: () => void): ArrivingLine {
    return new ArrivingLine(this, evict);
  }

  /** For lines: a message begins. @returns when (ms) */
  begin(line: ArrivingLine): number {
    this.#open.add(line);
    return this.#router.clock.elapsed();
  }

  /** For lines: the memory of a message grows, or shrinks. */
  count(bytes: number): void {
    this.#used += bytes;
    if (bytes > 0 && this.#used > this.#router.kept.ofSessions.limit) this.#relieve();
  }

  /** For lines: a message has arrived, or is not waited for any more. */
  end(line: ArrivingLine): void {
    this.#open.delete(line);
  }

  /** Ends the connection whose message has taken longest, if that is too long. */
  #relieve(): void {
    const [oldest] = this.#open;
    if (oldest === undefined || this.#router.clock.elapsed() - oldest.since < PATIENCE) return;
    this.#router.limited.add('arriving_messages');
    oldest.giveUp();
  }
}

/** The memory of the messages of one connection. */
export class ArrivingLine implements Memory {
  /** When the current message began (ms). */
  since = 0;
  readonly #all: ArrivingMemory;
  readonly #evict: () => void;
  #held = 0;
  #isOver = false;

  constructor(all: ArrivingMemory, evict: () => void) {
    this.#all = all;
    this.#evict = evict;
  }

  take(size: number): Uint8Array<ArrayBuffer> {
    if (!this.#isOver) {
      if (this.#held === 0) this.since = this.#all.begin(this);
      this.#count(size);
    }
    return this.#all.memory.take(size);
  }

  give(memory: Uint8Array<ArrayBuffer>): void {
    this.#all.memory.give(memory);
    if (this.#isOver) return;
    this.#count(memory.length, -1);
    if (this.#held === 0) this.#all.end(this);
  }

  #count(size: number, sign: 1 | -1 = 1): void {
    const bytes = sign * Math.max(size, LEAST);
    this.#held += bytes;
    this.#all.count(bytes);
  }

  /** For {@link ArrivingMemory}: ends the connection. Its memory counts no longer, since it is about to be freed. */
  giveUp(): void {
    this.#isOver = true;
    this.#all.count(-this.#held);
    this.#all.end(this);
    queueMicrotask(this.#evict);
  }
}
