/** Attempts: throttles failed logins by authid and by address. */
import { createHash } from 'node:crypto';
import { networkOf } from '../addresses.ts';
import type { Clock } from '../core/clock.ts';
import { AttemptTurns } from './attempt-turns.ts';

/** Times in ms. */
export interface AttemptLimits {
  /**
   * Failures for one authid, from any address, before attempts for it are verified one at a time; and failures from one
   * address for one authid before further ones are refused for a while. 10 by default.
   */
  readonly perAuthid: number;
  /** Failures from one address (for IPv6, from one /64 network), for any authid; 100 by default. */
  readonly perAddress: number;
  /**
   * The wait after the first failure beyond the limit; 1 s by default. For an address it doubles with each further
   * failure. Between attempts for an authid it grows by this amount with every 100 failures.
   */
  readonly firstWait: number;
  /** The longest wait of an address for one authid; 1 min by default. */
  readonly longestWaitOfAuthid: number;
  /**
   * The longest time between a failure for an authid and the next attempt that is verified; 10 s by default, which
   * allows 8,640 a day.
   */
  readonly longestPace: number;
  /** An attempt that would wait longer than this in the queue of its authid is refused; 30 s by default. */
  readonly longestLine: number;
  /** The longest wait of an address; 15 min by default. */
  readonly longestWaitOfAddress: number;
  /** Time without a failure after which an entry is deleted; 1 h by default. */
  readonly memory: number;
  /**
   * How many authids, and how many addresses, are remembered; the least recently used are deleted first. 10,000 by
   * default.
   */
  readonly size: number;
}

export const DEFAULT_ATTEMPT_LIMITS: AttemptLimits = {
  perAuthid: 10,
  perAddress: 100,
  firstWait: 1000,
  longestWaitOfAuthid: 60_000,
  longestPace: 10_000,
  longestLine: 30_000,
  longestWaitOfAddress: 15 * 60_000,
  memory: 60 * 60_000,
  size: 10_000,
};

/** The authid that an attempt claims, and its address. */
export interface Claim {
  readonly realm: string;
  readonly authid?: string | undefined;
  /** An IP address; undefined where it does not identify the client. */
  readonly address?: string | undefined;
}

/** How many addresses are remembered from which an authid has logged in. */
const MOST_KNOWN = 8;

interface Entry {
  failures: number;
  /** The time of the last failure or success. */
  last: number;
  /** Until when no attempt is verified. */
  until: number;
  /** For an authid: the addresses from which it has logged in. */
  known: readonly string[];
}

/** After this many further failures for an authid, the time between attempts grows by another `firstWait`. */
const PACE_STEP = 100;
/** How many attempts from one address may wait in the queue of an authid. */
const MOST_IN_LINE = 3;

/**
 * Failed attempts cause waits, which grow with each failure. Known and unknown authids are treated alike, so that the
 * waits do not reveal which exist. An attacker cannot lock a user out: an address that guesses is refused for a while,
 * but others are not. Attempts for an authid under attack are verified one at a time, at intervals, in order of
 * arrival: a client with the correct secret is admitted when its attempt is verified, and a search takes as long as
 * these intervals. Addresses from which the authid has logged in before bypass the queue. A success does not shorten a
 * wait; otherwise an attacker would only have to wait for the user.
 */
export class Attempts {
  readonly #clock: Pick<Clock, 'elapsed' | 'after'>;
  readonly #limits: AttemptLimits;
  readonly #authids: Entries;
  readonly #addresses: Entries;
  /** The failures of each address for each authid. */
  readonly #pairs: Entries;
  /** The attempts that are being verified, and those that wait. */
  readonly #turns: AttemptTurns<Claim>;
  /** The number of waiting attempts, by authid, and by authid and address. */
  readonly #lines = new Map<string, number>();

