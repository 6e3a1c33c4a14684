/** What nodes may claim beside each other, and what becomes of a REGISTER. */
import { randomBytes } from 'node:crypto';
import type { InvocationPolicy } from '@wamp/protocol';
import type { ClaimValue } from './keys.ts';
import type { ClaimStatus } from './options.ts';

/** A node that claims a registration. */
export interface Holder {
  readonly value: ClaimValue;
  /** That of the first entry of the term. */
  readonly revision: number;
}

/** What has become of a REGISTER. */
export type ClaimVerdict =
  | {
      readonly won: true;
      readonly isAlone: boolean;
      /** Greater than that of all callees that the node knew of. */
      readonly order: number;
    }
  | { readonly won: false; readonly why: string | undefined };

/** What a REGISTER claims. */
export type Wanted = Omit<ClaimValue, 'epoch' | 'term'> & { readonly isTrusted: boolean };

/** A use of a claim: a REGISTER on its way, or a callee. */
export interface ClaimTicket {
  /** Gives it up; harmless the second time. */
  close(): void;
}

interface VerdictWaiter {
  readonly tell: (verdict: ClaimVerdict) => void;
  readonly dismiss: () => void;
}

/** What a node claims of one registration. */
export interface OwnClaim {
  readonly base: string;
  wanted: Wanted;
  term: string;
  /** The term in the ledger, as far as this node has written it. */
  written: string | undefined;
  users: number;
  /** Its place in the order of the ledger; undefined while there is no verdict. */
  held: number | undefined;
  /** The last order that was given to a callee of this node. */
  index: number;
  isRunning: boolean;
  readonly waiting: Set<VerdictWaiter>;
}

export function conflicts(holder: ClaimValue, { invoke }: Wanted): boolean {
  return holder.invoke !== invoke || invoke === 'single';
}

/** Whether a claim replaces what another node holds. */
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

/** A write has begun: until it has succeeded, nobody knows what the ledger has. */
export const UNKNOWN = 'unknown';
export const NO_TICKET: ClaimTicket = { close: () => undefined };

export function newTerm(): string {
  return randomBytes(8).toString('hex');
}

/** What the ledger has of nodes that are not dead, by registration and node. */
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
