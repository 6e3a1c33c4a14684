/** Attempts: how often somebody may guess, by name and by address, before they have to wait. */
import { createHash } from 'node:crypto';
import { networkOf } from '../addresses.ts';
import type { Clock } from '../core/clock.ts';
import { Turns } from './turns.ts';

/** Times in ms. */
export interface AttemptLimits {
  /**
   * Failures for one authid, wherever they come from, before attempts for it are judged one by one; and, of one address for
   * one authid, before the next is refused for a while: 10 by default.
   */
  readonly perAuthid: number;
  /** Failures of one address (of IPv6, the network of 64 bits), whomever they are for: 100 by default. */
  readonly perAddress: number;
  /**
   * The wait after the first failure too many: 1 s by default. It doubles with each further one of an address; between
   * attempts for an authid it grows by as much with every 100 failures.
   */
  readonly firstWait: number;
  /** The longest wait of an address for one authid: 1 min by default. */
  readonly longestWaitOfAuthid: number;
  /** The longest time from a failure for an authid to the next attempt that is judged: 10 s by default, 8,640 a day. */
  readonly longestPace: number;
  /** Whoever would wait longer in the line of an authid is refused: 30 s by default. */
  readonly longestLine: number;
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
  longestPace: 10_000,
  longestLine: 30_000,
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
  /** Until when no attempt is judged. */
  until: number;
  /** Of an authid: from where it has come in. */
  known: readonly string[];
}

/** So many more failures for an authid make the time between attempts longer by another `firstWait`. */
const PACE_STEP = 100;
/** In the line of an authid, so many may wait of one address. */
const MOST_IN_LINE = 3;

/**
 * Who guesses has to wait, and waits longer with each wrong guess: known and unknown users alike, so that it tells
 * nothing about them. Nobody can keep a user out for good. An address that guesses is refused for a while; others are
 * not. Attempts for an authid that is being guessed are judged one by one, at intervals, in the order in which they came:
 * whoever knows the secret comes in when it is their turn, and a search takes as long as these intervals. Where the user
 * has come in before, there is no such line. Success shortens nothing, or a guesser would only have to wait for the user.
 */
export class Attempts {
  readonly #clock: Pick<Clock, 'elapsed' | 'after'>;
  readonly #limits: AttemptLimits;
  readonly #authids: Entries;
  readonly #addresses: Entries;
  /** What each address has done for each authid. */
  readonly #pairs: Entries;
  /** Those that are judged at this moment, and those that wait for it. */
  readonly #turns: Turns<Claim>;
  /** How many wait, by authid, and by authid and address. */
  readonly #lines = new Map<string, number>();

  constructor(clock: Pick<Clock, 'elapsed' | 'after'>, limits: Partial<AttemptLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...DEFAULT_ATTEMPT_LIMITS, ...limits };
    this.#authids = new Entries(this.#limits);
    this.#addresses = new Entries(this.#limits);
    this.#pairs = new Entries(this.#limits);
    this.#turns = new Turns<Claim>(
      (claim) => this.#bounds(claim),
      clock,
      (claim) => this.#delay(claim),
    );
  }

  /**
   * Takes a place among the attempts that are judged. While as many are as may still fail, the next waits for one of
   * them: in a burst, none is judged that would not have been, had they come one by one.
   * @returns undefined when there is a place at once; {@link done} gives it back, or ends the wait
   */
  turn(claim: Claim): Promise<void> | undefined {
    const turn = this.#turns.take(claim);
    if (turn === undefined) return undefined;
    this.#queue(claim, 1);
    return turn.then(() => {
      this.#queue(claim, -1);
    });
  }

  /** How long it takes until the attempt is judged, as far as others decide it (ms); 0 where nobody is guessing. */
  expected(claim: Claim): number {
    const { ofAuthid, isKnown } = this.#find(claim);
    if (ofAuthid === undefined || isKnown || ofAuthid.failures < this.#limits.perAuthid) return 0;
    const line = this.#lines.get(nameOf(claim)) ?? 0;
    const first = Math.max(0, ofAuthid.until - this.#clock.elapsed());
    return first + line * this.#paceAfter(ofAuthid.failures + line);
  }

  /** The attempt has been judged, and `failed` or `succeeded` been told. */
  done(claim: Claim): void {
    this.#turns.giveBack(claim);
  }

  /** How many are judged at this moment, and how many wait for that. */
  get underWay(): number {
    return this.#turns.size;
  }

  /** How long nothing is judged that comes from the address (ms); 0 when there is no such time. */
  wait(claim: Claim): number {
    const { ofAddress, ofPair, isKnown } = this.#find(claim);
    const until = Math.max(ofAddress?.until ?? 0, isKnown ? 0 : (ofPair?.until ?? 0));
    return Math.max(0, until - this.#clock.elapsed());
  }

  /** How long the line is that the attempt would have to join (ms), when it is too long; otherwise 0. */
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
    /** True where the user has come in before. */
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

  /** Whoever is refused in any case waits for nothing. */
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

  /** How many may be judged at a time for the name, and from the address: as many as may fail, and one in any case. */
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

/** An authid as somebody at an address claims it. */
function pairOf(claim: Claim): string {
  return `${nameOf(claim)}\0${networkOf(claim.address ?? '')}`;
}

/** In characters. */
const LONGEST_NAME = 100;
