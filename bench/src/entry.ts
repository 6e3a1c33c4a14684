/** An entry: one contender at one workload, and what was measured of it. */
import type { Contender } from './contenders.ts';
import type { Workload } from './workload.ts';

/** One run. Times are microseconds; what the operating system does not tell is undefined. */
export interface Sample {
  /** Calls, events or sessions per second. */
  readonly rate: number;
  /** The contender's CPU time for each. */
  readonly cpu: number | undefined;
  /** From sending to answer or delivery, or from connecting to WELCOME. */
  readonly p50: number;
  readonly p99: number;
  /** How much of a core the load took, 0 … 1. Near 1 it, and not the contender, is the limit of the rate. */
  readonly loadCpu: number;
  /** How much CPU other processes took, in cores. Where that is much, figures are rough. */
  readonly others: number;
  /** The contender's memory for each session, in bytes. */
  readonly resident?: number | undefined;
}

/** What is known of an entry. */
export interface Cell {
  readonly workload: Workload;
  readonly contender: string;
  readonly samples: readonly Sample[];
  /** Why there are no more samples: messages that did not arrive whole, once and in order, or something worse. */
  readonly trouble: string | undefined;
}

export abstract class Entry {
  abstract readonly workload: Workload;
  readonly contender: Contender;
  readonly #samples: Sample[] = [];
  #trouble: string | undefined;

  constructor(contender: Contender) {
    this.contender = contender;
  }

  get cell(): Cell {
    return {
      workload: this.workload,
      contender: this.contender.name,
      samples: this.#samples,
      trouble: this.#trouble,
    };
  }

  /** Gets ready for runs, as long as there is no trouble. */
  open(): Promise<void> {
    return this.#guarded(() => this.prepare());
  }

  /** Measures once, unless there has been trouble. */
  async run(seconds: number): Promise<Sample | undefined> {
    if (this.#trouble !== undefined) return undefined;
    let sample: Sample | undefined;
    await this.#guarded(async () => {
      sample = await this.sample(seconds);
      this.#samples.push(sample);
    });
    return sample;
  }

  abstract close(): Promise<void>;

  /** @throws Error when the contender cannot do this */
  protected abstract prepare(): Promise<void>;

  /** @throws Error when the contender has failed */
  protected abstract sample(seconds: number): Promise<Sample>;

  async #guarded(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#trouble = error instanceof Error ? error.message : String(error);
    }
  }
}
