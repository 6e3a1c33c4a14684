/** An entry: one contender at one workload, with its measurements. */
import type { Contender } from './contenders.ts';
import type { Workload } from './workload.ts';

/** The figures of one run. Times are microseconds; figures that the operating system does not provide are undefined. */
export interface Sample {
  /** Calls, events or sessions per second. */
  readonly rate: number;
  /** The contender's CPU time for each. */
  readonly cpu: number | undefined;
  /** From sending to answer or delivery, or from connecting to WELCOME. */
  readonly p50: number;
  readonly p99: number;
  /** The share of a core that the load took, 0 … 1. Near 1, the load limits the rate, and not the contender. */
  readonly loadCpu: number;
  /** CPU of other processes, in cores. If it is high, figures are rough. */
  readonly others: number;
  /** The contender's memory for each session, in bytes. */
  readonly resident?: number | undefined;
}

/** The results of an entry. */
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

  /** Prepares for runs, unless there was trouble. */
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
