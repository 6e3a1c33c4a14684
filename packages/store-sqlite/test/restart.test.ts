/** What the next router finds in the file: events, retained events, positions. */
import { defaultFeatures, type HistoryRule } from '@wamp/router';
import { converse, type ConversationOptions } from '@wamp/router/testing';
import { describe, expect, test } from 'vitest';
import { sqliteStore, type SqliteStore } from '../src/index.ts';
import { FaultyDriver } from './support/faulty-driver.ts';
import { freshFile } from './support/folder.ts';

/** One router after the other on one file. */
class Routers {
  readonly path = freshFile();
  readonly history: readonly HistoryRule[] = [{ topic: 'com.news', depth: 10, age: 60_000 }];
  readonly writeFirst: boolean;
  #last = 0;
  store: SqliteStore;
  driver = new FaultyDriver();

  constructor(writeFirst: boolean) {
    this.writeFirst = writeFirst;
    this.store = this.#open();
  }

  #open(): SqliteStore {
    return sqliteStore({ path: this.path, writeFirst: this.writeFirst, driver: this.driver });
  }

  /** A router with sessions and publications that no earlier one has had. */
  async play(script: string): Promise<void> {
    const features = defaultFeatures({ history: this.history, store: this.store });
    const router: ConversationOptions['router'] = { features, globalId: () => (this.#last += 1) };
    await converse(script, { router, faults: true });
  }

  async restart(): Promise<void> {
    await this.store.close();
    this.store = this.#open();
  }

  /** The process dies, and another one opens the file. */
  kill(): void {
    this.driver.die();
    this.driver = new FaultyDriver();
    this.store = this.#open();
  }
}

/** How many transactions it takes until the first event is written. */
const OPENED = 1;

/** Ann has had one event, and her position. */
const FIRST = `
  ann → [32, 1, {}, "com.news"]
  ann ← [33, 1, $news]
  ann → [48, 2, {}, "wamp.subscription.recover", [$news]]
  ann ← [50, 2, {}, [], {"epoch": 2, "offset": 0, "complete": true, "more": false}]
  bob → [16, 1, {"acknowledge": true, "exclude_me": false}, "com.news", ["one", null], {"two": [1.5, true]}]
  clock +5
  bob ← [17, 1, *]
  ann ← [36, $news, *, {"x_offset": 1}, ["one", null], {"two": [1.5, true]}]
`;

const AGAIN = `
  ann → [32, 1, {}, "com.news"]
  ann ← [33, 1, $news]
`;

describe.each(['closed', 'killed'])('after the router was %s', (how) => {
  const end = async (routers: Routers): Promise<void> => {
    if (how === 'closed') await routers.restart();
    else routers.kill();
  };

  test('DUR-1 a subscriber recovers by the position that it has, and the log goes on', async () => {
    const routers = new Routers(true);
    await routers.play(`
      ${FIRST}
      bob → [16, 2, {"acknowledge": true, "eligible": [4711]}, "com.news", ["for others"]]
      bob → [16, 3, {"acknowledge": true}, "com.news", ["three"]]
      clock +5
      bob ← [17, 2, *]
      bob ← [17, 3, *]
      ann ← [36, $news, *, {"x_offset": 3}, ["three"]]
    `);
    await end(routers);
    await routers.play(`
      ${AGAIN}
      ann → [48, 2, {}, "wamp.subscription.recover", [$news], {"epoch": 2, "offset": 1}]
      ann ← [50, 2, {}, [{"details": {"x_offset": 3}, "args": ["three"], ...}], {"epoch": 2, "offset": 3, "complete": true, "more": false}]
      bob → [16, 1, {}, "com.news", ["four"]]
      clock +5
      ann ← [36, $news, *, {"x_offset": 4}, ["four"]]
    `);
  });

  test('DUR-2 retained events are delivered, and deleted ones are not', async () => {
    const routers = new Routers(true);
    await routers.play(`
      bob → [16, 1, {"acknowledge": true, "retain": true}, "com.a", [1]]
      bob → [16, 2, {"acknowledge": true, "retain": true}, "com.b", [2]]
      bob → [16, 3, {"acknowledge": true, "retain": true}, "com.b"]
      bob → [16, 4, {"acknowledge": true, "retain": true, "x_expires": 1000}, "com.c", [3]]
      bob → [16, 5, {"acknowledge": true, "retain": true, "eligible_authrole": ["anonymous"]}, "com.a", [4]]
      clock +5
      bob ← [17, 1, *]
      bob ← [17, 2, *]
      bob ← [17, 3, *]
      bob ← [17, 4, *]
      bob ← [17, 5, $last]
    `);
    await end(routers);
    await routers.play(`
      ann → [32, 1, {"match": "prefix", "get_retained": true}, "com."]
      ann ← [33, 1, $all]
      ann ← [36, $all, *, {"topic": "com.c", "retained": true}, [3]]
      ann ← [36, $all, $last, {"topic": "com.a", "retained": true}, [4]]
      clock +1001
      bob → [16, 1, {"acknowledge": true, "retain": true}, "com.d", [5]]
      clock +5
      bob ← [17, 1, *]
      ann ← [36, $all, *, {"topic": "com.d"}, [5]]
      cleo → [32, 1, {"match": "prefix", "get_retained": true}, "com."]
      cleo ← [33, 1, $all]
      cleo ← [36, $all, $last, {"topic": "com.a", "retained": true}, [4]]
      cleo ← [36, $all, *, {"topic": "com.d", "retained": true}, [5]]
    `);
  });

  test('DUR-3 one that did not write first has another epoch when it was killed, and the same when it was closed', async () => {
    const routers = new Routers(false);
    await routers.play(FIRST.replace('clock +5\n', ''));
    await end(routers);
    const epoch = how === 'closed' ? '"epoch": 2, "offset": 1, "complete": true' : '"complete": false';
    await routers.play(`
      ${AGAIN}
      ann → [48, 2, {}, "wamp.subscription.recover", [$news], {"epoch": 2, "offset": 1}]
      ann ← [50, 2, {}, [], {${epoch}, ...}]
    `);
  });
});

test('DUR-3 a realm that is opened again in the same process goes on where its logs were', async () => {
  const routers = new Routers(false);
  await routers.play(FIRST.replace('clock +5\n', ''));
  await routers.play(`
    ${AGAIN}
    bob → [16, 1, {}, "com.news", ["two"]]
    ann ← [36, $news, *, {"x_offset": 2}, ["two"]]
    ann → [48, 2, {}, "wamp.subscription.recover", [$news], {"epoch": 2, "offset": 0}]
    ann ← [50, 2, {}, [{"args": ["one", null], ...}, {"args": ["two"], ...}], {"epoch": 2, "offset": 2, "complete": true, "more": false}]
  `);
});

test('DUR-4 no publication is delivered before it is written', async () => {
  const routers = new Routers(true);
  await routers.play(`
    ann → [32, 1, {"match": "prefix"}, "com."]
    ann ← [33, 1, $all]
    ann → [32, 2, {}, "com.news"]
    ann ← [33, 2, $news]
    bob → [16, 1, {"acknowledge": true}, "com.news", [1]]
    bob → [16, 2, {"acknowledge": true}, "com.other", [2]]
    cleo → [16, 1, {"acknowledge": true}, "com.other", [3]]
    cleo ← [17, 1, *]
    ann ← [36, $all, *, {"topic": "com.other"}, [3]]
    bob ← nothing
    ann ← nothing
    ann → [48, 3, {}, "wamp.subscription.get_events", [$news]]
    ann ← [50, 3, {}]
    bob ← [17, 1, *]
    bob ← [17, 2, *]
    ann ← [36, $news, *, {"x_offset": 1}, [1]]
    ann ← [36, $all, *, {"topic": "com.news"}, [1]]
    ann ← [36, $all, *, {"topic": "com.other"}, [2]]
  `);
  expect(routers.store.status).toMatchObject({ written: 1, commits: 1, pending: 0 });
});

describe('while the disk is full', () => {
  test('DUR-5 publications that are to be kept are refused, others go on, and all is well once there is room', async () => {
    const routers = new Routers(true);
    routers.driver.room = OPENED + 1;
    await routers.play(`
      ${FIRST}
      bob → [16, 2, {"acknowledge": true}, "com.news", ["lost"]]
      bob → [16, 3, {"acknowledge": true}, "com.other", ["behind"]]
      clock +5
      bob ← [8, 16, 2, {}, "wamp.error.unavailable", *]
      bob ← [17, 3, *]
      bob → [16, 4, {"acknowledge": true}, "com.news", ["lost, too"]]
      bob ← [8, 16, 4, {}, "wamp.error.unavailable", *]
      bob → [16, 5, {"acknowledge": true, "retain": true}, "com.other", ["lost, too"]]
      bob ← [8, 16, 5, {}, "wamp.error.unavailable", *]
      bob → [16, 6, {"acknowledge": true}, "com.other", ["not kept"]]
      bob ← [17, 6, *]
    `);
    expect(routers.store.status).toMatchObject({ failures: 1, lost: 3 });
    expect(routers.store.status.failing).toMatch(/cannot write to .*disk is full \(free space/);
    routers.driver.room = Infinity;
    await routers.restart();
    await routers.play(`
      ${AGAIN}
      bob → [16, 1, {"acknowledge": true}, "com.news", ["two"]]
      clock +5
      bob ← [17, 1, *]
      ann ← [36, $news, *, {"x_offset": 2}, ["two"]]
    `);
  });

  test('DUR-5 writing is tried again every second', async () => {
    const routers = new Routers(true);
    routers.driver.room = OPENED;
    await routers.play(`
      bob → [16, 1, {"acknowledge": true}, "com.news", ["lost"]]
      clock +5
      bob ← [8, 16, 1, {}, "wamp.error.unavailable", *]
      clock +2500
      bob → [16, 2, {"acknowledge": true}, "com.news", ["lost, too"]]
      bob ← [8, 16, 2, {}, "wamp.error.unavailable", *]
    `);
    expect(routers.store.status.failures).toBe(3);
  });
});
