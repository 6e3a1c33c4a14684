/** Schema: the tables of a store, and how files of earlier versions become files of this one. */
import type { Connection } from './driver.ts';
import { StoreError } from './errors.ts';

/** What each version has added; the version of a file is the number of steps that it has taken. */
const STEPS: readonly string[] = [
  `CREATE TABLE log (
     id INTEGER PRIMARY KEY,
     realm TEXT NOT NULL, match TEXT NOT NULL, topic TEXT NOT NULL,
     epoch INTEGER NOT NULL,
     last INTEGER NOT NULL,
     UNIQUE (realm, match, topic)
   );
   CREATE TABLE event (
     log INTEGER NOT NULL, place INTEGER NOT NULL,
     time REAL NOT NULL, withheld INTEGER NOT NULL, publication INTEGER NOT NULL,
     weight INTEGER NOT NULL, packed BLOB NOT NULL,
     PRIMARY KEY (log, place)
   ) WITHOUT ROWID;
   CREATE INDEX event_publication ON event (log, publication);
   CREATE TABLE retained (
     realm TEXT NOT NULL, topic TEXT NOT NULL,
     written INTEGER NOT NULL, place INTEGER NOT NULL,
     expires REAL, packed BLOB NOT NULL,
     PRIMARY KEY (realm, topic, place)
   ) WITHOUT ROWID;`,
];

/** The version that this package writes. */
export const VERSION: number = STEPS.length;

/**
 * Makes the tables, or brings those of an earlier version up to date, in one transaction.
 * @param steps for tests
 * @throws StoreError for a file of a later version
 */
export function migrate(connection: Connection, path: string, steps: readonly string[] = STEPS): void {
  connection.exec('BEGIN IMMEDIATE');
  try {
    connection.exec('CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)');
    const version = Number(readMeta(connection, 'version') ?? 0);
    if (version > steps.length) {
      throw new StoreError(
        `${path} has version ${version} of the tables, and this @wamp/store-sqlite knows ${steps.length}: ` +
          'use the version of the package that wrote the file, or a later one',
      );
    }
    for (const step of steps.slice(version)) connection.exec(step);
    writeMeta(connection, 'version', String(steps.length));
    connection.exec('COMMIT');
  } catch (error) {
    rollBack(connection);
    throw error;
  }
}

/** What the file says of itself. */
export function readMeta(connection: Connection, key: string): string | undefined {
  const value = connection.prepare('SELECT value FROM meta WHERE key = ?').all(key)[0]?.['value'];
  return typeof value === 'string' ? value : undefined;
}

export function writeMeta(connection: Connection, key: string, value: string): void {
  connection.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)').run(key, value);
}

/** Ends a transaction without effect; after some errors, SQLite has done so already. */
export function rollBack(connection: Connection): void {
  try {
    connection.exec('ROLLBACK');
  } catch {
    return; // there is no transaction any more
  }
}
