/** Claims: which nodes have callees of a registration, decided by the order of the ledger. */
import type { MatchPolicy, Uri } from '@wamp/protocol';
import type { Clock } from '../core/clock.ts';
import { TRUSTED_ROLE } from '../core/session.ts';
import {
  claimsTold,
  conflicts,
  newTerm,
  NO_TICKET,
  reasonAgainst,
  policyOf,
  replaces,
  UNKNOWN,
  type OwnClaim,
  type ClaimTicket,
  type ClaimVerdict,
  type Holder,
  type Wanted,
} from './claim-rules.ts';
import type { Ledger, NodeId } from './engine.ts';
import type { ClaimStatus } from './options.ts';
import {
  escaped,
  registrationKey,
  valueBytes,
  valueOf,
  type ClaimPrincipal,
  type ClaimValue,
} from './keys.ts';

/** Without a verdict for so long (ms), a REGISTER is refused. */
const VERDICT_TIMEOUT = 5000;
/** After a failed write, the next attempt (ms). */
const RETRY = 1000;

export interface ClaimsOptions {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly self: NodeId;
  readonly isDead: (epoch: string) => boolean;
  /** Calls back once all other nodes know what was put on the links so far. */
  readonly settled: (done: () => void) => void;
  /** The greatest order of the callees of a registration, so far as this node knows. */
  readonly latest: (wanted: Pick<ClaimValue, 'realm' | 'match' | 'uri'>) => number;
  /** Another node replaces the callees of a principal, or all of them. */
  readonly replaced: (value: ClaimValue, by: ClaimPrincipal | undefined) => void;
}

export class Claims {
  readonly #options: ClaimsOptions;
  readonly #table = new Map<string, Map<string, Holder>>();
  readonly #own = new Map<string, OwnClaim>();
  readonly #node: string;
  readonly #watchers = new Set<() => void>();
  #isClosed = false;

  constructor(options: ClaimsOptions) {
    this.#options = options;
    this.#node = escaped(options.self.name);
  }

