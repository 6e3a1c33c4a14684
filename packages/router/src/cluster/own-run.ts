/** OwnRun: a run of this node, with what it has read of deaths and claims from the ledger. */
import type { Clock } from '../core/clock.ts';
import { Claims } from './claims.ts';
import { Deaths } from './deaths.ts';
import type { Ledger } from './engine.ts';
import { newRun } from './keys.ts';
import type { ClusterMembers, NodeRun } from './members.ts';
import type { Names } from './names.ts';

export interface OwnRun extends NodeRun {
  readonly claims: Claims;
}

/** What all runs of a node share. */
interface Shared {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly names: Names;
  readonly members: () => ClusterMembers;
  /** Whether the ledger takes what the node writes, so far as it knows. */
  readonly isWritable: () => boolean;
}

/** Begins a run of the node of this name. */
export function beginRun(name: string, { clock, ledger, names, members, isWritable }: Shared): OwnRun {
  const self = newRun(name);
  const deaths = new Deaths(clock, ledger, self, (epoch) => {
    const { lease, readAt } = names.byEpoch(epoch) ?? {};
    return { length: lease ?? members().peers.get(epoch)?.lease, readAt };
  });
  const claims = new Claims({
    clock,
    ledger,
    self,
    isWritable,
    isVoid: (epoch) => deaths.isVoid(epoch),
    settled: (done) => {
      members().settled(done);
    },
    latest: ({ realm, match, uri }) => members().realmNamed(realm)?.latestOrder(match, uri) ?? 0,
    replaced: ({ realm, match, uri }, by) => members().realmNamed(realm)?.replaced(match, uri, by),
  });
  return { self, deaths, claims };
}
