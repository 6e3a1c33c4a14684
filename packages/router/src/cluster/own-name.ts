/** OwnName: the name of this node in the ledger, which it takes at its start, and writes again as long as it lives. */
import type { Clock } from '../core/clock.ts';
import type { Ledger } from './engine.ts';
import { GRACE, type Lease } from './lease.ts';
import type { ClusterMembers, NodeRun } from './members.ts';
import { nameKey, nameValue, type Names, type NameValue, type NamedRun } from './names.ts';
import { noteRun } from './runs.ts';
import type { Waiting } from './waiting.ts';

/** The interval at which a node writes its name to the ledger, which checks that it can (ms); with a short lease, more often. */
const PULSE = 2000;
/** The least number of attempts to write the name during a lease. */
const PULSES = 10;
/** The time within which an earlier run of this node must answer, or else it is declared dead (ms). */
const SAME_NAME = 1500;

/** What the name is taken with. */
export interface OwnNameOptions {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly name: string;
  readonly names: Names;
  readonly members: ClusterMembers;
  readonly waiting: Waiting;
  readonly lease: Lease | undefined;
  /** The current run of this node. */
  readonly run: () => NodeRun;
}

export class OwnName {
  /** When it was last written successfully, by `clock.elapsed()`. */
  writtenAt = 0;
  /** The interval at which {@link write} is to be called (ms). */
  readonly interval: number;
  readonly #options: OwnNameOptions;
  /** Earlier runs of this process, whose sessions it has ended itself. */
  readonly #former = new Map<string, true>();

  constructor(options: OwnNameOptions) {
    this.#options = options;
    this.interval = Math.min(PULSE, (options.lease?.length ?? Infinity) / PULSES);
  }

  /** Takes the name, once no earlier run of it serves any more. @throws Error when another one is alive, or may be */
  async take(): Promise<void> {
    const { names, name, run } = this.#options;
    const before = names.runOf(name);
    if (before !== undefined && before.epoch !== run().self.epoch) await this.#succeed(before);
    await this.write();
  }

  /** Writes the name again. */
  async write(): Promise<void> {
    const { clock, ledger, name, lease, run } = this.#options;
    const at = clock.elapsed();
    try {
      await ledger.write(nameKey(name), nameValue({ ...run().self, lease: lease?.length, at }));
      this.writtenAt = clock.elapsed();
    } catch {
      // The status reports this if it lasts.
    }
  }

  /** Processes what has been read under a name. @returns whether a run of another process has taken the name of this node */
  read({ name, epoch, at }: NameValue): boolean {
    const { lease, run } = this.#options;
    const { self } = run();
    if (name !== self.name) return false;
    if (epoch !== self.epoch) return !this.#former.has(epoch);
    if (at !== undefined) lease?.renew(at);
    return false;
  }

  /** Notes that this process has ended a run, with all its sessions. */
  ended(epoch: string): void {
    noteRun(this.#former, epoch, true);
  }

  async #succeed({ name, epoch, lease }: NamedRun): Promise<void> {
    const { members, waiting, run } = this.#options;
    const { self, deaths } = run();
    // The sessions of an earlier run elsewhere may last as long as its lease.
    const rest = lease === undefined || this.#former.has(epoch) ? undefined : lease + GRACE;
    const isOver = (): boolean => (rest === undefined ? deaths.has(epoch) : deaths.isVoid(epoch));
    if (!deaths.has(epoch)) {
      members.greet();
      await waiting.until(() => members.peers.has(epoch), SAME_NAME);
      if (members.peers.has(epoch))
        throw new Error(`another node named ${name} is running (run ${epoch}): give each node its own name`);
    }
    const isSettled = (): boolean => {
      if (isOver() || run().self !== self) return true;
      // Another node, which knows the sessions of the earlier run, publishes that they have left.
      deaths.certify(epoch, [...members.peers.keys()].sort()[0]);
      return false;
    };
    await waiting.until(isSettled, SAME_NAME + (rest ?? 0));
    if (rest !== undefined && !isSettled())
      throw new Error(
        `an earlier run of the node ${name} may still serve (run ${epoch}), because the ledger has not taken its death certificate; try again`,
      );
  }
}
