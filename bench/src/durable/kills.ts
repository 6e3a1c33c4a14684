/** Kills `wamp-router` during traffic, and checks that the next one has all publications that were acknowledged. */
import { connect, type Session } from '@wamp/client';
import { getEvents, type HistoryFilters } from '@wamp/client/meta';
import { RouterProcess } from '../router-process.ts';
import { isIntact, LOGS, RETAINED } from './topics.ts';
import { Traffic } from './traffic.ts';

/** The result of one kill. */
export interface Kill {
  /** The number of publications that had been acknowledged when the router died, by all routers so far. */
  readonly acknowledged: number;
  /** The number of publications that were under way when it was killed. */
  readonly underWay: number;
  /** The number of events that the next router has kept. */
  readonly kept: number;
  /** The number of acknowledged ones that the next router does not have; each is a fault. */
  readonly missing: number;
  /** The number of events with other contents than were published, or that are there twice; each is a fault. */
  readonly wrong: number;
}

const YAML = `
listeners: [{ port: 0, pages: false, transports: [websocket] }]
store: { path: events.db }
realms:
  - name: realm1
    auth: { anonymous: { role: guest } }
    roles:
      guest:
        permissions:
          - { uri: com.*, allow: [publish, subscribe] }
          - { uri: wamp.subscription.*, allow: [call] }
          - { uri: wamp.session.count, allow: [call] }
    history:
${LOGS.map(({ rule, match }) => `      - { topic: ${rule}, match: ${match}, depth: 1000000 }`).join('\n')}
`;

/**
 * Starts routers on the same file, one after the other. Each is killed (SIGKILL) after some hundreds of acknowledgements.
 * @param program the arguments of node that stand for `wamp-router`; its source by default
 */
export async function* kills(
  folder: string,
  times: number,
  random: () => number,
  program?: readonly string[],
): AsyncGenerator<Kill, void> {
  const traffic = new Traffic();
  let router = await RouterProcess.start(folder, YAML, program);
  try {
    for (let time = 0; time < times; time += 1) {
      const victim = router;
      const more = 50 + Math.floor(random() * 500);
      const underWay = await traffic.until(more, victim.url('ws'), () => victim.kill());
      router = await RouterProcess.start(folder, YAML, program);
      yield { acknowledged: traffic.count, underWay, ...(await compare(router.url('ws'), traffic)) };
    }
  } finally {
    await router.stop();
  }
}

/** Compares what a router has with what was acknowledged. */
async function compare(
  url: string,
  { acknowledged }: Traffic,
): Promise<Pick<Kill, 'kept' | 'missing' | 'wrong'>> {
  await using session = await connect(url, { realm: 'realm1', reconnect: false });
  let [kept, missing, wrong] = [0, 0, 0];
  for (const { topic, rule, match } of LOGS) {
    const events = await eventsOf(session, rule, match);
    const numbers = new Set(events.map(([number]) => number));
    kept += events.length;
    wrong += events.length - numbers.size + events.filter((args) => !isIntact(args)).length;
    missing += (acknowledged.get(topic) ?? []).filter((number) => !numbers.has(number)).length;
  }
  for (const topic of RETAINED) {
    const args = await retained(session, topic);
    const newest = acknowledged.get(topic)?.at(-1) ?? 0;
    kept += args === undefined ? 0 : 1;
    // A later publication, not acknowledged, may have replaced the last acknowledged one.
    if (Number(args?.[0] ?? 0) < newest) missing += 1;
    if (args !== undefined && !isIntact(args)) wrong += 1;
  }
  return { kept, missing, wrong };
}

/** The arguments of the events of a log, which is read in parts that fit into an answer. */
async function eventsOf(
  session: Session,
  topic: string,
  match: string,
): Promise<readonly (readonly unknown[])[]> {
  const log = Number(await session.call('wamp.subscription.lookup', [topic, { match }]));
  const read: (readonly unknown[])[] = [];
  let filters: HistoryFilters = { limit: 1000 };
  for (;;) {
    const events = await getEvents(session, log, filters);
    const last = events.at(-1);
    if (last === undefined) return read;
    for (const { args } of events) read.push(args);
    filters = { limit: 1000, afterPublication: last.publication };
  }
}

/** The arguments of the retained event of a topic. */
async function retained(session: Session, topic: string): Promise<readonly unknown[] | undefined> {
  let content: readonly unknown[] | undefined;
  const subscription = await session.subscribe(topic, (args) => (content = args), { getRetained: true });
  // The retained event is sent before the answer to a later request.
  await session.call('wamp.session.count');
  await subscription.unsubscribe();
  return content;
}
