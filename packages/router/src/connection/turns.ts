/**
 * Turns: schedules the work of connections in fair slices (deficit round robin), so that no turn of the event loop
 * grows long.
 */
import type { Clock } from '../core/clock.ts';
import { Histogram } from '../core/histogram.ts';
import { MovingMoment, type Moment } from '../core/moment.ts';
import { Work, type Turns, type Worker } from '../core/work.ts';
import type { LimitTally } from '../limits.ts';
import type { FlushQueue } from '../output/flush-queue.ts';
import { systemClock } from './system-clock.ts';

/**
 * The work of one turn, in units of about a microsecond; work beyond it waits for a slice of the next turns. Work that takes
 * more microseconds than its units counts as those microseconds.
 */
export const TURN = 10_000;
/** The part of a turn for workers that wait; the rest is for messages that arrive. */
const FOR_WAITING = TURN / 2;
/** When a few large messages have cost more than this, the remaining work is left to the next turn. */
const TOO_MUCH = TURN + TURN / 2;
/** A large message may begin in a turn in which arriving messages have cost no more than this. */
const LITTLE = TURN / 8;
/** The work that each waiting worker may do in a round (units). */
export const SLICE = 250;
/** After this much work, the router reads the clock to find out how long it took. */
const UNTIMED = 512;
/** The maximum charge for one unit of work (µs). */
const MOST_TAKEN = 4;
/** The part of a turn for all newcomers together, before the workers that wait. */
const FOR_NEWCOMERS = FOR_WAITING / 2;
/** The first slice of a newcomer: enough for some messages and their answers. */
const FIRST_SLICE = 50;

/**
 * Waiting workers are served in rounds, one slice each. A worker that used more than its slice sits out the rounds that this
 * was worth (deficit round robin). A round of a hundred hostile clients takes several turns; a newcomer without debt therefore
 * has its first slice before them, so that a client with little work waits for a turn or two, however many others wait.
 */
export class TurnsOfRouter implements Turns {
  readonly work: Work = new Work(TURN);
  /** How long turns took (s), from the first message that was read to the last that was routed; writing comes after. */
  readonly durations: Histogram = new Histogram(1e-6);
  readonly #queue: FlushQueue;
  #waiting: Worker[] = [];
  /** Workers that have not had a slice yet. */
  #newcomers: Worker[] = [];
  readonly #limited: LimitTally;
  readonly #clock: Pick<Clock, 'elapsed'>;
  /** When this turn began (ms); out of date unless {@link #isTimed}. */
  #began = 0;
  /** The start of this turn, shared by the calls that begin and end in it. */
  readonly #moment = new MovingMoment();
  #isTimed = false;
  /** The work of this turn when the clock was first read in it. */
  #spentBefore = 0;
  /** When the last worker finished its slice (ms). */
  #servedAt = 0;
  /** The cost of the waiting workers at the end of the last turn; the rest of `work.spent` has arrived since. */
  #spentOnWaiting = 0;
  /** Whether newcomers used up the last turn, so that the waiting workers come first in this one. */
  #isRoundDue = false;
  /** Whether the messages that arrived in this turn have left room for a large one. */
  #hasRoom = true;
  /** Workers whose next message is large: one of them proceeds in each turn with room. */
  #forRoom: Worker[] = [];

