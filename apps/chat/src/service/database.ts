/** The SQLite file of the chat service. */
import { driver, type Connection } from '@wamp/store-sqlite';

const TABLES = `
CREATE TABLE IF NOT EXISTS account (
  name TEXT PRIMARY KEY, salt TEXT NOT NULL, stored_key TEXT NOT NULL, server_key TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS token (hash TEXT PRIMARY KEY, name TEXT NOT NULL, expires INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS room (id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS member (room TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (room, name));
CREATE TABLE IF NOT EXISTS file (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, room TEXT NOT NULL, name TEXT NOT NULL,
  type TEXT NOT NULL, size INTEGER NOT NULL, bytes BLOB NOT NULL
);
`;

/** Opens the file, and creates it and its tables if they are missing. */
export function openDatabase(path: string): Connection {
  const database = driver().open(path);
  // These PRAGMAs return a row, which `exec` of some bindings does not allow.
  database.prepare('PRAGMA busy_timeout = 5000').all();
  database.prepare('PRAGMA journal_mode = WAL').all();
  for (const table of TABLES.split(';')) if (table.trim() !== '') database.exec(table);
  return database;
}
