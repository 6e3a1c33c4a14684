/** Claims: decides which nodes may have callees of a registration, by the order of the entries in the ledger. */
import type { MatchPolicy, Uri } from '@wamp/protocol';
import type { Clock } from '../core/clock.ts';
import { TRUSTED_ROLE } from '../core/session.ts';
import {
  claimsSame,
  claimsTold,
  conflicts,
  newClaim,
  newTerm,
  NO_TICKET,
  reasonAgainst,
  policyOf,
  replaces,
  ticketFor,
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
  claimIn,
  escaped,
  registrationKey,
  valueBytes,
  type ClaimPrincipal,
  type ClaimValue,
} from './keys.ts';

/** A REGISTER that has no verdict after this time (ms) is refused. */
const VERDICT_TIMEOUT = 5000;
/** The delay between a failed write and the next attempt (ms). */
const RETRY = 1000;

export interface ClaimsOptions {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly self: NodeId;
  /** Whether the ledger takes what this node writes, so far as it knows. */
  readonly isWritable: () => boolean;
  /** Whether the claims of a run are void, because it is dead. */
  readonly isVoid: (epoch: string) => boolean;
  /** Calls `done` once the other nodes have processed all that was put on the links so far, or after a second. */
  readonly settled: (done: () => void) => void;
  /** The greatest order of the callees of a registration that this node knows of. */
  readonly latest: (wanted: Pick<ClaimValue, 'realm' | 'match' | 'uri'>) => number;
  /** Called when another node replaces callees of this one: those of one principal, or all if `by` is undefined. */
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

