/** Work: the counted cost of the current turn of the event loop, which keeps turns short. */
import type { Moment } from './moment.ts';

/** The session whose message causes the current work, and which can be made to wait. */
export interface Producer {
  /**
   * Defers its requests until {@link release} has been called the same number of times. Its answers (YIELD, ERROR) are
   * still processed.
   */
  hold(): void;
  release(): void;
  /** Stops reading from it, answers included, until {@link unchoke} has been called the same number of times. */
  choke(): void;
  unchoke(): void;
}

/** Unfinished work, which is done in slices and alternates with that of other workers. */
export interface Worker {
  /** The work that it may do now; an excess is deducted in later rounds. */
  credit: number;
  /**
   * True if a client has at most one or two workers of this kind, however much it sends. Such a worker may overtake
   * others that have waited longer, for a small amount of work and while its credit is not negative.
   */
  readonly single?: boolean;
  /** Works until `work.spent` reaches `work.limit`. @returns whether work remains that can be done now */
  proceed(): boolean;
}

/**
 * A unit is about a microsecond of CPU. Code that causes work adds its cost to `spent`; code that can defer the rest
 * does so once `spent` has reached `limit`. The router resets both with each turn.
 */
export class Work {
  spent = 0;
  limit: number;
  /** The value of `spent` at which the clock is to be read, to find out whether the work took longer than counted. */
  untimed: number;
  /** The session whose message is being processed; undefined for work of the router itself. */
  producer: Producer | undefined;

  /** @param limit the work of one turn, in units */
  constructor(limit: number) {
    this.limit = limit;
    this.untimed = Infinity;
  }

  get isOver(): boolean {
    return this.spent >= this.limit;
  }

  /** Runs `task` as work of the router itself: no session is made to wait for the messages that it sends. */
  unblamed(task: () => void): void {
    const { producer } = this;
    this.producer = undefined;
    try {
      task();
    } finally {
      this.producer = producer;
    }
  }
}

/** Schedules unfinished work for later turns. */
export interface Turns {
  readonly work: Work;
  /** When this turn began: an object that is moved with each turn. The clock is read once a turn. */
  began(): Moment;
  /** Schedules a worker for the next turns, until its work is done. */
  add(worker: Worker): void;
}

/** The cost of a look-up, in units, by the number of patterns and components that it visited. */
export function costOf(visits: number): number {
  return visits >> 4;
}

/** Transcoding reads and writes every value of a payload: 2^6 bytes cost one unit. */
const TRANSCODED_A_UNIT = 6;

/** The cost of transcoding, in units, by the bytes read and written. */
export function costOfTranscoding(bytes: number): number {
  return bytes >>> TRANSCODED_A_UNIT;
}

/** The cost of one step of divisible work, in units. */
const STEP = 2;

/** Runs a task: as many steps as this turn has room for, and the rest in later turns. */
export function doInTurns(turns: Turns, steps: Iterator<void, void>): void {
  const { work } = turns;
  const proceed = (): boolean => {
    while (work.spent < work.limit) {
      if (steps.next().done === true) return false;
      work.spent += STEP;
    }
    return true;
  };
  if (proceed()) turns.add({ credit: 0, proceed });
}