  /**
   * @param queue announces the end of each turn
   * @param limited counts the turns that left work for later turns
   * @param clock read twice in a turn of little work
   */
  constructor(queue: FlushQueue, limited: LimitTally, clock: Pick<Clock, 'elapsed'> = systemClock) {
    this.#queue = queue;
    this.#limited = limited;
    this.#clock = clock;
    this.work.untimed = UNTIMED;
    queue.turnEnds = (): void => {
      const wasTimed = this.#isTimed;
      const began = this.#began;
      this.#isTimed = false; // work left over from earlier turns may start calls, which are timed anew
      this.#endTurn();
      this.#isTimed = false;
      if (wasTimed) this.durations.record((this.#clock.elapsed() - began) / 1000);
    };
  }

  began(): Moment {
    this.begin();
    return this.#moment;
  }

  /** Charges the work of this turn by the clock, if it took longer than it was counted as. */
  time(): void {
    const { work } = this;
    this.begin();
    const taken = (this.#clock.elapsed() - this.#began) * 1000;
    work.spent = Math.max(work.spent, this.#spentBefore + Math.trunc(taken));
    work.untimed = work.spent + UNTIMED;
  }

  /** @returns whether this turn has room for a large message; if not, the worker proceeds in a later turn that has */
  hasRoom(worker: Worker): boolean {
    if (!this.#hasRoom) this.#forRoom.push(worker);
    return this.#hasRoom;
  }

  /** True when no work is left over from earlier turns. */
  get isIdle(): boolean {
    return this.#left === 0;
  }

  get #left(): number {
    return this.#waiting.length + this.#newcomers.length + this.#forRoom.length;
  }

  /** Begins a turn, if none has begun: notes the time, and asks to be notified when the turn ends. */
  begin(): void {
    if (this.#isTimed) return;
    this.#isTimed = true;
    this.#began = this.#clock.elapsed();
    this.#moment.moveTo(this.#began);
    this.#spentBefore = this.work.spent;
    this.#queue.awaitEnd();
  }

  add(worker: Worker): void {
    const queue = worker.single === true && worker.credit >= 0 ? this.#newcomers : this.#waiting;
    queue.push(worker);
    this.#queue.awaitEnd();
  }

  #endTurn(): void {
    const { work } = this;
    const cameIn = work.spent - this.#spentOnWaiting;
    work.spent = 0;
    work.untimed = UNTIMED;
    this.#spentOnWaiting = 0;
    if (this.#left === 0) return;
    this.#limited.add('turns_exhausted');
    this.#hasRoom = cameIn <= LITTLE;
    if (cameIn <= TOO_MUCH) this.#serveWaiting();
    // The waiting workers get the next turn; messages that arrive meanwhile wait as well.
    if (cameIn > TOO_MUCH || this.#forRoom.length > 0) work.spent = Math.max(work.spent, TURN);
    this.#spentOnWaiting = work.spent;
    work.untimed = work.spent + UNTIMED;
    if (this.#left > 0) this.#queue.awaitEnd();
  }

  #serveWaiting(): void {
    const { work } = this;
    this.#servedAt = this.#clock.elapsed();
    const large = this.#hasRoom ? this.#forRoom.shift() : undefined;
    if (large !== undefined) this.#serve(large, SLICE, this.#waiting);
    if (!this.#isRoundDue) this.#beginNewcomers();
    const wasTooMuch = work.spent > TOO_MUCH;
    this.#isRoundDue = wasTooMuch;
    if (!wasTooMuch) {
      // Newcomers never starve the waiting workers, which get at least a slice of this turn, or the next turn.
      const limit = Math.max(FOR_WAITING, work.spent + SLICE);
      while (this.#waiting.length > 0 && work.spent < limit) this.#round(limit);
    }
    work.limit = TURN;
  }

  /** Gives newcomers their first slices while there is room; the others get theirs in the next turns. */
  #beginNewcomers(): void {
    const newcomers = this.#newcomers;
    if (newcomers.length === 0) return;
    this.#newcomers = [];
    let taken = 0;
    for (const worker of newcomers) {
      if (this.work.spent >= FOR_NEWCOMERS) break;
      taken += 1;
      this.#serve(worker, FIRST_SLICE, this.#waiting);
    }
    if (taken < newcomers.length) this.#newcomers = [...newcomers.slice(taken), ...this.#newcomers];
  }

  /** Serves one round, or as much of it as there is room for; the next round continues there. */
  #round(limit: number): void {
    const { work } = this;
    const waiting = this.#waiting;
    const left: Worker[] = [];
    this.#waiting = left;
    let taken = 0;
    for (const worker of waiting) {
      if (work.spent >= limit) break;
      taken += 1;
      this.#serve(worker, SLICE, left);
    }
    if (taken < waiting.length) this.#waiting = [...waiting.slice(taken), ...left];
  }

  /** Gives one slice to a worker. @param left the queue in which the worker waits if it has work left */
  #serve(worker: Worker, slice: number, left: Worker[]): void {
    const { work } = this;
    worker.credit += slice;
    if (worker.credit <= 0) {
      left.push(worker);
      return;
    }
    const before = work.spent;
    work.spent += 1;
    work.limit = before + worker.credit;
    const more = worker.proceed();
    const counted = work.spent - before;
    const since = this.#servedAt;
    this.#servedAt = this.#clock.elapsed();
    const taken = Math.max(counted, Math.trunc((this.#servedAt - since) * 1000));
    work.spent = before + taken;
    // The charge is bounded, because the time may contain a garbage collection that other workers caused.
    worker.credit -= Math.min(taken, MOST_TAKEN * counted);
    // A worker without work left saves up no credit.
    if (!more && worker.credit > 0) worker.credit = 0;
    if (more) left.push(worker);
  }
}
