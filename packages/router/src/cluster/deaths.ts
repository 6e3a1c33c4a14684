/** Deaths: the runs of nodes that are dead according to the certificates in the ledger. */
import type { Clock } from '../core/clock.ts';
import type { Ledger, NodeId } from './engine.ts';
import { escaped, valueBytes, valueOf } from './keys.ts';
import { noteRun } from './runs.ts';

/** The minimum interval between two writes of the same certificate (ms). */
const AGAIN = 2000;

/** How long a certificate stays in the ledger (ms). A node that wakes up later learns of its death from the nodes that have read it. */
const KEPT = 3_600_000;
/** How many certificates stay in the ledger; beyond it, the oldest are deleted before their time. */
const MOST_CERTIFICATES = 1000;

interface Certificate {
  readonly undertaker: string;
}

export class Deaths {
  readonly #clock: Clock;
  readonly #ledger: Ledger;
  readonly #self: NodeId;
  /** The undertaker of each of the last dead runs: the node that publishes the testaments and meta events of its sessions. By epochs. */
  readonly #dead = new Map<string, string>();
  readonly #written = new Map<string, number>();
  /** When this node first read each certificate, by its key. */
  readonly #certificates = new Map<string, number>();

  constructor(clock: Clock, ledger: Ledger, self: NodeId) {
    this.#clock = clock;
    this.#ledger = ledger;
    this.#self = self;
  }

  /** How many certificates are in the ledger. */
  get size(): number {
    return this.#certificates.size;
  }

  /** The keys of the certificates that have been in the ledger for long enough, or that are too many. */
  outdated(): string[] {
    const now = this.#clock.elapsed();
    const surplus = this.#certificates.size - MOST_CERTIFICATES;
    const isOutdated = ([, since]: [string, number], index: number): boolean =>
      index < surplus || now - since >= KEPT;
    return [...this.#certificates].filter(isOutdated).map(([key]) => key);
  }

  all(): ReadonlySet<string> {
    return new Set(this.#dead.keys());
  }

  has(epoch: string): boolean {
    return this.#dead.has(epoch);
  }

  /** Whether this node is the undertaker of a dead run; see {@link certify}. */
  isUndertaker(epoch: string): boolean {
    return this.#dead.get(epoch) === this.#self.epoch;
  }

  /**
   * Declares a run of a node dead. This takes effect when the certificate has been read from the ledger.
   * @param undertaker the epoch of the node that publishes the testaments and meta events of its sessions; this one by default
   */
  certify(epoch: string, undertaker: string = this.#self.epoch): void {
    const now = this.#clock.elapsed();
    if (this.has(epoch) || now - (this.#written.get(epoch) ?? -Infinity) < AGAIN) return;
    noteRun(this.#written, epoch, now);
    this.#write(epoch, undertaker);
  }

  /** Writes the certificate of a dead run again, which still sends messages: the ledger may have lost it. */
  remind(epoch: string): void {
    const now = this.#clock.elapsed();
    const undertaker = this.#dead.get(epoch);
    if (undertaker === undefined || now - (this.#written.get(epoch) ?? -Infinity) < AGAIN) return;
    noteRun(this.#written, epoch, now);
    this.#write(epoch, undertaker);
  }

  #write(epoch: string, undertaker: string): void {
    const key = `d.${epoch}.${escaped(this.#self.name)}`;
    this.#ledger.write(key, valueBytes({ undertaker })).catch(() => undefined);
  }

  /** Processes a change of a key that begins with `d.`. @returns the epoch of a run that is dead from now on */
  entry(key: string, bytes: Uint8Array | undefined): string | undefined {
    const [, epoch] = key.split('.');
    const value = bytes && (valueOf(bytes) as Certificate | undefined);
    if (value === undefined) this.#certificates.delete(key);
    else if (!this.#certificates.has(key)) this.#certificates.set(key, this.#clock.elapsed());
    if (epoch === undefined || value === undefined || this.#dead.has(epoch)) return undefined;
    noteRun(this.#dead, epoch, value.undertaker);
    this.#written.delete(epoch);
    return epoch;
  }
}
