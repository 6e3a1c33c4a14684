/** The tables of a store, and the migrations from earlier versions. */
import type { Connection } from './driver.ts';
import { StoreError } from './errors.ts';

/** The migration steps; the version of a file is the number of steps it has taken. */
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
 * Creates the tables, or migrates those of an earlier version, in one transaction.
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

/** The version recorded in the file. */
export function readMeta(connection: Connection, key: string): string | undefined {
  const value = connection.prepare('SELECT value FROM meta WHERE key = ?').all(key)[0]?.['value'];
  return typeof value === 'string' ? value : undefined;
}

export function writeMeta(connection: Connection, key: string, value: string): void {
  connection.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)').run(key, value);
}

/** Rolls a transaction back; after some errors, SQLite has already done so. */
export function rollBack(connection: Connection): void {
  try {
    connection.exec('ROLLBACK');
  } catch {
    return; // already rolled back
  }
}