  /** How many claims this node has won, and how many wait for a verdict. */
  get counts(): { readonly held: number; readonly pending: number } {
    let pending = 0;
    for (const claim of this.#own.values()) if (claim.held === undefined) pending += 1;
    return { held: this.#own.size - pending, pending };
  }

  /** All claims, except those of dead nodes. @param nameOf returns the name of a node by the epoch of its run */
  told(nameOf: (epoch: string) => string | undefined): Iterable<ClaimStatus> {
    return claimsTold(this.#table, this.#options.isVoid, nameOf);
  }

  /** Claims a registration. `tell` is called with the verdict, possibly before this method returns. */
  claim(wanted: Wanted, tell: (verdict: ClaimVerdict) => void): ClaimTicket {
    const base = registrationKey(wanted.realm, wanted.match, wanted.uri);
    const obstacle = this.#obstacle(base, wanted);
    const known = this.#own.get(base);
    if (obstacle !== undefined || (known === undefined && !this.#options.isWritable())) {
      tell({ won: false, why: obstacle });
      return NO_TICKET;
    }
    const claim = known ?? this.#begin(base, wanted);
    if (claim.users === 0) this.#renew(claim, wanted);
    const ticket = this.#use(claim);
    if (claim.held === undefined) this.#await(claim, tell);
    else tell(this.#won(claim));
    this.#run(claim);
    return ticket;
  }

  /** Keeps a claim of this node for a session that has become a callee, until the ticket is closed. */
  hold(realm: Uri, match: MatchPolicy, uri: Uri): ClaimTicket {
    const claim = this.#own.get(registrationKey(realm, match, uri));
    return claim === undefined ? NO_TICKET : this.#use(claim);
  }

  /** Whether another node claims a registration. */
  isHeldElsewhere(base: string): boolean {
    return this.#others(base).length > 0;
  }

  /** Calls `done` once the claim of this node is up to date in the ledger, or after a second. */
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

  /** Forgets what was read, because the ledger delivers all entries again. */
  reset(): void {
    this.#table.clear();
  }

  /** Called when all entries have been read: writes missing claims of this node again. */
  live(): void {
    for (const claim of this.#own.values()) {
      if (this.#table.get(claim.base)?.get(this.#node)?.value.term === claim.term) continue;
      if (claim.written !== undefined) claim.written = UNKNOWN;
      this.#run(claim);
    }
  }

  /** Deletes the claims of earlier runs of this node, which serve nobody any more. */
  clearEarlier(): void {
    for (const [base, holders] of this.#table) {
      const { epoch } = holders.get(this.#node)?.value ?? this.#options.self;
      if (epoch === this.#options.self.epoch || this.#own.has(base)) continue;
      this.#options.ledger.write(`${base}.${this.#node}`, undefined).catch(() => undefined);
    }
  }

  /** Processes a change of a key that begins with `r.`. */
  entry(key: string, bytes: Uint8Array | undefined, revision: number): void {
    const cut = key.lastIndexOf('.');
    const [base, node] = [key.slice(0, cut), key.slice(cut + 1)];
    const value = bytes && claimIn(bytes);
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
      // Another node, or an administrator of the ledger, has deleted it.
      claim.written = UNKNOWN;
      this.#run(claim);
    }
    if (value?.force === true && node !== this.#node && !this.#options.isVoid(value.epoch))
      this.#giveWay(claim, value);
    this.#judge(claim);
  }

  /** The keys of claims of other nodes. @param isMeant selects them by node, as its name is written in keys, and epoch */
  keysOf(isMeant: (node: string, epoch: string) => boolean): string[] {
    const keys: string[] = [];
    for (const [base, holders] of this.#table)
      for (const [node, { value }] of holders)
        if (node !== this.#node && isMeant(node, value.epoch)) keys.push(`${base}.${node}`);
    return keys;
  }

  /** Decides again about claims that conflicted with those of a run, which are void now. */
  bury(epoch: string): void {
    for (const claim of [...this.#own.values()]) {
      const holders = [...(this.#table.get(claim.base)?.values() ?? [])];
      if (holders.some(({ value }) => value.epoch === epoch)) this.#judge(claim);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const claim of this.#own.values()) this.#conclude(claim, { won: false, why: undefined });
    this.#own.clear();
    this.#tellWatchers();
  }

  /** Uses a claim until the ticket is closed. */
  #use(claim: OwnClaim): ClaimTicket {
    return ticketFor(claim, () => {
      this.#run(claim);
    });
  }

  #begin(base: string, wanted: Wanted): OwnClaim {
    const claim = newClaim(base, wanted);
    this.#own.set(base, claim);
    return claim;
  }

  /** Begins a new term of a claim that is about to end, unless the new one claims the same. */
  #renew(claim: OwnClaim, wanted: Wanted): void {
    if (claimsSame(claim.wanted, wanted)) return;
    claim.wanted = wanted;
    claim.term = newTerm();
    claim.held = undefined;
  }

  #await(claim: OwnClaim, tell: (verdict: ClaimVerdict) => void): void {
    const dismiss = this.#options.clock.after(VERDICT_TIMEOUT, () => {
      claim.waiting.delete(waiting);
      tell({ won: false, why: undefined });
    });
    const waiting = { tell, dismiss };
    claim.waiting.add(waiting);
  }

  /** Why a claim is refused without asking the ledger; undefined when it has to be asked. */
  #obstacle(base: string, wanted: Wanted): string | undefined {
    if (this.#isClosed) return 'the node is leaving the cluster';
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
      if (node !== this.#node && !this.#options.isVoid(holder.value.epoch)) others.push(holder);
    return others;
  }

  /** Writes until the claim is up to date in the ledger. */
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

  /** Deletes the key. If the registration is claimed again, that is a new term. */
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

  /** Decides about a claim of this node, if its entry has been read from the ledger. */
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

  /** Revokes callees of this node that the forced claim of another node replaces. */
  #giveWay(claim: OwnClaim, { by }: ClaimValue): void {
    const own = this.#table.get(claim.base)?.get(this.#node);
    if (own !== undefined) this.#options.replaced(own.value, by.authrole === TRUSTED_ROLE ? undefined : by);
  }

  /** Passes the verdict to all REGISTERs that wait for it. @param verdict undefined when the claim is won */
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
