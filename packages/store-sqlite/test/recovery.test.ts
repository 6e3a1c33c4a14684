/** Event recovery against the naive model of the router's tests, across routers that end in order, and that die. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Play, recoveries, type StoreOfPlay } from '../../router/test/model/recovery-model.ts';
import { check, TIME_LIMIT } from '../../router/test/model/sequences.ts';
import { sqliteStore, type SqliteStore } from '../src/index.ts';
import { FaultyDriver } from './support/faulty-driver.ts';

/** Stores on one file, one after the other. */
class Stores implements StoreOfPlay {
  readonly settle: StoreOfPlay['settle'];
  readonly #folder = mkdtempSync(join(tmpdir(), 'wamp-store-'));
  readonly #writeFirst: boolean;
  #driver = new FaultyDriver();
  #store: SqliteStore | undefined;

  constructor(writeFirst: boolean) {
    this.#writeFirst = writeFirst;
    if (writeFirst) {
      this.settle = async (clock): Promise<void> => {
        clock.advance(5);
        await nextTurn();
        await nextTurn();
      };
    }
  }

  readonly open = (): SqliteStore => {
    this.#driver = new FaultyDriver();
    const path = join(this.#folder, 'events.db');
    const options = { path, writeFirst: this.#writeFirst, synchronous: 'off', driver: this.#driver } as const;
    return (this.#store = sqliteStore(options));
  };

  readonly close = async (): Promise<void> => {
    await this.#store?.close();
  };

  readonly die = (): void => {
    this.#driver.die();
  };

  [Symbol.dispose](): void {
    this.die();
    rmSync(this.#folder, { recursive: true });
  }
}

const DEEP = process.env['WAMP_DEEP'] === '1';
/** The part of the usual number of sequences: each one opens several files. */
const PART = DEEP ? 1 / 20 : 1 / 40;

test.each([true, false])(
  'DUR-6 recovered and live events are those published, once and in order, or incomplete (writeFirst: %s)',
  async (writeFirst) => {
    let [recovered, incomplete] = [0, 0];
    const sequences = recoveries(['close', 'die', 'publish and die']);
    await check(
      'durable recovery',
      sequences,
      async ({ depth, commands }) => {
        const stores = new Stores(writeFirst);
        try {
          const play = new Play(depth, stores);
          await play.run(commands);
          recovered += play.recovered;
          incomplete += play.incomplete;
        } finally {
          stores[Symbol.dispose]();
        }
      },
      PART,
    );
    expect(recovered).toBeGreaterThan(10);
    expect(incomplete).toBeGreaterThan(10);
  },
  TIME_LIMIT,
);
