/** The files that were sent to rooms. */
import { randomBytes } from 'node:crypto';
import type { Connection } from '@wamp/store-sqlite';
import type { StoredFile } from '../common/contract.ts';

/** How much all files may take (bytes); beyond that, the oldest go. */
const MOST_BYTES = 256 * 1024 * 1024;

export class Files {
  readonly #database: Connection;
  readonly #mostBytes: number;

  constructor(database: Connection, mostBytes: number = MOST_BYTES) {
    this.#database = database;
    this.#mostBytes = mostBytes;
  }

  /** @returns its id */
  put({ room, name, type, bytes }: StoredFile): string {
    const id = randomBytes(12).toString('hex');
    this.#database
      .prepare('INSERT INTO file (id, room, name, type, size, bytes) VALUES (?, ?, ?, ?, ?, ?)')
      .run(id, room, name, type, bytes.length, bytes);
    this.#trim();
    return id;
  }

  get(id: string): StoredFile | undefined {
    const [row] = this.#database.prepare('SELECT * FROM file WHERE id = ?').all(id);
    if (row === undefined) return undefined;
    const bytes: unknown = row['bytes'];
    return {
      room: String(row['room']),
      name: String(row['name']),
      type: String(row['type']),
      // Some bindings return an ArrayBuffer.
      bytes: bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : Uint8Array.from(bytes as Uint8Array),
    };
  }

  #trim(): void {
    for (;;) {
      const [row] = this.#database.prepare('SELECT SUM(size) AS size, MIN(number) AS oldest FROM file').all();
      if (Number(row?.['size']) <= this.#mostBytes) return;
      this.#database.prepare('DELETE FROM file WHERE number = ?').run(Number(row?.['oldest']));
    }
  }
}
