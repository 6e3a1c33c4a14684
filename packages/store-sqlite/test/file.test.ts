/** The file: versions, damage, and other processes. */
import { writeFileSync } from 'node:fs';
import { createRouter, defaultFeatures } from '@wamp/router';
import { describe, expect, test } from 'vitest';
import { driver, DRIVERS } from '../src/driver.ts';
import { sqliteStore } from '../src/index.ts';
import { migrate, readMeta, VERSION } from '../src/schema.ts';
import { freshFile } from './support/folder.ts';

const open = (path: string) => sqliteStore({ path, thread: false });

describe('a file that cannot be used says why, and what to do', () => {
  test('DUR-7 it is no database', () => {
    const path = freshFile();
    writeFileSync(path, 'this is no database '.repeat(100));
    expect(() => open(path)).toThrow(
      `cannot open ${path}: file is not a database (the file is damaged: restore a backup, or save what can be read with ` +
        `\`sqlite3 ${path} .recover\`, or move ${path}, ${path}-wal and ${path}-shm away: the store then starts empty, ` +
        'without history and retained events)',
    );
  });

  test('DUR-7 it comes from a later version', async () => {
    const path = freshFile();
    await open(path).close();
    const connection = driver().open(path);
    connection.exec("UPDATE meta SET value = '99' WHERE key = 'version'");
    connection.close();
    expect(() => open(path)).toThrow(
      /has version 99 of the tables, and this @wamp\/store-sqlite knows \d+: use/,
    );
  });

  test('DUR-7 another router has it open', async () => {
    const path = freshFile();
    const store = open(path);
    expect(() => open(path)).toThrow(
      /locked \(another process has the file open: give each router a file of its own\)/,
    );
    await store.close();
    await open(path).close();
  });

  test('DUR-7 its folder does not exist', () => {
    expect(() => open('/nowhere/events.db')).toThrow(
      /^cannot open \/nowhere\/events.db: .*\(create the folder/,
    );
  });
});

test('DUR-8 a file of an earlier version is brought up to date, step by step, and once', () => {
  const path = freshFile();
  const connection = driver().open(path);
  const steps = ['CREATE TABLE one (a)', 'ALTER TABLE one ADD COLUMN b', 'INSERT INTO one VALUES (1, 2)'];
  migrate(connection, path, steps.slice(0, 1));
  expect(readMeta(connection, 'version')).toBe('1');
  migrate(connection, path, steps);
  migrate(connection, path, steps);
  expect(connection.prepare('SELECT a, b FROM one').all()).toEqual([expect.objectContaining({ a: 1, b: 2 })]);
  expect(readMeta(connection, 'version')).toBe('3');
  expect(() => migrate(connection, path, [...steps, 'nonsense'])).toThrow(/nonsense/);
  expect(readMeta(connection, 'version')).toBe('3');
  connection.close();
});

test('DUR-8 a new file has the version of this package', async () => {
  const path = freshFile();
  await open(path).close();
  const connection = driver().open(path);
  expect(readMeta(connection, 'version')).toBe(String(VERSION));
  connection.close();
});

/** The bindings that this installation has. */
const installed = DRIVERS.filter((name) => {
  try {
    return driver(name).name === name;
  } catch {
    return false;
  }
});

test.each(installed)('DUR-9 a store works with %s', async (name) => {
  const path = freshFile();
  const start = () => {
    const store = sqliteStore({ path, driver: name, thread: false });
    const features = defaultFeatures({ history: [{ topic: 'com.news' }], store });
    const router = createRouter({ realms: ['realm1'], features });
    return { store, router, session: router.join('realm1') };
  };
  const before = start();
  for (let n = 0; n < 3; n += 1) await before.session.publish('com.news', [n, new Uint8Array([n])]);
  await before.router.close();
  await before.store.close();
  const { store, router, session } = start();
  const {
    args: [id],
  } = await session.call('wamp.subscription.lookup', ['com.news']);
  const { args: events } = await session.call('wamp.subscription.get_events', [id]);
  expect(events).toMatchObject([0, 1, 2].map((n) => ({ args: [n, new Uint8Array([n])] })));
  await router.close();
  await store.close();
});

test('DUR-9 a missing binding is reported with what to install', () => {
  expect(() => driver('no-such-binding' as 'libsql')).toThrow(
    /no installed SQLite binding .*run npm install libsql/,
  );
});
