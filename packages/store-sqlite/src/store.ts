/** Event history and retained events in a SQLite file, for the realms of one router. */
import { readFileSync } from 'node:fs';
import type { EventLog, EventStore, LogRule, RetainedEvents, StoreRealm } from '@wamp/router';
import { configure, Database, type Synchronous } from './database.ts';
import type { Disk } from './disk.ts';
import { driver as driverOf, type Connection, type Driver, type DriverName } from './driver.ts';
import { StoreError, storeError } from './errors.ts';
import { GroupCommit, type StoreStatus } from './group-commit.ts';
import { SqliteLog } from './log.ts';
import { SqliteRetained } from './retained.ts';
import { migrate, readMeta, writeMeta } from './schema.ts';
import { ThreadDisk } from './thread.ts';

export interface SqliteStoreOptions {
  /** The path of the file; its folder must exist. FILE-wal, FILE-shm and FILE-lock are created next to it. */
  readonly path: string;
  /**
   * When a publication that is kept is sent and acknowledged. `true`, the default: once it is written, so that no
   * event is lost that a client knows of. `false`: at once; then a crash costs the last milliseconds, and logs take a
   * new epoch after it.
   */
  readonly writeFirst?: boolean;
  /**
   * What a power failure may cost: nothing (`full`, the default: each transaction waits for the disk); the last
   * transactions (`normal`); the file (`off`). A crash of the process alone, even by `kill -9`, costs nothing in any
   * mode.
   */
  readonly synchronous?: Synchronous;
  /** The minimum interval between transactions (ms). Default: 5. */
  readonly interval?: number;
  /** The SQLite binding, or its name. Default: the best one installed. */
  readonly driver?: DriverName | Driver;
  /**
   * Whether a worker thread writes. Default: true. Otherwise the router blocks during writes. A driver given as an
   * object always writes on this thread.
   */
  readonly thread?: boolean;
  /**
   * Called with the error when writing begins to fail, and with undefined when it works again. Default: not called.
   */
  readonly onChange?: (failing: StoreError | undefined) => void;
}

/** A store in a SQLite file. */
export interface SqliteStore extends EventStore {
  /** The state of the store. */
  readonly status: StoreStatus;
  /** Writes what is pending, and closes the file; call it after the router has closed. */
  close(): Promise<void>;
}

/**
 * Opens a store in a SQLite file, for one router.
 * @throws StoreError if the file cannot be opened, is damaged, was written by a later version, or is in use by
 *   another process
 */
export function sqliteStore(options: SqliteStoreOptions): SqliteStore {
  return new Store(options);
}

class Store implements SqliteStore {
  readonly writesFirst: boolean;
  readonly #options: SqliteStoreOptions;
  readonly #driver: Driver;
  /** The connection for opening logs; writes use another one. */
  readonly #connection: Connection;
  /** The lock that is held while the file is in use. */
  readonly #lock: Connection;
  readonly #synchronous: Synchronous;
  /** Whether the file may lack events that an earlier process has appended. */
  readonly #mayLack: boolean;
  readonly #realms = new Map<string, StoreRealm>();
  readonly #retained = new Map<string, SqliteRetained>();
  /** By number in the file: logs of a realm that is opened again continue there. */
  readonly #logs = new Map<number, SqliteLog>();
  #writer: { readonly disk: Disk; readonly commits: GroupCommit } | undefined;

  constructor(options: SqliteStoreOptions) {
    const { path, driver } = options;
    this.#options = options;
    this.writesFirst = options.writeFirst ?? true;
    this.#synchronous = options.synchronous ?? 'full';
    this.#driver = typeof driver === 'object' ? driver : driverOf(driver);
    this.#lock = attempt('cannot open', path, () => lock(this.#driver, path));
    try {
      this.#connection = attempt('cannot open', path, () => this.#open());
      this.#mayLack = attempt('cannot open', path, () => this.#takeOver());
    } catch (error) {
      this.#lock.close();
      throw error;
    }
  }

  get status(): StoreStatus {
    const none = { failing: undefined, written: 0, commits: 0, failures: 0, lost: 0, pending: 0 };
    return this.#writer?.commits.status ?? none;
  }

