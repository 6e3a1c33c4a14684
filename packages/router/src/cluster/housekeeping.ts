/** Housekeeping: declares silent nodes dead that only the ledger names, and deletes the entries of dead nodes. */
import type { Clock } from '../core/clock.ts';
import type { Claims } from './claims.ts';
import type { Deaths } from './deaths.ts';
import type { Ledger, NodeId } from './engine.ts';
import { escaped } from './keys.ts';
import type { ClusterMembers } from './members.ts';
import type { Names } from './names.ts';

/** The interval at which the entries of dead nodes are deleted from the ledger (ms). */
export const SWEEP = 10_000;

/** The parts of the node that housekeeping uses. */
export interface House {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly names: Names;
  readonly members: ClusterMembers;
  readonly deadAfter: number;
  /** The current run of this node, and what it has read from the ledger. */
  readonly run: () => { readonly self: NodeId; readonly deaths: Deaths; readonly claims: Claims };
}

export class Housekeeping {
  readonly #house: House;
  /** The time since which this node can receive messages of the others, by `clock.elapsed()`. */
  #hearsSince = 0;
  /** The runs whose claims were void at the last sweep. */
  #dead: ReadonlySet<string> = new Set();

  constructor(house: House) {
    this.#house = house;
  }

  /** Measures silence from now on, because this node could not receive messages until now. */
  excuseSilence(): void {
    this.#hearsSince = this.#house.clock.elapsed();
  }

  /** Declares nodes dead that the ledger names but that send nothing, as when all nodes have died at once. */
  lookForUnheard(): void {
    const { clock, names, members, deadAfter, run } = this.#house;
    const { self, deaths } = run();
    const now = clock.elapsed();
    for (const { epoch, since } of names.values()) {
      if (epoch === self.epoch || members.isGone(epoch) || members.hears(epoch)) continue;
      if (now - Math.max(since, this.#hearsSince) >= deadAfter) deaths.certify(epoch);
    }
  }

  /**
   * Deletes the claims and names of dead runs, but not keys that a newer run of the same node may write; and, after an hour,
   * their certificates. Only the node with the lowest epoch does so, and only for runs whose claims were void at its previous sweep.
   */
  sweep(): void {
    const { ledger, names, members, run } = this.#house;
    const { self, deaths, claims } = run();
    const before = this.#dead;
    this.#dead = deaths.allVoid();
    for (const { id, isReachable } of members.peers.values())
      if (isReachable && id.epoch < self.epoch) return;
    const alive = new Set<string>();
    for (const { name, epoch } of names.values()) if (!deaths.has(epoch)) alive.add(escaped(name));
    const isLeft = (node: string, epoch: string): boolean => before.has(epoch) && !alive.has(node);
    const keys = claims.keysOf(isLeft);
    for (const [key, { epoch }] of names.entries()) if (before.has(epoch)) keys.push(key);
    // Only when nothing else is left of the dead.
    if (keys.length === 0) keys.push(...deaths.outdated());
    for (const key of keys) ledger.write(key, undefined).catch(() => undefined);
  }
}
