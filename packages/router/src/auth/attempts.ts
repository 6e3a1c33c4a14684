/** Attempts: how often somebody may guess, by name and by address, before they have to wait. */
import { createHash } from 'node:crypto';
import { networkOf } from '../addresses.ts';
import type { Clock } from '../core/clock.ts';
import { Turns } from './turns.ts';

/** Times in ms. */
export interface AttemptLimits {
  /** Failures for one authid, wherever they come from, before the next has to wait: 10 by default. */
  readonly perAuthid: number;
  /** Failures of one address (of IPv6, the network of 64 bits), whomever they are for: 100 by default. */
  readonly perAddress: number;
  /** The wait after the first failure too many, which doubles with each further one: 1 s by default. */
  readonly firstWait: number;
  /** The longest wait for an authid: 1 min by default. Others can bring it about, so it is short. */
  readonly longestWaitOfAuthid: number;
  /** The longest wait of an address: 15 min by default. */
  readonly longestWaitOfAddress: number;
  /** Without a failure for so long, all is forgotten: 1 h by default. */
  readonly memory: number;
  /** How many authids, and as many addresses, are remembered; the ones longest quiet are forgotten: 10,000 by default. */
  readonly size: number;
}

export const DEFAULT_ATTEMPT_LIMITS: AttemptLimits = {
  perAuthid: 10,
  perAddress: 100,
  firstWait: 1000,
  longestWaitOfAuthid: 60_000,
  longestWaitOfAddress: 15 * 60_000,
  memory: 60 * 60_000,
  size: 10_000,
};

/** Whom an attempt is for, and where it comes from. */
export interface Claim {
  readonly realm: string;
  readonly authid?: string | undefined;
  /** An IP address; undefined where it says nothing about who it is. */
  readonly address?: string | undefined;
}

/** From so many addresses, at most, an authid is remembered to have come in. */
const MOST_KNOWN = 8;

interface Entry {
  failures: number;
  /** When the last failure was, or the last success. */
  last: number;
  /** Until when no attempt counts. */
  until: number;
  /** Of an authid: from where it has come in. */
  known: readonly string[];
}

/**
 * Who guesses has to wait, and waits longer with each wrong guess: known and unknown users alike, so that it tells
 * nothing about them. Nobody can keep a user out for good: the wait for an authid is a minute at most, and does not
 * concern addresses from which the user has come in before; success does not end it, or a guesser would only have to
 * wait for the user to log in.
 */
export class Attempts {
  readonly #clock: Pick<Clock, 'elapsed'>;
  readonly #limits: AttemptLimits;
  readonly #authids: Entries;
  readonly #addresses: Entries;
  /** Those that are judged at this moment. */
  readonly #turns = new Turns<Claim>((claim) => this.#bounds(claim));

  constructor(clock: Pick<Clock, 'elapsed'>, limits: Partial<AttemptLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...DEFAULT_ATTEMPT_LIMITS, ...limits };
    this.#authids = new Entries(this.#limits);
    this.#addresses = new Entries(this.#limits);
  }

  /**
   * Takes a place among the attempts that are judged. While as many are as may still fail, the next waits for one of
   * them: in a burst, none is judged that would not have been, had they come one by one.
   * @returns undefined when there is a place at once; {@link done} gives it back
   */
  turn(claim: Claim): Promise<void> | undefined {
    return this.#turns.take(claim);
  }

  /** The attempt has been judged, and `failed` or `succeeded` been told. */
  done(claim: Claim): void {
    this.#turns.giveBack(claim);
  }

  /** How many are judged at this moment, and how many wait for that. */
  get underWay(): number {
    return this.#turns.size;
  }

  /** How long the next attempt has to wait (ms); 0 when it need not. */
  wait(claim: Claim): number {
    const { ofAddress, ofAuthid, isKnown } = this.#find(claim);
    const until = Math.max(ofAddress?.until ?? 0, isKnown ? 0 : (ofAuthid?.until ?? 0));
    return Math.max(0, until - this.#clock.elapsed());
  }

  /** The secret was wrong, or the user unknown. */
  failed(claim: Claim): void {
    const { perAuthid, perAddress, longestWaitOfAuthid, longestWaitOfAddress } = this.#limits;
    const address = claim.address === undefined ? undefined : networkOf(claim.address);
    if (claim.authid !== undefined) {
      this.#count(this.#authids.touch(nameOf(claim), this.#clock.elapsed()), perAuthid, longestWaitOfAuthid);
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
    /** True where the user has come in before. */
    readonly isKnown: boolean;
  } {
    const now = this.#clock.elapsed();
    const address = claim.address === undefined ? undefined : networkOf(claim.address);
    const ofAddress = address === undefined ? undefined : this.#addresses.get(address, now);
    const ofAuthid = claim.authid === undefined ? undefined : this.#authids.get(nameOf(claim), now);
    const isKnown = address !== undefined && ofAuthid?.known.includes(address) === true;
    return { ofAddress, ofAuthid, isKnown };
  }

  /** How many may be judged at a time for the name, and from the address: as many as may fail, and one in any case. */
  #bounds(claim: Claim): ReadonlyMap<string, number> {
    const { ofAddress, ofAuthid, isKnown } = this.#find(claim);
    const { perAuthid, perAddress } = this.#limits;
    const bounds = new Map<string, number>();
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

/** Entries by key, of which the one longest quiet makes room. */
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

  /** The entry, new if need be, as the one that has just been heard of. */
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

/** Of one realm: the same name may be somebody else in another. A long one is known by its hash, and takes no room. */
function nameOf({ realm, authid = '' }: Claim): string {
  const known = authid.length > LONGEST_NAME ? createHash('sha256').update(authid).digest('base64') : authid;
  return `${realm}\0${known}`;
}

/** In characters. */
const LONGEST_NAME = 100;