  log(realm: StoreRealm, rule: LogRule): EventLog {
    this.#realms.set(realm.name, realm);
    const { disk, commits } = this.#writing(realm);
    const { match, topic, depth, age, epoch } = rule;
    const found = attempt('cannot read', this.#options.path, () => {
      const insert = 'INSERT OR IGNORE INTO log (realm, match, topic, epoch, last) VALUES (?, ?, ?, ?, 0)';
      this.#connection.prepare(insert).run(realm.name, match, topic, epoch);
      const select = 'SELECT id, epoch, last FROM log WHERE realm = ? AND match = ? AND topic = ?';
      const [row] = this.#connection.prepare(select).all(realm.name, match, topic);
      const id = Number(row?.['id']);
      const before = this.#logs.get(id);
      if (before !== undefined) return { id, epoch: before.epoch, offset: before.last };
      if (this.#mayLack) this.#connection.prepare('UPDATE log SET epoch = ? WHERE id = ?').run(epoch, id);
      return { id, epoch: this.#mayLack ? epoch : Number(row?.['epoch']), offset: Number(row?.['last']) };
    });
    commits.addRule({ log: found.id, realm: realm.name, depth, age, limit: realm.kept.history.limit });
    const log = new SqliteLog({ realm, ...found, disk, commits, writesFirst: this.writesFirst });
    this.#logs.set(found.id, log);
    return log;
  }

  retained(realm: StoreRealm): RetainedEvents {
    this.#realms.set(realm.name, realm);
    const retained = new SqliteRetained(realm, this.#writing(realm).commits, this.writesFirst);
    attempt('cannot read', this.#options.path, () => {
      retained.load(this.#connection);
    });
    this.#retained.set(realm.name, retained);
    return retained;
  }

  async close(): Promise<void> {
    if (this.#writer === undefined) {
      writeMeta(this.#connection, 'clean', 'true');
    } else await this.#writer.commits.close();
    this.#connection.close();
    this.#lock.close();
  }

  #open(): Connection {
    const connection = this.#driver.open(this.#options.path);
    try {
      configure(connection, this.#synchronous);
      migrate(connection, this.#options.path);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /**
   * Records how the file is written from now on.
   * @returns whether the previous process may have lost events, judging by its mode and how it ended
   */
  #takeOver(): boolean {
    const connection = this.#connection;
    const boot = bootId();
    const wasWriting = readMeta(connection, 'clean') === 'false';
    const wasSafe =
      readMeta(connection, 'write first') === 'true' &&
      (readMeta(connection, 'synchronous') === 'full' ||
        (boot !== '' && readMeta(connection, 'boot') === boot));
    const facts = {
      clean: 'false',
      'write first': String(this.writesFirst),
      synchronous: this.#synchronous,
      boot,
    };
    connection.exec('BEGIN IMMEDIATE');
    for (const [key, value] of Object.entries(facts)) writeMeta(connection, key, value);
    connection.exec('COMMIT');
    return wasWriting && !wasSafe;
  }

  #writing(realm: StoreRealm): { readonly disk: Disk; readonly commits: GroupCommit } {
    if (this.#writer !== undefined) return this.#writer;
    const { path, interval = 5, onChange } = this.#options;
    const disk = this.#disk();
    const commits = new GroupCommit({
      ...{ path, disk, interval, clock: realm.clock },
      changed: (failing) => {
        if (failing === undefined) for (const retained of this.#retained.values()) retained.saveAll();
        onChange?.(failing);
      },
      evicted: (name, count) => {
        this.#realms.get(name)?.limited.add('event_history', count);
      },
    });
    return (this.#writer = { disk, commits });
  }

  #disk(): Disk {
    const { path, thread = true, driver } = this.#options;
    if (thread && typeof driver !== 'object') {
      const name = driver ?? (this.#driver.name as DriverName);
      return new ThreadDisk({ path, driver: name, synchronous: this.#synchronous });
    }
    return attempt('cannot open', path, () => new Database(this.#open()));
  }
}

/** Locks the file against other processes; the lock is released when the process ends for any reason. */
function lock(driver: Driver, path: string): Connection {
  const connection = driver.open(`${path}-lock`);
  try {
    connection.exec('BEGIN EXCLUSIVE');
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function attempt<T>(doing: string, path: string, task: () => T): T {
  try {
    return task();
  } catch (error) {
    throw storeError(doing, path, error);
  }
}

/** Identifies the boot of the machine; empty if the system does not provide it. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
