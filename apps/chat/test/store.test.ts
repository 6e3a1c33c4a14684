/** What the service keeps in its file, and how much of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MAX_MEMBERS } from '../src/common/limits.ts';
import { Accounts } from '../src/service/accounts.ts';
import { openDatabase } from '../src/service/database.ts';
import { Files } from '../src/service/files.ts';
import { Rooms } from '../src/service/rooms.ts';

let folder: string;
let database: ReturnType<typeof openDatabase>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wamp-chat-'));
  database = openDatabase(join(folder, 'chat.db'));
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

const verifier = { salt: '00'.repeat(16), storedKey: '01'.repeat(32), serverKey: '02'.repeat(32) };
const file = (size: number) => ({ room: 'lobby', name: 'a', type: '', bytes: new Uint8Array(size) });

test('E4 accounts, rooms and files are there when the file is opened again', () => {
  new Accounts(database).create('ada', verifier);
  new Rooms(database).create('Engine room', 'private', ['ada'], 'engine');
  const id = new Files(database).put({ ...file(3), bytes: Uint8Array.of(0, 128, 255) });
  database.close();
  database = openDatabase(join(folder, 'chat.db'));
  expect(new Accounts(database).verifierOf('ada')).toEqual(verifier);
  expect(new Rooms(database).listFor('ada')).toMatchObject([{ id: 'engine', members: ['ada'] }]);
  expect(new Files(database).get(id)?.bytes).toEqual(Uint8Array.of(0, 128, 255));
});

test('E4 a token expires after 30 days, and the eleventh replaces the first', () => {
  let now = 0;
  const accounts = new Accounts(database, () => now);
  const first = accounts.remember('ada');
  now = 30 * 24 * 3_600_000 - 1;
  expect(accounts.isRemembered('ada', first)).toBe(true);
  now += 1;
  expect(accounts.isRemembered('ada', first)).toBe(false);
  const tokens = Array.from({ length: 11 }, () => accounts.remember('ada'));
  expect(tokens.map((token) => accounts.isRemembered('ada', token))).toEqual([
    false,
    ...Array<boolean>(10).fill(true),
  ]);
});

test('E4 beyond their limit, the oldest files go', () => {
  const files = new Files(database, 100);
  const ids = [60, 40, 30].map((size) => files.put(file(size)));
  expect(ids.map((id) => files.get(id)?.bytes.length)).toEqual([undefined, 40, 30]);
});

test('E4 a private room has a limit of members', () => {
  const rooms = new Rooms(database);
  const members = Array.from({ length: MAX_MEMBERS }, (_, index) => `member-${index}`);
  const room = rooms.create('Full', 'private', members);
  if (room === undefined) throw new Error('there is no room');
  expect(rooms.invite(room, 'one-more')).toBe(false);
  expect(rooms.invite(room, 'member-0')).toBe(true);
});
