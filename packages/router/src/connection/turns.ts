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
 * The work of one turn, in units of about a microsecond; whatever comes beyond waits for its slice of the next turns. Where
 * work has taken more microseconds than it was counted as, these count.
 */
export const TURN = 10_000;
/** Of these, what those who wait may have; the rest is for what comes in. */
const FOR_WAITING = TURN / 2;
/** After one message, or a few, that cost more than this, whatever is next has its turn later. */
const TOO_MUCH = TURN + TURN / 2;
/** A large message may begin in a turn in which no more than this has come in. */
const LITTLE = TURN / 8;
/** What each of them gets in a round. */
export const SLICE = 250;
/** After so much work, the clock is asked what it has taken. */
const UNTIMED = 512;
/** The most microseconds that a worker pays for a unit of work. */
const MOST_TAKEN = 4;
/** What newcomers may have of a turn, all together, before those who wait. */
const FOR_NEWCOMERS = FOR_WAITING / 2;
/** What a newcomer gets before it waits like the others: some messages and their answers. */
const FIRST_SLICE = 50;

/**
 * Those who wait take rounds, in which each gets a slice; who needed more than a slice sits out as many rounds as that
 * was worth (deficit round robin). A round of a hundred hostile clients takes several turns, so who comes to wait and
 * owes nothing has its first slice before them: a client with little work waits for a turn or two, however many others
 * there are.
 */
export class TurnsOfRouter implements Turns {
  readonly work: Work = new Work(TURN);
  /** How long turns took (s), from the first message that was read to the last that was routed; writing comes after. */
  readonly durations: Histogram = new Histogram(1e-6);
  readonly #queue: FlushQueue;
  #waiting: Worker[] = [];
  /** Who has come to wait and has not had a slice yet. */
  #newcomers: Worker[] = [];
  readonly #limited: LimitTally;
  readonly #clock: Pick<Clock, 'elapsed'>;
  /** When this turn began; out of date unless {@link #isTimed}. */
  #began = 0;
  /** The same, for the calls that begin and end in it. */
  readonly #moment = new MovingMoment();
  #isTimed = false;
  /** The work of this turn when the clock was first read in it. */
  #spentBefore = 0;
  /** When a worker was last done (ms). */
  #servedAt = 0;
  /** What those who waited had of the turn before; the rest of `work.spent` came in since. */
  #spentOnWaiting = 0;
  /** Whether newcomers had all of the turn before. */
  #isRoundDue = false;
  /** Whether little came in before those who wait had this turn. */
  #hasRoom = true;
  /** Those that wait for room: one of them has it in each turn in which little came in. */
  #forRoom: Worker[] = [];

  /**
   * @param queue tells when a turn ends
   * @param limited counts the turns that have left something for later
   * @param clock is read twice in a turn of little work
   */
  constructor(queue: FlushQueue, limited: LimitTally, clock: Pick<Clock, 'elapsed'> = systemClock) {
    this.#queue = queue;
    this.#limited = limited;
    this.#clock = clock;
    this.work.untimed = UNTIMED;
    queue.turnEnds = (): void => {
      const wasTimed = this.#isTimed;
      const began = this.#began;
      this.#isTimed = false; // what is done now that was left over may start later calls
      this.#endTurn();
      this.#isTimed = false;
      if (wasTimed) this.durations.record((this.#clock.elapsed() - began) / 1000);
    };
  }

  began(): Moment {
    this.begin();
    return this.#moment;
  }

  /** Counts what has come in as the microseconds that it has taken, where these are more. */
  time(): void {
    const { work } = this;
    this.begin();
    const taken = (this.#clock.elapsed() - this.#began) * 1000;
    work.spent = Math.max(work.spent, this.#spentBefore + Math.trunc(taken));
    work.untimed = work.spent + UNTIMED;
  }

  /** Whether this turn has room for a large message. If not, the worker proceeds in one of the next turns that has. */
  hasRoom(worker: Worker): boolean {
    if (!this.#hasRoom) this.#forRoom.push(worker);
    return this.#hasRoom;
  }

  /** Whether nothing is left over from earlier turns. */
  get isIdle(): boolean {
    return this.#left === 0;
  }

  get #left(): number {
    return this.#waiting.length + this.#newcomers.length + this.#forRoom.length;
  }

  /** Some work is about to be done: it will be forgotten when the turn ends. */
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
    // Those who wait have the next turn for themselves, in which what comes in joins them.
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
      // Newcomers never take all of a turn: those who wait have a slice of it at least, or the next one.
      const limit = Math.max(FOR_WAITING, work.spent + SLICE);
      while (this.#waiting.length > 0 && work.spent < limit) this.#round(limit);
    }
    work.limit = TURN;
  }

  /** First slices, as far as there is room for them: the others have theirs in the next turns. */
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

  /** One round, or as much of it as there is room for: the next one begins where it ends. */
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

  /** @param left where the worker waits on, if it has work left */
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
    // The worker may have met a garbage collection that others caused.
    worker.credit -= Math.min(taken, MOST_TAKEN * counted);
    // Who has nothing left to do saves up nothing.
    if (!more && worker.credit > 0) worker.credit = 0;
    if (more) left.push(worker);
  }
}
