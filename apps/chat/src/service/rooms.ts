/** Rooms and their members. */
import { randomBytes } from 'node:crypto';
import type { Connection, Row } from '@wamp/store-sqlite';
import type { Room } from '../common/contract.ts';
import { MAX_MEMBERS } from '../common/limits.ts';

/** The most rooms that are not for two, and that are. */
const MOST_ROOMS = 1000;
const MOST_DIRECT = 50_000;

export class Rooms {
  readonly #database: Connection;

  constructor(database: Connection) {
    this.#database = database;
  }

  get(id: string): Room | undefined {
    const [row] = this.#database.prepare('SELECT * FROM room WHERE id = ?').all(id);
    return row && this.#read(row);
  }

  /** The room, if `name` may read it. */
  visibleTo(name: string, id: string): Room | undefined {
    const room = this.get(id);
    return room !== undefined && (room.kind === 'public' || room.members.includes(name)) ? room : undefined;
  }

  /** All rooms that `name` may read: public ones, private ones, then those of two people. */
  listFor(name: string): readonly Room[] {
    const rows = this.#database
      .prepare(
        "SELECT * FROM room WHERE kind = 'public' OR id IN (SELECT room FROM member WHERE name = ?) ORDER BY kind DESC, name, id",
      )
      .all(name);
    return rows.map((row) => this.#read(row));
  }

  /** @returns undefined if there are too many rooms */
  create(name: string, kind: Room['kind'], members: readonly string[], id = randomId()): Room | undefined {
    const direct = kind === 'direct';
    const [row] = this.#database
      .prepare(`SELECT COUNT(*) AS count FROM room WHERE kind ${direct ? '=' : '<>'} 'direct'`)
      .all();
    if (Number(row?.['count']) >= (direct ? MOST_DIRECT : MOST_ROOMS)) return undefined;
    this.#database.prepare('INSERT INTO room VALUES (?, ?, ?)').run(id, kind, name);
    for (const member of members) this.#add(id, member);
    return this.get(id);
  }

  /** The room of two people, who may be the same; undefined if they have none. */
  between(one: string, other: string): Room | undefined {
    const [row] = this.#database
      .prepare("SELECT * FROM room WHERE kind = 'direct' AND name = ?")
      .all(nameBetween(one, other));
    return row && this.#read(row);
  }

  /** @returns undefined if there are too many rooms */
  createBetween(one: string, other: string): Room | undefined {
    return this.create(nameBetween(one, other), 'direct', [one, other]);
  }

  /** @returns false if the room is full */
  invite({ id, members }: Room, name: string): boolean {
    if (!members.includes(name) && members.length >= MAX_MEMBERS) return false;
    this.#add(id, name);
    return true;
  }

  leave(id: string, name: string): void {
    this.#database.prepare('DELETE FROM member WHERE room = ? AND name = ?').run(id, name);
  }

  #add(id: string, name: string): void {
    this.#database.prepare('INSERT OR IGNORE INTO member VALUES (?, ?)').run(id, name);
  }

  #read({ id, kind, name }: Row): Room {
    const members = this.#database
      .prepare('SELECT name FROM member WHERE room = ? ORDER BY name')
      .all(String(id))
      .map((row) => String(row['name']));
    return { id: String(id), kind: kind as Room['kind'], name: String(name), members };
  }
}

function nameBetween(one: string, other: string): string {
  return [one, other].sort().join(' ');
}

/** Cannot be guessed, though nothing depends on that. */
function randomId(): string {
  return randomBytes(8).toString('hex');
}
