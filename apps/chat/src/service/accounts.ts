/** Accounts: SCRAM verifiers by name, and the tokens by which browsers are remembered. */
import { createHash, randomBytes } from 'node:crypto';
import type { Connection } from '@wamp/store-sqlite';
import type { Verifier } from '../common/contract.ts';

/** The most accounts, because guests create them. */
const MOST_ACCOUNTS = 10_000;
/** How many browsers an account can be remembered in; beyond, the oldest token goes. */
const MOST_TOKENS = 10;
/** How long a browser is remembered (ms). */
const REMEMBERED = 30 * 24 * 3_600_000;

export class Accounts {
  readonly #database: Connection;
  /** The time, in milliseconds since 1970. */
  readonly #now: () => number;

  constructor(database: Connection, now: () => number = Date.now) {
    this.#database = database;
    this.#now = now;
  }

  /** @returns false if the name is taken, or there are too many accounts */
  create(name: string, { salt, storedKey, serverKey }: Verifier): boolean {
    if (this.has(name) || this.names().length >= MOST_ACCOUNTS) return false;
    this.#database.prepare('INSERT INTO account VALUES (?, ?, ?, ?)').run(name, salt, storedKey, serverKey);
    return true;
  }

  has(name: string): boolean {
    return this.verifierOf(name) !== undefined;
  }

  /** All names, in alphabetical order. */
  names(): readonly string[] {
    const rows = this.#database.prepare('SELECT name FROM account ORDER BY name').all();
    return rows.map((row) => String(row['name']));
  }

  verifierOf(name: string): Verifier | undefined {
    const [row] = this.#database.prepare('SELECT * FROM account WHERE name = ?').all(name);
    if (row === undefined) return undefined;
    const { salt, stored_key: storedKey, server_key: serverKey } = row;
    return { salt: String(salt), storedKey: String(storedKey), serverKey: String(serverKey) };
  }

  /** A token with which a browser can log in instead of the password; only its hash is stored. */
  remember(name: string): string {
    const token = randomBytes(24).toString('base64url');
    this.#database.prepare('DELETE FROM token WHERE expires <= ?').run(this.#now());
    this.#database
      .prepare('INSERT INTO token VALUES (?, ?, ?)')
      .run(hashOf(token), name, this.#now() + REMEMBERED);
    this.#database
      .prepare(
        'DELETE FROM token WHERE name = ?1 AND hash NOT IN (SELECT hash FROM token WHERE name = ?1 ORDER BY rowid DESC LIMIT ?2)',
      )
      .run(name, MOST_TOKENS);
    return token;
  }

  isRemembered(name: string, token: string): boolean {
    const [row] = this.#database.prepare('SELECT name, expires FROM token WHERE hash = ?').all(hashOf(token));
    return row?.['name'] === name && Number(row['expires']) > this.#now();
  }

  forget(name: string, token: string): void {
    this.#database.prepare('DELETE FROM token WHERE hash = ? AND name = ?').run(hashOf(token), name);
  }
}

/** A token is random: one round of a fast hash suffices. */
function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
