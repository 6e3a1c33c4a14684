/** The router that is killed: its sessions publish, and it prints each acknowledged publication. */
import { writeSync } from 'node:fs';
import { createRouter, defaultFeatures, type LocalSession } from '@wamp/router';
import { sqliteStore } from '@wamp/store-sqlite';
import { HISTORY, TOPICS } from './topics.ts';

const [path = '', first = '0'] = process.argv.slice(2);
const store = sqliteStore({ path });
const router = createRouter({ realms: ['realm1'], features: defaultFeatures({ history: HISTORY, store }) });

/** Numbers that no earlier router has published. */
let last = Number(first);

/** The number of unacknowledged publications of a session. */
const WINDOW = 16;

async function publish(session: LocalSession, topic: string): Promise<never> {
  for (;;) {
    const number = (last += 1);
    await session.publish(
      topic,
      [number, 'x'.repeat(number % 300)],
      {},
      { retain: topic === TOPICS.retained },
    );
    // Data in the pipe survives this process.
    writeSync(1, `${topic} ${number}\n`);
  }
}

for (const topic of Object.values(TOPICS)) {
  for (let index = 0; index < (topic === TOPICS.retained ? 1 : WINDOW); index += 1) {
    void publish(router.join('realm1'), topic);
  }
}
