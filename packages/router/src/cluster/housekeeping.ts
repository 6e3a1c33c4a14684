/** Housekeeping: declares those dead of whom only the ledger knows, and deletes what the dead have left in it. */
import type { Clock } from '../core/clock.ts';
import type { Claims } from './claims.ts';
import type { Deaths } from './deaths.ts';
import type { Ledger, NodeId } from './engine.ts';
import { escaped } from './keys.ts';
import type { ClusterMembers } from './members.ts';
import type { Names } from './names.ts';

/** What housekeeping needs of the node. */
export interface House {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly names: Names;
  readonly members: ClusterMembers;
  readonly deadAfter: number;
  /** The present run of this node, and what it has read. */
  readonly run: () => { readonly self: NodeId; readonly deaths: Deaths; readonly claims: Claims };
}

export class Housekeeping {
  readonly #house: House;
  /** Since when this node could have heard the others, by `clock.elapsed()`. */
  #hearsSince = 0;
  /** Runs of nodes that were dead when it looked last. */
  #dead: ReadonlySet<string> = new Set();

  constructor(house: House) {
    this.#house = house;
  }

  /** This node was deaf. */
  excuseSilence(): void {
    this.#hearsSince = this.#house.clock.elapsed();
  }

  /** Declares those dead that the ledger names, and that nobody has heard of: all nodes may have died at once. */
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
   * Deletes the claims and the names of the dead, but not those that another run of their node may write. One node does so,
   * the one with the lowest epoch; and not before it has found them dead twice.
   */
  sweep(): void {
    const { ledger, names, members, run } = this.#house;
    const { self, deaths, claims } = run();
    const before = this.#dead;
    this.#dead = deaths.all();
    for (const { id, isReachable } of members.peers.values())
      if (isReachable && id.epoch < self.epoch) return;
    const alive = new Set<string>();
    for (const { name, epoch } of names.values()) if (!deaths.has(epoch)) alive.add(escaped(name));
    const isLeft = (node: string, epoch: string): boolean => before.has(epoch) && !alive.has(node);
    const keys = claims.keysOf(isLeft);
    for (const [key, { epoch }] of names.entries()) if (before.has(epoch)) keys.push(key);
    for (const key of keys) ledger.write(key, undefined).catch(() => undefined);
  }
}
