/** Accounts for the bytes of all data that outlives its message: per session, client, realm and process. */
import type { Payload } from '@wamp/protocol';
import { Account } from './account.ts';
import type { Quotas } from './quotas.ts';
import type { Session } from './session.ts';

/** How much a realm keeps of all sessions together; sizes in bytes, times in ms. */
export interface StoreLimits {
  /** Retained events; 64 MiB by default. When exceeded, the events of the topic with the oldest publication are evicted. */
  readonly retainedBytes: number;
  /** How long an event is retained when its publisher sets no `x_expires`; 0, the default, means for ever. */
  readonly retainedExpiry: number;
  /** Event history of all topics that have one; 64 MiB by default. When exceeded, the oldest events are evicted. */
  readonly historyBytes: number;
}

export const DEFAULT_STORE_LIMITS: StoreLimits = {
  retainedBytes: 64 * 1024 * 1024,
  retainedExpiry: 0,
  historyBytes: 64 * 1024 * 1024,
};

/** The fixed charge for each entry, in addition to its contents: its objects and its slot in a collection (bytes). */
export const ENTRY = 512;

/** The session on whose behalf data is kept. */
interface KeepingSession {
  readonly client?: { readonly kept: Account } | undefined;
}

/** The accounts of sessions, each with the same limit. A session has an account only while data is kept for it. */
export class SessionAccounts<S extends KeepingSession> {
  #limit: number;
  readonly #above: Account;
  readonly #accounts = new Map<S, Account>();
  #used = 0;

  /**
   * @param limit the limit of each session (bytes)
   * @param above the account above for sessions that no client address identifies; the others count in the account of
   *   their client
   */
  constructor(limit: number, above: Account) {
    this.#limit = limit;
    this.#above = above;
  }

  /** Changes the limit of each session. */
  resize(limit: number): void {
    this.#limit = limit;
    for (const account of this.#accounts.values()) account.resize(limit);
  }

  /** Bytes of all sessions. */
  get used(): number {
    return this.#used;
  }

  /** How many sessions have an account, for leak checks. */
  get size(): number {
    return this.#accounts.size;
  }

  /** Bytes of one session. */
  of(session: S): number {
    return this.#accounts.get(session)?.used ?? 0;
  }

  /** Reserves bytes for a session. @returns false, having reserved none, when they do not fit */
  reserve(session: S, bytes: number): boolean {
    const account = this.#accounts.get(session) ?? new Account(this.#limit, this.#aboveOf(session));
    if (!account.reserve(bytes)) return false;
    this.#accounts.set(session, account);
    this.#used += bytes;
    return true;
  }

  /** Whether the bytes are within the session's own limit, even if others have filled the accounts above. */
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

/** The accounts of the process, for all its realms. */
export class ProcessAccounts {
  readonly all: Account;
  /** Data kept on behalf of sessions: at most half of the limit, so that room remains for the data of realms. */
  readonly ofSessions: Account;

  /** @param limit the limit of the process (bytes) */
  constructor(limit: number) {
    this.all = new Account(limit);
    this.ofSessions = new Account(limit / 2, this.all);
  }

  /** Changes the limit. Addresses that have an account already keep theirs. */
  resize(limit: number): void {
    this.all.resize(limit);
    this.ofSessions.resize(limit / 2);
  }

  /**
   * A new account for the sessions of one address: at most a quarter of what all sessions may use.
   * @param met called for each reservation that this quarter refuses
   */
  forClient(met: () => void): Account {
    return new Account(this.ofSessions.limit / 4, this.ofSessions, met);
  }
}

/** The stores of a realm. */
type RealmStoreName =
  'testaments' | 'waiting_calls' | 'undecided_messages' | 'retained_events' | 'event_history';

/** All accounts of a realm. */
export class RealmAccounts {
  /** Testaments, until their session leaves. */
  readonly testaments: SessionAccounts<Session>;
  /** Calls that wait for a callee with room, or that their callee may still decline; by caller. */
  readonly calls: SessionAccounts<Session>;
  /** Messages that wait behind one for which an authorizer's decision is pending. */
  readonly undecided: SessionAccounts<Session>;
  readonly retained: Account;
  readonly history: Account;
  readonly #process: Account;
  /** Accounts that features outside this package have opened. */
  readonly #others: Account[] = [];

  /** @param process the accounts that all realms share */
  constructor({ all, ofSessions }: ProcessAccounts, quotas: Quotas, stores: StoreLimits) {
    this.testaments = new SessionAccounts(quotas.testamentBytes, ofSessions);
    this.calls = new SessionAccounts(quotas.waitingCallBytes, ofSessions);
    this.undecided = new SessionAccounts(quotas.undecidedBytes, ofSessions);
    this.retained = new Account(stores.retainedBytes, all);
    this.history = new Account(stores.historyBytes, all);
    this.#process = all;
  }

  /**
   * Opens an account for other data of the realm, such as the store of a feature. Its bytes count in `used` and in the
   * account of the process.
   * @param limit the limit of the account (bytes)
   */
  open(limit: number): Account {
    const account = new Account(limit, this.#process);
    this.#others.push(account);
    return account;
  }

  /** Bytes by store. */
  byStore(): Record<RealmStoreName, number> {
    const { testaments, calls, undecided, retained, history } = this;
    return {
      testaments: testaments.used,
      waiting_calls: calls.used,
      undecided_messages: undecided.used,
      retained_events: retained.used,
      event_history: history.used,
    };
  }

  /** Changes the limits. Data that is kept already stays, even where it exceeds them. */
  resize(quotas: Quotas, stores: StoreLimits): void {
    this.testaments.resize(quotas.testamentBytes);
    this.calls.resize(quotas.waitingCallBytes);
    this.undecided.resize(quotas.undecidedBytes);
    this.retained.resize(stores.retainedBytes);
    this.history.resize(stores.historyBytes);
  }

  /** Gives the bytes of the realm's stores back to the process: the realm has been removed. */
  dispose(): void {
    for (const account of [this.retained, this.history, ...this.#others]) account.detach();
  }

  /** The bytes of all data that the realm keeps. */
  get used(): number {
    const { testaments, calls, undecided, retained, history } = this;
    const others = this.#others.reduce((sum, account) => sum + account.used, 0);
    return testaments.used + calls.used + undecided.used + retained.used + history.used + others;
  }
}

/** The memory of a kept message: its payload as bytes, and the options that are kept with it. */
export function weightOf(payload: Payload, ...rest: readonly unknown[]): number {
  return ENTRY + payload.size + memoryOf(rest);
}

/** An upper estimate of the memory that V8 uses for a value (bytes). */
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
