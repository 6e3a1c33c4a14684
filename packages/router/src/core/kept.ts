/** Kept: one accounting of the bytes of everything that outlives the message it came in. */
import type { Payload } from '@wamp/protocol';
import { Account } from './account.ts';
import type { Quotas } from './quotas.ts';
import type { Session } from './session.ts';

/** How much a realm keeps, whoever it came from; sizes in bytes, times in ms. */
export interface StoreLimits {
  /** Retained events; 64 MiB by default. Beyond, those of the topic that was published to longest ago go. */
  readonly retainedBytes: number;
  /** How long an event is retained whose publisher does not say (`x_expires`); 0, the default, for ever. */
  readonly retainedExpiry: number;
  /** Event history, of all topics that have one; 64 MiB by default. Beyond, the oldest events go. */
  readonly historyBytes: number;
}

export const DEFAULT_STORE_LIMITS: StoreLimits = {
  retainedBytes: 64 * 1024 * 1024,
  retainedExpiry: 0,
  historyBytes: 64 * 1024 * 1024,
};

/** What is charged for each thing that is kept, beside what it holds: its objects, and its place in a collection (bytes). */
export const ENTRY = 512;

/** Whoever something is kept for. */
interface Keeper {
  readonly client?: { readonly kept: Account } | undefined;
}

/** What is kept on behalf of sessions: each has its own limit, and is known here only while something is kept for it. */
export class SessionAccounts<S extends Keeper> {
  readonly #limit: number;
  readonly #above: Account;
  readonly #accounts = new Map<S, Account>();
  #used = 0;

  /**
   * @param limit of each session, in bytes
   * @param above that of sessions whose address tells nothing; others count in that of their client
   */
  constructor(limit: number, above: Account) {
    this.#limit = limit;
    this.#above = above;
  }

  /** Bytes of all sessions. */
  get used(): number {
    return this.#used;
  }

  /** How many sessions something is kept for, for leak checks. */
  get size(): number {
    return this.#accounts.size;
  }

  /** Bytes of one session. */
  of(session: S): number {
    return this.#accounts.get(session)?.used ?? 0;
  }

  /** Takes so many bytes for a session. @returns false, and takes none, when they do not fit */
  reserve(session: S, bytes: number): boolean {
    const account = this.#accounts.get(session) ?? new Account(this.#limit, this.#aboveOf(session));
    if (!account.reserve(bytes)) return false;
    this.#accounts.set(session, account);
    this.#used += bytes;
    return true;
  }

  /** Whether so many bytes are within the session's own limit, even where others have filled the store. */
  allows(session: S, bytes: number): boolean {
    return this.of(session) + bytes <= this.#limit;
  }

  release(session: S, bytes: number): void {
    const account = this.#accounts.get(session);
    if (account === undefined) return;
    account.release(bytes);
    this.#used -= bytes;
    if (account.used === 0) this.#accounts.delete(session);
  }

  #aboveOf(session: S): Account {
    return session.client?.kept ?? this.#above;
  }
}

/** What a process keeps, in all its realms. */
export class ProcessAccounts {
  readonly all: Account;
  /** What it keeps on behalf of sessions: half of it at most, so that they leave room for what realms keep. */
  readonly ofSessions: Account;

  /** @param limit in bytes */
  constructor(limit: number) {
    this.all = new Account(limit);
    this.ofSessions = new Account(limit / 2, this.all);
  }

  /**
   * A new account for the sessions of one address: a quarter of what sessions may have at most.
   * @param met is called for each reservation that this quarter is too small for
   */
  forClient(met: () => void): Account {
    return new Account(this.ofSessions.limit / 4, this.ofSessions, met);
  }
}

/** What a realm keeps things for. */
type Store = 'testaments' | 'waiting_calls' | 'undecided_messages' | 'retained_events' | 'event_history';

/** All accounts of a realm. */
export class RealmAccounts {
  /** Testaments, until their session leaves. */
  readonly testaments: SessionAccounts<Session>;
  /** Calls that wait for a callee with room, or whose callee may decline them, by caller. */
  readonly calls: SessionAccounts<Session>;
  /** Messages behind one that an authorizer decides about. */
  readonly undecided: SessionAccounts<Session>;
  readonly retained: Account;
  readonly history: Account;
  readonly #process: Account;
  /** Those of features that are not this package's. */
  readonly #others: Account[] = [];

  /** @param process what all realms, and others, keep together */
  constructor({ all, ofSessions }: ProcessAccounts, quotas: Quotas, stores: StoreLimits) {
    this.testaments = new SessionAccounts(quotas.testamentBytes, ofSessions);
    this.calls = new SessionAccounts(quotas.waitingCallBytes, ofSessions);
    this.undecided = new SessionAccounts(quotas.undecidedBytes, ofSessions);
    this.retained = new Account(stores.retainedBytes, all);
    this.history = new Account(stores.historyBytes, all);
    this.#process = all;
  }

  /**
   * Opens an account for something else that the realm keeps, such as the store of a feature. Its bytes count in `used`, and
   * in what the process keeps.
   * @param limit in bytes
   */
  open(limit: number): Account {
    const account = new Account(limit, this.#process);
    this.#others.push(account);
    return account;
  }

  /** Bytes by what they are kept for. */
  byStore(): Record<Store, number> {
    const { testaments, calls, undecided, retained, history } = this;
    return {
      testaments: testaments.used,
      waiting_calls: calls.used,
      undecided_messages: undecided.used,
      retained_events: retained.used,
      event_history: history.used,
    };
  }

  /** The bytes of everything that the realm keeps. */
  get used(): number {
    const { testaments, calls, undecided, retained, history } = this;
    const others = this.#others.reduce((sum, account) => sum + account.used, 0);
    return testaments.used + calls.used + undecided.used + retained.used + history.used + others;
  }
}

/** What a message that is kept takes: its payload, once that is kept as bytes, and what is kept of its options. */
export function weightOf(payload: Payload, ...rest: readonly unknown[]): number {
  return ENTRY + payload.size + memoryOf(rest);
}

/** What V8 takes for a value, estimated from above (bytes). */
export function memoryOf(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return TEXT + 2 * value.length;
    case 'number':
    case 'bigint':
      return NUMBER;
    case 'object':
      if (value === null) return 0;
      if (ArrayBuffer.isView(value)) return BUFFER + value.byteLength;
      return Array.isArray(value) ? memoryOfList(value) : memoryOfDict(value);
    default:
      return 0;
  }
}

const NUMBER = 16;
const TEXT = 32;
const BUFFER = 256;
const LIST = 32;
const DICT = 64;
/** A reference in a list; a key with its reference in a dict, which may be a hash table. */
const SLOT = 8;
const KEY = 32;

function memoryOfList(list: readonly unknown[]): number {
  let bytes = LIST;
  for (const item of list) bytes += SLOT + memoryOf(item);
  return bytes;
}

function memoryOfDict(dict: object): number {
  let bytes = DICT;
  for (const [key, value] of Object.entries(dict)) bytes += KEY + memoryOf(key) + memoryOf(value);
  return bytes;
}
