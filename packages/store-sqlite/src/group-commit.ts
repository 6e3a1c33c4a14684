/** Group commit: collects what is to be written, and has it written in one transaction every few milliseconds. */
import type { StoreRealm } from '@wamp/router';
import type { Batch, Disk, Entry, Report, RetainedEntry, Rule } from './disk.ts';
import { storeError, type StoreError } from './errors.ts';

/** While writing fails, it is tried again after so long (ms). */
const RETRY = 1000;

/** How the store is doing. */
export interface StoreStatus {
  /** What is wrong, while writing fails; undefined while it works. */
  readonly failing: string | undefined;
  /** Events that are in the file. */
  readonly written: number;
  /** Transactions that have written them. */
  readonly commits: number;
  /** Transactions that have failed. */
  readonly failures: number;
  /** Events that were refused, or not kept, because writing fails. */
  readonly lost: number;
  /** Events that wait to be written. */
  readonly pending: number;
}

export interface GroupCommitOptions {
  readonly path: string;
  readonly disk: Disk;
  /** From one transaction to the next, at least (ms). */
  readonly interval: number;
  readonly clock: StoreRealm['clock'];
  /** Writing has begun to fail, or works again. */
  readonly changed: (failing: StoreError | undefined) => void;
  /** Events have gone for want of room. */
  readonly evicted: (realm: string, count: number) => void;
}

/** What is collected. */
class Group {
  readonly rules: Rule[] = [];
  readonly entries: Entry[] = [];
  readonly retained: RetainedEntry[] = [];
  readonly written: Promise<void>;
  /** Called when it is written, or is not. */
  readonly settled: (() => void)[] = [];
  resolve: () => void = () => undefined;
  reject: (error: Error) => void = () => undefined;

  constructor() {
    this.written = new Promise<void>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.written.catch(() => undefined); // whoever waits for it hears of it
  }

  get size(): number {
    return this.entries.length + this.retained.length;
  }
}

export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #group = new Group();
  /** Rules that the file's thread has not been told, or not successfully. */
  readonly #rules: Rule[] = [];
  #failing: StoreError | undefined;
  /** When the last transaction was begun. */
  #begun = -Infinity;
  #timer: (() => void) | undefined;
  /** The transaction under way. */
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
   * Has an event written with the next transaction.
   * @param settled called once, whether it is written or not
   * @returns resolved when it is written; everything that is written with it shares this promise
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

  /** Begins to write what is collected, if there is something: what the disk is asked afterwards sees it. */
  flush(): void {
    if (this.#failing !== undefined || this.#group.size === 0) return;
    this.#timer?.();
    this.#timer = undefined;
    this.#commit();
  }

  /** Writes what is left, and lets go of the file. */
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

  /** A transaction begins at once when the last one is long enough ago, so that who comes alone does not wait. */
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
    // Another batch may be under way: the disk does them in order, and the last one is waited for.
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

  /** What is collected meanwhile fails as well: so that whatever is written is without a hole before it. */
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
