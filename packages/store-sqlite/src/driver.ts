/** The subset of SQLite that the store uses, with an adapter for each binding. */
import { createRequire } from 'node:module';

/** The values of a column. */
export type Value = number | string | null | Uint8Array;

/** A row by the names of its columns. */
export type Row = Readonly<Record<string, Value>>;

/** A prepared statement. */
export interface Statement {
  run(...values: readonly Value[]): void;
  all(...values: readonly Value[]): readonly Row[];
}

/** An open database. Its methods block, and throw errors with SQLite's message. */
export interface Connection {
  /** Executes SQL without a result. */
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

/** A SQLite binding. */
export interface Driver {
  readonly name: string;
  /** Opens a file; creates it if it is missing. */
  open(path: string): Connection;
}

/** The supported SQLite bindings. */
export const DRIVERS = ['node:sqlite', 'libsql', 'better-sqlite3'] as const;

export type DriverName = (typeof DRIVERS)[number];

/**
 * `node:sqlite` prints a warning that it is experimental up to Node 22; from this major version on it is preferred.
 */
const BUILT_IN_FROM = 24;

/**
 * A SQLite binding by its name; without one, the best that is installed: `node:sqlite` from Node 24 on, otherwise
 * `libsql`, which comes with this package, then `better-sqlite3`, then `node:sqlite` of Node 22.
 * @throws Error if it is not installed, or none is
 */
export function driver(name?: DriverName): Driver {
  const reasons: string[] = [];
  for (const each of name === undefined ? preferred() : [name]) {
    try {
      return load(each);
    } catch (error) {
      reasons.push(
        `${each}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`,
      );
    }
  }
  throw new Error(
    `no installed SQLite binding can be loaded (${reasons.join('; ')}): run npm install libsql, or use Node ${BUILT_IN_FROM}`,
  );
}

function preferred(): readonly DriverName[] {
  const [major = 0] = process.versions.node.split('.').map(Number);
  return major >= BUILT_IN_FROM ? DRIVERS : ['libsql', 'better-sqlite3', 'node:sqlite'];
}

/** What the bindings have in common. */
interface Binding {
  exec(sql: string): unknown;
  prepare(sql: string): {
    run(...values: readonly unknown[]): unknown;
    all(...values: readonly unknown[]): readonly unknown[];
  };
  close(): void;
}

type BindingClass = new (path: string) => Binding;

const require = createRequire(import.meta.url);

function load(name: DriverName): Driver {
  const module = require(name) as { readonly DatabaseSync: BindingClass } | BindingClass;
  const Database = 'DatabaseSync' in module ? module.DatabaseSync : module;
  return { name, open: (path) => connection(new Database(path)) };
}

function connection(binding: Binding): Connection {
  return {
    exec(sql) {
      binding.exec(sql);
    },
    prepare(sql) {
      const statement = binding.prepare(sql);
      return {
        run(...values) {
          statement.run(...values);
        },
        all: (...values) => statement.all(...values) as readonly Row[],
      };
    },
    close() {
      binding.close();
    },
  };
}
