/** Measures the throughput of publications to a topic with history, for each kind of store. */
import { join } from 'node:path';
import { createRouter, defaultFeatures, memoryStore, type EventStore, type LocalSession } from '@wamp/router';
import { sqliteStore, type SqliteStoreOptions } from '@wamp/store-sqlite';

/** The stores, in the order in which they are measured. */
export const STORES = [
  'in memory',
  'SQLite, written first, full',
  'SQLite, written first, normal',
  'SQLite, at once',
] as const;

export interface Throughput {
  /** Publications a second. */
  readonly rate: number;
  /** CPU of all threads for each (µs). */
  readonly cpu: number;
  /** From PUBLISH to PUBLISHED, on average (ms). */
  readonly wait: number;
}

const TOPIC = 'com.news';
const SESSIONS = 16;
/** The number of unacknowledged publications of each session. */
const WINDOW = 64;

export async function throughput(
  name: (typeof STORES)[number],
  folder: string,
  events: number,
): Promise<Throughput> {
  const { store, close } = open(name, join(folder, `${STORES.indexOf(name)}.db`));
  const features = defaultFeatures({ history: [{ topic: TOPIC, depth: 10_000 }], store });
  const router = createRouter({ realms: ['realm1'], features });
  let heard = 0;
  await router.join('realm1').subscribe(TOPIC, () => (heard += 1));
  const sessions = Array.from({ length: SESSIONS }, () => router.join('realm1'));
  await publish(sessions, Math.ceil(events / 10));
  const [began, before] = [performance.now(), process.cpuUsage()];
  const waited = await publish(sessions, events);
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(before);
  // Events may be sent in later turns than their acknowledgements.
  for (let turn = 0; heard < events && turn < 10_000; turn += 1) await nextTurn();
  if (heard < events) throw new Error(`${heard} events were heard, expected ${events}`);
  await router.close();
  await close();
  return { rate: events / seconds, cpu: (user + system) / events, wait: waited / events };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** @returns the sum of all waits (ms) */
async function publish(sessions: readonly LocalSession[], events: number): Promise<number> {
  let [left, waited] = [events, 0];
  const run = async (session: LocalSession): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const began = performance.now();
      await session.publish(TOPIC, ['x'.repeat(128)]);
      waited += performance.now() - began;
    }
  };
  await Promise.all(sessions.flatMap((session) => Array.from({ length: WINDOW }, () => run(session))));
  return waited;
}

function open(
  name: (typeof STORES)[number],
  path: string,
): { store: EventStore; close: () => Promise<void> } {
  if (name === 'in memory') return { store: memoryStore(), close: () => Promise.resolve() };
  const options: SqliteStoreOptions = {
    path,
    writeFirst: name !== 'SQLite, at once',
    synchronous: name.endsWith('normal') ? 'normal' : 'full',
  };
  const store = sqliteStore(options);
  return { store, close: () => store.close() };
}