  /** How many registrations this node claims, and for how many of them it waits. */
  get counts(): { readonly held: number; readonly pending: number } {
    let pending = 0;
    for (const claim of this.#own.values()) if (claim.held === undefined) pending += 1;
    return { held: this.#own.size - pending, pending };
  }

  /** All claims. @param nameOf the name of a run of a node, by its epoch */
  told(nameOf: (epoch: string) => string | undefined): Iterable<ClaimStatus> {
    return claimsTold(this.#table, this.#options.isDead, nameOf);
  }

  /** Claims a registration. `tell` is called once, perhaps at once, unless the ticket is closed before. */
  claim(wanted: Wanted, tell: (verdict: ClaimVerdict) => void): ClaimTicket {
    const base = registrationKey(wanted.realm, wanted.match, wanted.uri);
    const obstacle = this.#obstacle(base, wanted);
    if (obstacle !== undefined) {
      tell({ won: false, why: obstacle });
      return NO_TICKET;
    }
    const claim = this.#own.get(base) ?? this.#begin(base, wanted);
    claim.users += 1;
    const ticket = this.#ticketFor(claim);
    if (claim.held === undefined) this.#await(claim, tell);
    else tell(this.#won(claim));
    this.#run(claim);
    return ticket;
  }

  /** A session has become a callee of a registration that this node claims: the claim lasts as long, at least. */
  hold(realm: Uri, match: MatchPolicy, uri: Uri): ClaimTicket {
    const claim = this.#own.get(registrationKey(realm, match, uri));
    if (claim === undefined) return NO_TICKET;
    claim.users += 1;
    return this.#ticketFor(claim);
  }

  /** Whether a node of the cluster, this one excepted, claims a registration. */
  isHeldElsewhere(base: string): boolean {
    return this.#others(base).length > 0;
  }

  /** Calls back once the ledger has what this node wants it to have of a registration, or after a second. */
  whenWritten(base: string, done: () => void): void {
    let dismiss: (() => void) | undefined = this.#options.clock.after(RETRY, () => {
      finish();
    });
    const look = (): void => {
      const claim = this.#own.get(base);
      if (claim === undefined || (claim.users > 0 && claim.written === claim.term)) finish();
      else this.#watchers.add(look);
    };
    const finish = (): void => {
      if (dismiss === undefined) return;
      dismiss();
      dismiss = undefined;
      this.#watchers.delete(look);
      done();
    };
    look();
  }

  /** The ledger tells everything once more. */
  reset(): void {
    this.#table.clear();
  }

  /** The ledger has told everything: what is missing of this node's is written again, what is left of earlier runs deleted. */
  live(): void {
    for (const claim of this.#own.values()) {
      if (this.#table.get(claim.base)?.get(this.#node)?.value.term === claim.term) continue;
      if (claim.written !== undefined) claim.written = UNKNOWN;
      this.#run(claim);
    }
    for (const [base, holders] of this.#table) {
      const holder = holders.get(this.#node);
      if (holder === undefined || holder.value.epoch === this.#options.self.epoch || this.#own.has(base))
        continue;
      this.#options.ledger.write(`${base}.${this.#node}`, undefined).catch(() => undefined);
    }
  }

  /** A key that begins with `r.` has changed. */
  entry(key: string, bytes: Uint8Array | undefined, revision: number): void {
    const cut = key.lastIndexOf('.');
    const [base, node] = [key.slice(0, cut), key.slice(cut + 1)];
    const value = bytes && (valueOf(bytes) as ClaimValue | undefined);
    const holders = this.#table.get(base) ?? new Map<string, Holder>();
    const before = holders.get(node);
    if (value === undefined) holders.delete(node);
    else if (before?.value.term !== value.term || before.value.epoch !== value.epoch)
      holders.set(node, { value, revision });
    if (holders.size === 0) this.#table.delete(base);
    else this.#table.set(base, holders);
    const claim = this.#own.get(base);
    if (claim === undefined) return;
    if (node === this.#node && value?.epoch !== this.#options.self.epoch && claim.written === claim.term) {
      // Somebody has deleted it.
      claim.written = UNKNOWN;
      this.#run(claim);
    }
    if (value?.force === true && node !== this.#node && !this.#options.isDead(value.epoch))
      this.#giveWay(claim, value);
    this.#judge(claim);
  }

  /** The keys of claims of others, by the node (as in keys) and its run. */
  keysOf(isMeant: (node: string, epoch: string) => boolean): string[] {
    const keys: string[] = [];
    for (const [base, holders] of this.#table)
      for (const [node, { value }] of holders)
        if (node !== this.#node && isMeant(node, value.epoch)) keys.push(`${base}.${node}`);
    return keys;
  }

  /** A run of a node is dead: what it claims is void. */
  bury(epoch: string): void {
    for (const [base, holders] of [...this.#table]) {
      let isConcerned = false;
      for (const { value } of holders.values()) isConcerned ||= value.epoch === epoch;
      const claim = isConcerned ? this.#own.get(base) : undefined;
      if (claim !== undefined) this.#judge(claim);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const claim of this.#own.values()) this.#conclude(claim, { won: false, why: undefined });
    this.#own.clear();
    this.#tellWatchers();
  }

  #ticketFor(claim: OwnClaim): ClaimTicket {
    let isOpen = true;
    return {
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        claim.users -= 1;
        if (claim.users === 0) this.#run(claim);
      },
    };
  }

  #begin(base: string, wanted: Wanted): OwnClaim {
    const claim: OwnClaim = {
      base,
      wanted,
      term: newTerm(),
      written: undefined,
      users: 0,
      held: undefined,
      index: 0,
      isRunning: false,
      waiting: new Set(),
    };
    this.#own.set(base, claim);
    return claim;
  }

  #await(claim: OwnClaim, tell: (verdict: ClaimVerdict) => void): void {
    const dismiss = this.#options.clock.after(VERDICT_TIMEOUT, () => {
      claim.waiting.delete(waiting);
      tell({ won: false, why: undefined });
    });
    const waiting = { tell, dismiss };
    claim.waiting.add(waiting);
  }

  /** Why a registration cannot be had, as far as it can be known without asking. */
  #obstacle(base: string, wanted: Wanted): string | undefined {
    if (this.#isClosed) return 'the node leaves the cluster';
    const own = this.#own.get(base);
    if (own !== undefined && own.users > 0 && own.wanted.invoke !== wanted.invoke && !wanted.force)
      return policyOf(own.wanted.invoke);
    for (const { value } of this.#others(base))
      if (conflicts(value, wanted) && !replaces(wanted, value)) return reasonAgainst(value);
    return undefined;
  }

  #others(base: string): Holder[] {
    const others: Holder[] = [];
    for (const [node, holder] of this.#table.get(base) ?? [])
      if (node !== this.#node && !this.#options.isDead(holder.value.epoch)) others.push(holder);
    return others;
  }

  /** Writes until the ledger has what is wanted. */
  #run(claim: OwnClaim): void {
    if (claim.isRunning || this.#isClosed) return;
    const wanted = claim.users > 0 ? claim.term : undefined;
    if (wanted === claim.written) {
      if (wanted === undefined) this.#own.delete(claim.base);
      this.#tellWatchers();
      return;
    }
    claim.isRunning = true;
    if (wanted !== undefined) this.#write(claim, wanted);
    else {
      this.#options.settled(() => {
        if (claim.users > 0) this.#again(claim);
        else this.#erase(claim);
      });
    }
  }

  #write(claim: OwnClaim, term: string): void {
    const { isTrusted: _trusted, ...wanted } = claim.wanted;
    const value: ClaimValue = { ...wanted, epoch: this.#options.self.epoch, term };
    claim.written = UNKNOWN;
    this.#send(claim, valueBytes(value), () => {
      claim.written = term;
    });
  }

  /** Deletes the key: what is held from now on is another term. */
  #erase(claim: OwnClaim): void {
    claim.held = undefined;
    claim.term = newTerm();
    claim.written = UNKNOWN;
    this.#send(claim, undefined, () => {
      claim.written = undefined;
    });
  }

  #send(claim: OwnClaim, value: Uint8Array | undefined, written: () => void): void {
    this.#options.ledger.write(`${claim.base}.${this.#node}`, value).then(
      () => {
        written();
        this.#again(claim);
      },
      () => {
        this.#options.clock.after(RETRY, () => {
          this.#again(claim);
        });
      },
    );
  }

  #again(claim: OwnClaim): void {
    claim.isRunning = false;
    if (this.#own.get(claim.base) === claim) this.#run(claim);
  }

  /** Decides about the own claim, if it has come by in the ledger. */
  #judge(claim: OwnClaim): void {
    const own = this.#table.get(claim.base)?.get(this.#node);
    if (own?.value.term !== claim.term || claim.users === 0) return;
    const older = this.#others(claim.base).filter(({ revision }) => revision < own.revision);
    const conflict = older.find(({ value }) => conflicts(value, claim.wanted));
    if (conflict === undefined) {
      claim.held = own.revision;
      this.#conclude(claim, undefined);
    } else if (claim.held !== undefined) this.#options.replaced(own.value, undefined);
    else if (!replaces(claim.wanted, conflict.value))
      this.#conclude(claim, { won: false, why: reasonAgainst(conflict.value) });
  }

  /** Another node forces its way. */
  #giveWay(claim: OwnClaim, { by }: ClaimValue): void {
    const own = this.#table.get(claim.base)?.get(this.#node);
    if (own !== undefined) this.#options.replaced(own.value, by.authrole === TRUSTED_ROLE ? undefined : by);
  }

  /** Tells all who wait. @param verdict undefined when they have won */
  #conclude(claim: OwnClaim, verdict: ClaimVerdict | undefined): void {
    const waiting = [...claim.waiting];
    claim.waiting.clear();
    for (const { tell, dismiss } of waiting) {
      dismiss();
      tell(verdict ?? this.#won(claim));
    }
  }

  #won(claim: OwnClaim): ClaimVerdict {
    const isAlone = !this.isHeldElsewhere(claim.base);
    claim.index = Math.max(claim.index, this.#options.latest(claim.wanted)) + 1;
    return { won: true, isAlone, order: claim.index };
  }

  #tellWatchers(): void {
    for (const look of [...this.#watchers]) {
      this.#watchers.delete(look);
      look();
    }
  }
}
