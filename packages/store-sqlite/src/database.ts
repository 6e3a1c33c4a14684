/** The SQL statements of the store; it blocks, and does not depend on the router. */
import type { Batch, Disk, Entry, Page, PageQuery, Report, RetainedEntry } from './disk.ts';
import type { Connection, Row, Statement } from './driver.ts';
import { Holdings } from './holdings.ts';
import { rollBack, writeMeta } from './schema.ts';

/** What a power failure may cost: `full` nothing, `normal` the last transactions, `off` the file. */
export type Synchronous = 'full' | 'normal' | 'off';

/** The limits of a page: a number of events, or of bytes. */
const PAGE_EVENTS = 256;
const PAGE_BYTES = 256 * 1024;

/** Settings of a connection that writes. */
export function configure(connection: Connection, synchronous: Synchronous): void {
  // These PRAGMAs return a row, which `exec` of some bindings does not allow.
  connection.prepare('PRAGMA busy_timeout = 5000').all();
  connection.prepare('PRAGMA journal_mode = WAL').all();
  connection.exec(`PRAGMA synchronous = ${synchronous.toUpperCase()}`);
}

export class Database implements Disk {
  readonly #connection: Connection;
  readonly #holdings: Holdings;
  readonly #insert: Statement;
  readonly #setLast: Statement;
  readonly #deleteUpTo: Statement;
  readonly #deleteRetained: Statement;
  readonly #insertRetained: Statement;
  readonly #forward: Statement;
  readonly #backward: Statement;
  readonly #find: Statement;
  /** Increases with each topic that is written. */
  #written: number;

  /** @param connection configured, with the tables; it is closed with this object */
  constructor(connection: Connection) {
    this.#connection = connection;
    this.#holdings = new Holdings(connection);
    this.#insert = connection.prepare('INSERT OR REPLACE INTO event VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.#setLast = connection.prepare('UPDATE log SET last = ? WHERE id = ?');
    this.#deleteUpTo = connection.prepare('DELETE FROM event WHERE log = ? AND place <= ?');
    this.#deleteRetained = connection.prepare('DELETE FROM retained WHERE realm = ? AND topic = ?');
    this.#insertRetained = connection.prepare('INSERT INTO retained VALUES (?, ?, ?, ?, ?, ?)');
    const select =
      'SELECT place, packed FROM event WHERE log = ? AND place > ? AND place <= ? AND time BETWEEN ? AND ?';
    this.#forward = connection.prepare(`${select} ORDER BY place LIMIT ${PAGE_EVENTS}`);
    this.#backward = connection.prepare(`${select} ORDER BY place DESC LIMIT ${PAGE_EVENTS}`);
    this.#find = connection.prepare(
      'SELECT place FROM event WHERE log = ? AND publication = ? AND withheld = 0 AND place > ?',
    );
    const [newest] = connection.prepare('SELECT MAX(written) AS written FROM retained').all();
    this.#written = Number(newest?.['written'] ?? 0);
  }

  commit(batch: Batch): Report {
    for (const rule of batch.rules) this.#holdings.setRule(rule);
    this.#connection.exec('BEGIN IMMEDIATE');
    try {
      this.#write(batch);
      const evicted = this.#holdings.trim(batch.now);
      for (const { log, dropped } of this.#holdings.takeDropped()) this.#deleteUpTo.run(log, dropped);
      this.#connection.exec('COMMIT');
      return { evicted };
    } catch (error) {
      rollBack(this.#connection);
      this.#holdings.forget();
      throw error;
    }
  }

  page({ log, now, after, upTo, reverse, from, until }: PageQuery): Page {
    const first = Math.max(after, this.#holdings.droppedOf(log, now));
    const rows = (reverse ? this.#backward : this.#forward).all(
      ...[log, first, Math.min(upTo, Number.MAX_SAFE_INTEGER)],
      ...[Math.max(from, -Number.MAX_VALUE), Math.min(until, Number.MAX_VALUE)],
    );
    let bytes = 0;
    const events: { offset: number; packed: Uint8Array }[] = [];
    for (const row of rows) {
      const packed = bytesOf(row);
      events.push({ offset: Number(row['place']), packed });
      bytes += packed.byteLength;
      if (bytes >= PAGE_BYTES) break;
    }
    return { events, more: rows.length === PAGE_EVENTS || events.length < rows.length };
  }

  find(log: number, publication: number, now: number): number | undefined {
    const [row] = this.#find.all(log, publication, this.#holdings.droppedOf(log, now));
    return row === undefined ? undefined : Number(row['place']);
  }

  close(): void {
    writeMeta(this.#connection, 'clean', 'true');
    this.#connection.close();
  }

  #write({ entries, retained, now }: Batch): void {
    const last = new Map<number, number>();
    for (const entry of entries) {
      this.#add(entry);
      last.set(entry.log, entry.offset);
    }
    for (const [log, offset] of last) this.#setLast.run(offset, log);
    for (const topic of retained) this.#retain(topic);
    // So that an empty batch also shows whether writing works.
    if (entries.length + retained.length === 0) writeMeta(this.#connection, 'probed', String(now));
  }

  #add({ log, offset, time, withheld, publication, weight, packed }: Entry): void {
    if (packed === undefined) return;
    this.#insert.run(log, offset, time, withheld ? 1 : 0, publication, weight, packed);
    this.#holdings.added(log, weight, withheld);
  }

  #retain({ realm, topic, events }: RetainedEntry): void {
    this.#deleteRetained.run(realm, topic);
    this.#written += 1;
    events.forEach(({ expires, packed }, place) => {
      const until = expires === Infinity ? null : expires;
      this.#insertRetained.run(realm, topic, this.#written, place, until, packed);
    });
  }
}

/** The packed event of a row, which some bindings return as an ArrayBuffer. */
export function bytesOf(row: Row): Uint8Array {
  const packed: unknown = row['packed'];
  if (packed instanceof Uint8Array) return packed;
  if (packed instanceof ArrayBuffer) return new Uint8Array(packed);
  throw new TypeError(`a packed event is ${typeof packed}, expected bytes`);
}
