/** Group commit: collects writes, and performs them in one transaction every few milliseconds. */
import type { StoreRealm } from '@wamp/router';
import type { Batch, Disk, Entry, Report, RetainedEntry, Rule } from './disk.ts';
import { storeError, type StoreError } from './errors.ts';

/** The interval of retries while writing fails (ms). */
const RETRY = 1000;

/** The state of the store. */
export interface StoreStatus {
  /** The error while writing fails; undefined while it works. */
  readonly failing: string | undefined;
  /** The number of events written. */
  readonly written: number;
  /** The number of transactions that wrote them. */
  readonly commits: number;
  /** The number of failed transactions. */
  readonly failures: number;
  /** The number of events refused, or not kept, because writing fails. */
  readonly lost: number;
  /** The number of events that wait to be written. */
  readonly pending: number;
}

export interface GroupCommitOptions {
  readonly path: string;
  readonly disk: Disk;
  /** The minimum interval between transactions (ms). */
  readonly interval: number;
  readonly clock: StoreRealm['clock'];
  /** Writing has begun to fail, or works again. */
  readonly changed: (failing: StoreError | undefined) => void;
  /** Events were evicted because of a byte limit. */
  readonly evicted: (realm: string, count: number) => void;
}

/** The writes of a transaction. */
class Group {
  readonly rules: Rule[] = [];
  readonly entries: Entry[] = [];
  readonly retained: RetainedEntry[] = [];
  readonly written: Promise<void>;
  /** Called when it was written, or has failed. */
  readonly settled: (() => void)[] = [];
  resolve: () => void = () => undefined;
  reject: (error: Error) => void = () => undefined;

  constructor() {
    this.written = new Promise<void>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.written.catch(() => undefined); // code that awaits it handles the error
  }

  get size(): number {
    return this.entries.length + this.retained.length;
  }
}

export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #group = new Group();
  /** Limits that were not yet written successfully. */
  readonly #rules: Rule[] = [];
  #failing: StoreError | undefined;
  /** The start of the last transaction. */
  #begun = -Infinity;
  #timer: (() => void) | undefined;
  /** The running transaction. */
  #inFlight: Promise<void> | undefined;
  #inFlightSize = 0;
  readonly #counts = { written: 0, commits: 0, failures: 0, lost: 0 };
  #closed = false;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  get status(): StoreStatus {
    const pending = this.#group.size + this.#inFlightSize;
    return { failing: this.#failing?.message, ...this.#counts, pending };
  }

  addRule(rule: Rule): void {
    this.#rules.push(rule);
    this.#group.rules.push(rule);
  }

  /**
   * Writes an event with the next transaction.
   * @param settled called once, on success or failure
   * @returns resolves when it is written; all events of a transaction share this promise
   * @throws StoreError while writing fails
   */
  addEntry(entry: Entry, settled: () => void): Promise<void> {
    this.#check();
    this.#group.entries.push(entry);
    this.#group.settled.push(settled);
    return this.#schedule();
  }

  /** @throws StoreError while writing fails */
  addRetained(entry: RetainedEntry): Promise<void> {
    this.#check();
    this.#group.retained.push(entry);
    return this.#schedule();
  }

  /** Starts writing what is collected, if anything; later requests to the disk see it. */
  flush(): void {
    if (this.#failing !== undefined || this.#group.size === 0) return;
    this.#timer?.();
    this.#timer = undefined;
    this.#commit();
  }

  /** Writes what is pending, and closes the file. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    await this.#inFlight;
    this.#timer?.();
    await this.#options.disk.close();
  }

  #check(): void {
    if (this.#failing === undefined && !this.#closed) return;
    this.#counts.lost += 1;
    throw this.#failing ?? storeError('cannot write to', this.#options.path, 'the store is closed');
  }

  /** Starts a transaction at once if the interval has passed, so that a single write does not wait. */
  #schedule(): Promise<void> {
    const { written } = this.#group;
    if (this.#timer !== undefined || this.#inFlight !== undefined) return written;
    const { clock, interval } = this.#options;
    const wait = Math.max(0, Math.min(interval, this.#begun + interval - clock.elapsed()));
    this.#timer = clock.after(wait, () => {
      this.#timer = undefined;
      this.flush();
    });
    return written;
  }

  #commit(): void {
    const group = this.#group;
    this.#group = new Group();
    const { disk, clock } = this.#options;
    const { rules, entries, retained } = group;
    const batch: Batch = { now: clock.now(), rules, entries, retained };
    this.#begun = clock.elapsed();
    this.#inFlightSize = group.size;
    let report: Report | Promise<Report>;
    try {
      report = disk.commit(batch);
    } catch (error) {
      this.#failed(group, error);
      return;
    }
    if (!(report instanceof Promise)) {
      this.#succeeded(group, report);
      return;
    }
    // Another batch may be running: the disk executes them in order, so it suffices to await the last one.
    const inFlight = report.then(
      (done) => {
        this.#arrived(inFlight);
        this.#succeeded(group, done);
      },
      (error: unknown) => {
        this.#arrived(inFlight);
        this.#failed(group, error);
      },
    );
    this.#inFlight = inFlight;
  }

  #arrived(transaction: Promise<void>): void {
    if (this.#inFlight === transaction) this.#inFlight = undefined;
  }

  #succeeded(group: Group, { evicted }: Report): void {
    this.#inFlightSize = 0;
    this.#counts.commits += 1;
    this.#counts.written += group.size;
    for (const settle of group.settled) settle();
    for (const [realm, count] of Object.entries(evicted)) this.#options.evicted(realm, count);
    group.resolve();
    if (this.#failing !== undefined) {
      this.#failing = undefined;
      this.#options.changed(undefined);
    }
    if (this.#group.size > 0 && !this.#closed) void this.#schedule();
  }

  /** Fails what was collected meanwhile, too, so that the log has no gap before a written event. */
  #failed(group: Group, error: unknown): void {
    this.#inFlightSize = 0;
    this.#counts.failures += 1;
    const isNew = this.#failing === undefined;
    const failing = storeError('cannot write to', this.#options.path, error);
    this.#failing = failing;
    const behind = this.#group;
    this.#group = new Group();
    this.#group.rules.push(...this.#rules);
    for (const each of [group, behind]) {
      this.#counts.lost += each.size;
      for (const settle of each.settled) settle();
      each.reject(failing);
    }
    if (isNew) this.#options.changed(failing);
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = this.#options.clock.after(RETRY, () => {
      this.#timer = undefined;
      this.#commit();
    });
  }
}
