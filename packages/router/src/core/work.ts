/** Work: what the current turn of the event loop has cost, counted so that no turn grows long. */

/** Who can be made to wait: a session whose messages cause the work at hand. */
export interface Producer {
  /** Hears no more requests of it until {@link release} has been called as often. Its answers (YIELD, ERROR) pass. */
  hold(): void;
  release(): void;
  /** Reads nothing more of it, not even answers, until {@link unchoke} has been called as often. */
  choke(): void;
  unchoke(): void;
}

/** Something with work left, which is done in slices, in turns with others. */
export interface Worker {
  /** The work that it may do; what it does beyond is paid for in later rounds. */
  credit: number;
  /**
   * True where a client has one or two of the kind, however much it sends: such a worker may come before others that have
   * waited longer, for a little work and while it owes none.
   */
  readonly single?: boolean;
  /** Goes on until `work.spent` reaches `work.limit`. @returns whether work is left that can be done now */
  proceed(): boolean;
}

/**
 * A unit is about a microsecond of CPU. Whoever causes work adds it to `spent`; whoever can leave the rest for later does
 * so once `spent` has reached `limit`. The router starts both anew with each turn.
 */
export class Work {
  spent = 0;
  limit: number;
  /** Whose message is being heard; undefined for what the router does of its own accord. */
  producer: Producer | undefined;

  /** @param limit of one turn */
  constructor(limit: number) {
    this.limit = limit;
  }

  get isOver(): boolean {
    return this.spent >= this.limit;
  }

  /** Runs `task` as the router's own: nobody is made to wait for what it sends. */
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

/** Where work that is left over is taken up again. */
export interface Turns {
  readonly work: Work;
  /** When this turn began (ms, by a monotonic clock): the clock is read once a turn, for all that happens in it. */
  elapsed(): number;
  /** Has a worker proceed in the turns to come, until nothing is left. */
  add(worker: Worker): void;
}

/** What a look-up costs that visits so many patterns and parts of them. */
export function costOf(visits: number): number {
  return visits >> 4;
}

/** Transcoding reads and writes every value of a payload: of that, so many bytes cost a unit, as a power of two. */
const TRANSCODED_A_UNIT = 6;

/** What transcoding costs that reads and writes so many bytes. */
export function costOfTranscoding(bytes: number): number {
  return bytes >>> TRANSCODED_A_UNIT;
}

/** What one step of a piece of work in steps costs. */
const STEP = 2;

/** Does as many steps as this turn has room for, and the others in the turns to come. */
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
