/** Kills routers during traffic, and checks that the file contains all publications that they had acknowledged. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createRouter, defaultFeatures, type LocalSession } from '@wamp/router';
import { sqliteStore } from '@wamp/store-sqlite';
import { HISTORY, TOPICS } from './topics.ts';

/** The result of one kill. */
export interface Kill {
  /** The number of publications that had been acknowledged when the router died, by all routers so far. */
  readonly acknowledged: number;
  /** The number of them that are not in the file; each is a fault. */
  readonly missing: number;
}

const VICTIM = fileURLToPath(new URL('victim.ts', import.meta.url));

/**
 * One router after the other on one file: each is killed with -9 once it has acknowledged some hundreds of publications.
 * @param path of the file
 * @param random uniform in [0, 1)
 */
export async function* kill(path: string, times: number, random: () => number): AsyncGenerator<Kill, void> {
  const acknowledged = new Map<string, number[]>(Object.values(TOPICS).map((topic) => [topic, []]));
  let [all, last] = [0, 0];
  for (let time = 0; time < times; time += 1) {
    const lines = await killOne(path, last, 50 + Math.floor(random() * 1000));
    for (const line of lines) {
      const [topic = '', number] = line.split(' ');
      acknowledged.get(topic)?.push(Number(number));
      last = Math.max(last, Number(number));
      all += 1;
    }
    // Numbers that were published and not acknowledged are not used again.
    last += 1000;
    yield { acknowledged: all, missing: await missing(path, acknowledged) };
  }
}

/** Kills a router once it has acknowledged `after` publications. @returns the lines that it has written */
function killOne(path: string, first: number, after: number): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const args = ['--conditions=@wamp/source', '--import', 'tsx', VICTIM, path, String(first)];
    const victim = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    let count = 0;
    victim.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      for (const letter of chunk) if (letter === '\n') count += 1;
      if (count >= after) victim.kill('SIGKILL');
    });
    victim.on('close', (_code, signal) => {
      if (signal === 'SIGKILL') resolve(text.split('\n').slice(0, -1));
      else reject(new Error(`the router ended by itself, after ${count} acknowledgements`));
    });
  });
}

/** How many of the acknowledged events the next router does not have. */
async function missing(path: string, acknowledged: ReadonlyMap<string, readonly number[]>): Promise<number> {
  const store = sqliteStore({ path, thread: false });
  const router = createRouter({ realms: ['realm1'], features: defaultFeatures({ history: HISTORY, store }) });
  const session = router.join('realm1');
  let count = 0;
  for (const { topic, match = 'exact' } of HISTORY) {
    const kept = await eventsOf(session, topic, match);
    const told = [...acknowledged].filter(([name]) =>
      match === 'exact' ? name === topic : name.startsWith(topic),
    );
    for (const [, numbers] of told) count += numbers.filter((number) => !kept.has(number)).length;
  }
  // A later one that was not acknowledged may have taken the place of the last one that was.
  const newest = acknowledged.get(TOPICS.retained)?.at(-1) ?? 0;
  if ((await retained(session)) < newest) count += 1;
  await router.close();
  await store.close();
  return count;
}

/** The numbers of the events of a log, which is read in parts that fit into an answer. */
async function eventsOf(session: LocalSession, topic: string, match: string): Promise<ReadonlySet<number>> {
  const { args: found } = await session.call('wamp.subscription.lookup', [topic, { match }]);
  const numbers = new Set<number>();
  let last: unknown;
  for (;;) {
    const filters = { limit: 1000, ...(last === undefined ? {} : { after_publication: last }) };
    const { args } = await session.call('wamp.subscription.get_events', found, filters);
    const events = args as readonly { readonly publication: number; readonly args: readonly [number] }[];
    for (const { args: told } of events) numbers.add(told[0]);
    if (events.length === 0) return numbers;
    last = events.at(-1)?.publication;
  }
}

function retained(session: LocalSession): Promise<number> {
  return new Promise((resolve) => {
    let newest = 0;
    const listen = ({ args: [number] }: { readonly args: readonly unknown[] }): void => {
      newest = Number(number);
    };
    void session
      .subscribe(TOPICS.retained, listen, { get_retained: true })
      .then(() => session.call('wamp.session.count'))
      .then(() => {
        resolve(newest);
      });
  });
}
