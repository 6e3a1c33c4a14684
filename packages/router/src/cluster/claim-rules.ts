/** The rules by which claims of nodes conflict, and the types of claims and verdicts. */
import { randomBytes } from 'node:crypto';
import type { InvocationPolicy } from '@wamp/protocol';
import type { ClaimValue } from './keys.ts';
import type { ClaimStatus } from './options.ts';

/** A node that claims a registration. */
export interface Holder {
  readonly value: ClaimValue;
  /** The revision of the entry with which the term began. */
  readonly revision: number;
}

/** The outcome of a REGISTER. */
export type ClaimVerdict =
  | {
      readonly won: true;
      readonly isAlone: boolean;
      /** Greater than the order of every callee that the node knew of. */
      readonly order: number;
    }
  | { readonly won: false; readonly why: string | undefined };

/** What a REGISTER claims. */
export type Wanted = Omit<ClaimValue, 'epoch' | 'term'> & { readonly isTrusted: boolean };

/** The use of a claim by a pending REGISTER or a callee. A claim lasts as long as it is used. */
export interface ClaimTicket {
  /** Ends the use; has no effect the second time. */
  close(): void;
}

interface VerdictWaiter {
  readonly tell: (verdict: ClaimVerdict) => void;
  readonly dismiss: () => void;
}

/** The claim of this node to one registration. */
export interface OwnClaim {
  readonly base: string;
  wanted: Wanted;
  term: string;
  /** The term that this node has written to the ledger; undefined for none, {@link UNKNOWN} until a write has succeeded. */
  written: string | undefined;
  users: number;
  /** The revision of the claim in the ledger, which decides its order; undefined until the claim is won. */
  held: number | undefined;
  /** The last order that was given to a callee of this node. */
  index: number;
  isRunning: boolean;
  readonly waiting: Set<VerdictWaiter>;
}

export function conflicts(holder: ClaimValue, { invoke }: Wanted): boolean {
  return holder.invoke !== invoke || invoke === 'single';
}

/** Whether two sessions claim a registration in the same way, so that one entry in the ledger does for both. */
export function claimsSame(one: Wanted, other: Wanted): boolean {
  const isSameBy = one.by.authid === other.by.authid && one.by.authrole === other.by.authrole;
  return one.invoke === other.invoke && isSameBy && !one.force && !other.force;
}

/** Whether a claim replaces the callees of another node: only a forced one can. */
export function replaces({ force, by, isTrusted }: Wanted, holder: ClaimValue): boolean {
  if (!force) return false;
  return isTrusted || (holder.by.authid === by.authid && holder.by.authrole === by.authrole);
}

export function reasonAgainst({ invoke }: ClaimValue): string {
  return invoke === 'single' ? 'the procedure is already registered' : policyOf(invoke);
}

export function policyOf(invoke: InvocationPolicy): string {
  return `the procedure is registered with invoke ${invoke}`;
}

/** Stands for the written term from the beginning of a write until it succeeds, because the ledger may have either value. */
export const UNKNOWN = 'unknown';
export const NO_TICKET: ClaimTicket = { close: () => undefined };

export function newTerm(): string {
  return randomBytes(8).toString('hex');
}

/** A claim without users. */
export function newClaim(base: string, wanted: Wanted): OwnClaim {
  const progress = { written: undefined, users: 0, held: undefined, index: 0, isRunning: false };
  return { base, wanted, term: newTerm(), ...progress, waiting: new Set() };
}

/** Counts a user of a claim until the ticket is closed. @param unused called when that was the last one */
export function ticketFor(claim: OwnClaim, unused: () => void): ClaimTicket {
  let isOpen = true;
  claim.users += 1;
  return {
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      claim.users -= 1;
      if (claim.users === 0) unused();
    },
  };
}

/** The claims in the ledger, except those of dead nodes: for each registration, its nodes in the order of the ledger. */
export function* claimsTold(
  table: ReadonlyMap<string, ReadonlyMap<string, Holder>>,
  isDead: (epoch: string) => boolean,
  nameOf: (epoch: string) => string | undefined,
): Generator<ClaimStatus, void> {
  for (const holders of table.values()) {
    const living = [...holders].filter(([, { value }]) => !isDead(value.epoch));
    living.sort(([, one], [, other]) => one.revision - other.revision);
    const [first] = living;
    if (first === undefined) continue;
    const { realm, match, uri, invoke } = first[1].value;
    const nodes = living.map(([token, { value }]) => nameOf(value.epoch) ?? token);
    yield { realm, match, procedure: uri, invoke, nodes };
  }
}
