/** Deaths: the runs of nodes that are dead according to the certificates in the ledger. */
import type { Clock } from '../core/clock.ts';
import type { Ledger, NodeId } from './engine.ts';
import { escaped, isText, valueBytes, valueOf } from './keys.ts';
import { GRACE } from './lease.ts';
import { leaseIn } from './names.ts';
import { noteRun } from './runs.ts';

/** The minimum interval between two writes of the same certificate (ms). */
const AGAIN = 2000;

/** How long a certificate stays in the ledger (ms). A node that wakes up later learns of its death from the nodes that have read it. */
const KEPT = 3_600_000;
/** How many certificates stay in the ledger; beyond it, the oldest are deleted before their time. */
const MOST_CERTIFICATES = 1000;

interface Certificate {
  readonly undertaker: string;
  /** The lease of the dead run, if it had one (ms). */
  readonly lease?: number | undefined;
}

/** A run that is dead. */
interface Dead extends Certificate {
  /** When its sessions have ended for certain, even if it has not read of its death, by `clock.elapsed()`. */
  readonly voidAt: number;
}

/** What this node knows of the lease of another one. */
export interface KnownLease {
  readonly length: number | undefined;
  /** When this node has read the last entry that renews it; undefined when it may have missed one. */
  readonly readAt: number | undefined;
}

export class Deaths {
  readonly #clock: Clock;
  readonly #ledger: Ledger;
  readonly #self: NodeId;
  readonly #leaseOf: (epoch: string) => KnownLease;
  /** The last dead runs, by epoch. The undertaker of each publishes the testaments and meta events of its sessions. */
  readonly #dead = new Map<string, Dead>();
  readonly #written = new Map<string, number>();
  /** When this node first read each certificate, by its key. */
  readonly #certificates = new Map<string, number>();

  constructor(clock: Clock, ledger: Ledger, self: NodeId, leaseOf: (epoch: string) => KnownLease) {
    this.#clock = clock;
    this.#ledger = ledger;
    this.#self = self;
    this.#leaseOf = leaseOf;
  }

  /** How many certificates are in the ledger. */
  get size(): number {
    return this.#certificates.size;
  }

  /** The keys of the certificates that have been in the ledger for long enough, or that are too many. */
  outdated(): string[] {
    const now = this.#clock.elapsed();
    const surplus = this.#certificates.size - MOST_CERTIFICATES;
    const isOutdated = ([key, since]: [string, number], index: number): boolean =>
      (index < surplus || now - since >= KEPT) && this.isVoid(epochIn(key));
    return [...this.#certificates].filter(isOutdated).map(([key]) => key);
  }

  /** The runs whose claims are void. */
  allVoid(): ReadonlySet<string> {
    return new Set([...this.#dead.keys()].filter((epoch) => this.isVoid(epoch)));
  }

  has(epoch: string): boolean {
    return this.#dead.has(epoch);
  }

  /** Whether a run is dead and can serve nobody any more, so that its claims are void. */
  isVoid(epoch: string): boolean {
    return this.voidIn(epoch) <= 0;
  }

  /** The time until the claims of a run are void (ms); infinite while it lives. */
  voidIn(epoch: string): number {
    return (this.#dead.get(epoch)?.voidAt ?? Infinity) - this.#clock.elapsed();
  }

  /** Runs a task once the claims of a dead run are void. */
  whenVoid(epoch: string, task: () => void): void {
    const wait = this.voidIn(epoch);
    if (wait <= 0) task();
    else if (wait < Infinity)
      this.#clock.after(Math.ceil(wait), () => {
        this.whenVoid(epoch, task);
      });
  }

  /** Whether this node is the undertaker of a dead run; see {@link certify}. */
  isUndertaker(epoch: string): boolean {
    return this.#dead.get(epoch)?.undertaker === this.#self.epoch;
  }

  /**
   * Declares a run of a node dead. This takes effect when the certificate has been read from the ledger.
   * @param undertaker the epoch of the node that publishes the testaments and meta events of its sessions; this one by default
   */
  certify(epoch: string, undertaker: string = this.#self.epoch): void {
    const now = this.#clock.elapsed();
    if (this.has(epoch) || now - (this.#written.get(epoch) ?? -Infinity) < AGAIN) return;
    noteRun(this.#written, epoch, now);
    this.#write(epoch, { undertaker, lease: this.#leaseOf(epoch).length });
  }

  /** Writes the certificate of a dead run again, which still sends messages: the ledger may have lost it. */
  remind(epoch: string): void {
    const now = this.#clock.elapsed();
    const dead = this.#dead.get(epoch);
    if (dead === undefined || now - (this.#written.get(epoch) ?? -Infinity) < AGAIN) return;
    noteRun(this.#written, epoch, now);
    this.#write(epoch, dead);
  }

  #write(epoch: string, { undertaker, lease }: Certificate): void {
    const key = `d.${epoch}.${escaped(this.#self.name)}`;
    const certificate = { undertaker, ...(lease === undefined ? {} : { lease }) };
    this.#ledger.write(key, valueBytes(certificate)).catch(() => undefined);
  }

  /** Processes a change of a key that begins with `d.`. @returns the epoch of a run that is dead from now on */
  entry(key: string, bytes: Uint8Array | undefined): string | undefined {
    const epoch = epochIn(key);
    const value = bytes && certificateIn(bytes);
    if (value === undefined) this.#certificates.delete(key);
    else if (!this.#certificates.has(key)) this.#certificates.set(key, this.#clock.elapsed());
    if (value === undefined || this.#dead.has(epoch)) return undefined;
    noteRun(this.#dead, epoch, this.#deadBy(epoch, value));
    this.#written.delete(epoch);
    return epoch;
  }

  /**
   * A run with a lease may serve until it reads its certificate, or its lease ends. What renewed its lease preceded the
   * certificate in the ledger, so this node has read it by now; and, if it has missed nothing, at `readAt`.
   */
  #deadBy(epoch: string, { undertaker, lease: told }: Certificate): Dead {
    const now = this.#clock.elapsed();
    const { length, readAt = now } = this.#leaseOf(epoch);
    const lease = told ?? length;
    const voidAt = lease === undefined ? now : Math.max(now, readAt + lease + GRACE);
    return { undertaker, lease, voidAt };
  }
}

/** Parses a certificate. @returns undefined for a value that no node has written */
function certificateIn(bytes: Uint8Array): Certificate | undefined {
  const { undertaker, lease } = valueOf(bytes) ?? {};
  return isText(undertaker) ? { undertaker, lease: leaseIn(lease) } : undefined;
}

/** The epoch in the key of a certificate. */
function epochIn(key: string): string {
  return key.split('.')[1] ?? '';
}