  constructor(clock: Pick<Clock, 'elapsed' | 'after'>, limits: Partial<AttemptLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...DEFAULT_ATTEMPT_LIMITS, ...limits };
    this.#authids = new Entries(this.#limits);
    this.#addresses = new Entries(this.#limits);
    this.#pairs = new Entries(this.#limits);
    this.#turns = new AttemptTurns<Claim>(
      (claim) => this.#bounds(claim),
      clock,
      (claim) => this.#delay(claim),
    );
  }

  /** Changes the limits, for the attempts to come. */
  reconfigure(limits: Partial<AttemptLimits>): void {
    // The entries hold the same object.
    Object.assign(this.#limits, limits);
  }

  /**
   * Admits an attempt to verification. At most as many attempts run at a time as may still fail; the next one waits for
   * one of them. In a burst, therefore, no more attempts are verified than in succession.
   * @returns undefined when it is admitted at once; {@link done} ends the attempt or its wait
   */
  turn(claim: Claim): Promise<void> | undefined {
    const turn = this.#turns.take(claim);
    if (turn === undefined) return undefined;
    this.#queue(claim, 1);
    return turn.then(() => {
      this.#queue(claim, -1);
    });
  }

  /**
   * The expected time until the attempt is verified, as far as other attempts determine it (ms); 0 when its authid is
   * not under attack.
   */
  expected(claim: Claim): number {
    const { ofAuthid, isKnown } = this.#find(claim);
    if (ofAuthid === undefined || isKnown || ofAuthid.failures < this.#limits.perAuthid) return 0;
    const line = this.#lines.get(nameOf(claim)) ?? 0;
    const first = Math.max(0, ofAuthid.until - this.#clock.elapsed());
    return first + line * this.#paceAfter(ofAuthid.failures + line);
  }

  /** Ends an attempt, after `failed` or `succeeded` was called. */
  done(claim: Claim): void {
    this.#turns.giveBack(claim);
  }

  /** How many attempts are being verified or wait. */
  get underWay(): number {
    return this.#turns.size;
  }

  /** For how long attempts from the address are refused (ms); 0 when they are not. */
  wait(claim: Claim): number {
    const { ofAddress, ofPair, isKnown } = this.#find(claim);
    const until = Math.max(ofAddress?.until ?? 0, isKnown ? 0 : (ofPair?.until ?? 0));
    return Math.max(0, until - this.#clock.elapsed());
  }

  /** The wait in the queue that the attempt would join (ms), if that is too long; otherwise 0. */
  tooLong(claim: Claim): number {
    const expected = this.expected(claim);
    const ofAddress = claim.address === undefined ? 0 : (this.#lines.get(pairOf(claim)) ?? 0);
    return expected > this.#limits.longestLine || ofAddress >= MOST_IN_LINE ? expected : 0;
  }

  /** The secret was wrong, or the user unknown. */
  failed(claim: Claim): void {
    const { perAuthid, perAddress, longestWaitOfAuthid, longestWaitOfAddress } = this.#limits;
    const address = claim.address === undefined ? undefined : networkOf(claim.address);
    if (claim.authid !== undefined) {
      const entry = this.#authids.touch(nameOf(claim), this.#clock.elapsed());
      entry.failures += 1;
      if (entry.failures >= perAuthid) entry.until = entry.last + this.#paceAfter(entry.failures);
    }
    if (claim.authid !== undefined && address !== undefined) {
      this.#count(this.#pairs.touch(pairOf(claim), this.#clock.elapsed()), perAuthid, longestWaitOfAuthid);
    }
    if (address !== undefined) {
      this.#count(this.#addresses.touch(address, this.#clock.elapsed()), perAddress, longestWaitOfAddress);
    }
  }

  succeeded(claim: Claim): void {
    const address = claim.address === undefined ? undefined : networkOf(claim.address);
    if (claim.authid === undefined || address === undefined) return;
    const entry = this.#authids.touch(nameOf(claim), this.#clock.elapsed());
    entry.known = [address, ...entry.known.filter((other) => other !== address)].slice(0, MOST_KNOWN);
  }

  #find(claim: Claim): {
    readonly ofAddress: Entry | undefined;
    readonly ofAuthid: Entry | undefined;
    readonly ofPair: Entry | undefined;
    /** True when the authid has logged in from this address before. */
    readonly isKnown: boolean;
  } {
    const now = this.#clock.elapsed();
    const address = claim.address === undefined ? undefined : networkOf(claim.address);
    const ofAddress = address === undefined ? undefined : this.#addresses.get(address, now);
    const ofAuthid = claim.authid === undefined ? undefined : this.#authids.get(nameOf(claim), now);
    const isPair = address !== undefined && claim.authid !== undefined;
    const ofPair = isPair ? this.#pairs.get(pairOf(claim), now) : undefined;
    const isKnown = address !== undefined && ofAuthid?.known.includes(address) === true;
    return { ofAddress, ofAuthid, ofPair, isKnown };
  }

  #paceAfter(failures: number): number {
    const { firstWait, longestPace } = this.#limits;
    return Math.min(longestPace, firstWait * Math.max(1, failures / PACE_STEP));
  }

  /** An attempt that will be refused does not wait. */
  #delay(claim: Claim): number {
    const { ofAuthid, isKnown } = this.#find(claim);
    if (isKnown || ofAuthid === undefined || this.wait(claim) > 0) return 0;
    return Math.max(0, ofAuthid.until - this.#clock.elapsed());
  }

  #queue(claim: Claim, change: 1 | -1): void {
    const keys = claim.address === undefined ? [nameOf(claim)] : [nameOf(claim), pairOf(claim)];
    for (const key of keys) {
      const count = (this.#lines.get(key) ?? 0) + change;
      if (count > 0) this.#lines.set(key, count);
      else this.#lines.delete(key);
    }
  }

  /**
   * How many attempts may run at a time for the authid and from the address: as many as may still fail, and at least
   * one.
   */
  #bounds(claim: Claim): ReadonlyMap<string, number> {
    const { ofAddress, ofAuthid, isKnown } = this.#find(claim);
    const { perAuthid, perAddress } = this.#limits;
    const bounds = new Map<string, number>();
    if (this.wait(claim) > 0) return bounds;
    if (claim.authid !== undefined && !isKnown) {
      bounds.set(`authid ${nameOf(claim)}`, Math.max(1, perAuthid - (ofAuthid?.failures ?? 0)));
    }
    if (claim.address !== undefined) {
      const key = `address ${networkOf(claim.address)}`;
      bounds.set(key, Math.max(1, perAddress - (ofAddress?.failures ?? 0)));
    }
    return bounds;
  }

  #count(entry: Entry, most: number, longest: number): void {
    entry.failures += 1;
    const excess = entry.failures - most;
    if (excess >= 0) entry.until = entry.last + Math.min(longest, this.#limits.firstWait * 2 ** excess);
  }
}

/** Entries by key; the least recently used is deleted to make room. */
class Entries {
  readonly #entries = new Map<string, Entry>();
  readonly #limits: AttemptLimits;

  constructor(limits: AttemptLimits) {
    this.#limits = limits;
  }

  get(key: string, now: number): Entry | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && now - entry.last < this.#limits.memory ? entry : undefined;
  }

  /** The entry, created if necessary, marked as most recently used. */
  touch(key: string, now: number): Entry {
    const entry = this.get(key, now) ?? { failures: 0, last: now, until: 0, known: [] };
    entry.last = now;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#limits.size && oldest !== undefined) this.#entries.delete(oldest);
    return entry;
  }
}

/** The authid within its realm: in another realm it may be a different principal. Long ones are hashed to save memory. */
function nameOf({ realm, authid = '' }: Claim): string {
  const known = authid.length > LONGEST_NAME ? createHash('sha256').update(authid).digest('base64') : authid;
  return `${realm}\0${known}`;
}

/** The key of an authid together with the address that claims it. */
function pairOf(claim: Claim): string {
  return `${nameOf(claim)}\0${networkOf(claim.address ?? '')}`;
}

/** In characters. */
const LONGEST_NAME = 100;
