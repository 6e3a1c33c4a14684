/** Turns: shares the event loop among connections, so that no turn of it grows long and everybody gets on. */
import { Work, type Turns, type Worker } from '../core/work.ts';
import type { FlushQueue } from '../transports/outbox.ts';
import type { LimitTally } from './connection-router.ts';

/** The work of one turn, in units of about a microsecond; whatever comes beyond waits for its slice of the next turns. */
export const TURN = 10_000;
/** Of these, what those who wait may have; the rest is for what comes in. */
const FOR_WAITING = TURN / 2;
/** What each of them gets in a round. */
export const SLICE = 250;

/**
 * Those who wait take rounds, in which each gets a slice; who needed more than a slice sits out as many rounds as that was
 * worth (deficit round robin). However many there are, whoever asks for little waits for a round at most.
 */
export class TurnsOfRouter implements Turns {
  readonly work: Work = new Work(TURN);
  readonly #queue: FlushQueue;
  #waiting: Worker[] = [];
  readonly #limited: LimitTally;

  /**
   * @param queue tells when a turn ends
   * @param limited counts the turns that have left something for later
   */
  constructor(queue: FlushQueue, limited: LimitTally) {
    this.#queue = queue;
    this.#limited = limited;
    queue.turnEnds = (): void => {
      this.#endTurn();
    };
  }

  /** Whether nothing is left over from earlier turns. */
  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  /** Some work is about to be done: it will be forgotten when the turn ends. */
  begin(): void {
    this.#queue.awaitEnd();
  }

  add(worker: Worker): void {
    this.#waiting.push(worker);
    this.#queue.awaitEnd();
  }

  #endTurn(): void {
    const { work } = this;
    work.spent = 0;
    if (this.#waiting.length === 0) return;
    this.#limited.add('turns_exhausted');
    while (this.#waiting.length > 0 && work.spent < FOR_WAITING) this.#round();
    work.limit = TURN;
    if (this.#waiting.length > 0) this.#queue.awaitEnd();
  }

  /** One round, or as much of it as there is room for: the next one begins where it ends. */
  #round(): void {
    const { work } = this;
    const waiting = this.#waiting;
    const left: Worker[] = [];
    this.#waiting = left;
    let taken = 0;
    for (const worker of waiting) {
      if (work.spent >= FOR_WAITING) break;
      taken += 1;
      if (this.#serve(worker)) left.push(worker);
    }
    if (taken < waiting.length) this.#waiting = [...waiting.slice(taken), ...left];
  }

  /** @returns whether the worker waits on */
  #serve(worker: Worker): boolean {
    const { work } = this;
    worker.credit += SLICE;
    if (worker.credit <= 0) return true;
    const before = work.spent;
    work.spent += 1;
    work.limit = before + worker.credit;
    const more = worker.proceed();
    worker.credit -= work.spent - before;
    // Who has nothing left to do saves up nothing.
    if (!more && worker.credit > 0) worker.credit = 0;
    return more;
  }
}
