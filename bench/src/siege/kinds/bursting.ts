/** Attacks by volume: batches of tiny messages, bursts of long ones, and readers that do not keep up. */
import { DICTS, ESCAPES, NESTS, NUMBERS, TEXT_1M, TEXT_64K } from '../bodies.ts';
import { crawl, some, wait, type Hostile } from './kind.ts';

/** The topic that hostile publishers and subscribers share. */
export const FEED = 'siege.feed';
const POLICIES = ['single', 'first', 'last', 'roundrobin', 'random'] as const;

/** The procedure that hostile callees serve under a policy. */
function served(policy: string): string {
  return `siege.served.${policy}`;
}

/** Frames of 349 KB full of tiny messages. */
export async function batches(hostile: Hostile): Promise<void> {
  const { link, random } = hostile;
  const tiny = random.pick<() => string>([
    () => `[48,${link.newRequest()},{},"a"]`,
    () => `[16,${link.newRequest()},{},"a"]`,
    () => `[16,${link.newRequest()},{"acknowledge":true},"a"]`,
    () => `[32,${link.newRequest()},{},"a"]`,
    () => `[48,${link.newRequest()},{},"wamp.session.count"]`,
  ]);
  for (let left = some(hostile, 10); left > 0 && !link.isOver; left -= 1) {
    const messages: string[] = [];
    for (let size = 0; size < 349_000 * hostile.scale; size += (messages.at(-1)?.length ?? 0) + 1)
      messages.push(tiny());
    link.sendAll(messages);
    await link.drained();
  }
  await link.settle();
}

/** Sends 64 CALLs of 1 MB at once, to any callee. */
export async function callBursts(hostile: Hostile): Promise<void> {
  const { link, random } = hostile;
  const body = random.pick([TEXT_1M, TEXT_1M, DICTS, NUMBERS])();
  const uri = served(random.pick(POLICIES));
  const options = random.pick(['{}', '{}', '{"receive_progress":true}', '{"timeout":500}']);
  for (let left = some(hostile, 64); left > 0 && !link.isOver; left -= 1) {
    link.send(`[48,${link.newRequest()},${options},"${uri}"`, body);
  }
  await link.drained();
  await link.settle();
}

/** Serves calls at once, late or never, with long results or many, without reading, or reading slowly. */
export async function serve(hostile: Hostile): Promise<void> {
  const { link, random } = hostile;
  const policy = random.pick(POLICIES);
  await link.ask(64, `{"invoke":"${policy}"},"${served(policy)}"`);
  const manner = random.pick(['quick', 'quick', 'long', 'late', 'never', 'many', 'stops', 'crawls'] as const);
  link.invoked = (request) => {
    if (manner === 'never') return;
    if (manner === 'late') setTimeout(() => link.send(`[70,${request},{}]`), 200);
    else if (manner === 'long') link.send(`[70,${request},{}`, TEXT_1M());
    else if (manner === 'many') {
      link.sendAll(Array.from({ length: 200 }, () => `[70,${request},{"progress":true},[1]]`));
      link.send(`[70,${request},{}]`);
    } else link.send(`[70,${request},{}]`);
  };
  const seconds = random.between(2, 5) * hostile.scale;
  if (manner === 'stops') link.socket.pause();
  if (manner === 'crawls') await crawl(link, 100_000, seconds);
  else await wait(link, seconds);
  link.socket.resume();
  link.invoked = undefined;
}

/** Publishes up to 200 events of up to 1 MB, without waiting for acknowledgements. */
export async function eventBursts(hostile: Hostile): Promise<void> {
  const { link, random } = hostile;
  const body = random.pick([TEXT_1M, TEXT_1M, TEXT_64K, DICTS, NESTS, NUMBERS, ESCAPES])();
  for (let left = some(hostile, random.pick([32, 64, 200])); left > 0 && !link.isOver; left -= 1) {
    const options = random.chance(0.2) ? '{"acknowledge":true}' : '{}';
    link.send(`[16,${link.newRequest()},${options},"${FEED}"`, body);
    if (random.chance(0.1)) await link.drained();
  }
  await link.drained();
  await link.settle();
}

/** Subscribes to what others publish; reads at full speed, slowly or not at all, and then at full speed again. */
export async function read(hostile: Hostile): Promise<void> {
  const { link, random } = hostile;
  const [match, uri] = random.pick([
    ['exact', FEED],
    ['exact', FEED],
    ['prefix', 'siege.'],
    ['prefix', ''],
    ['wildcard', '.feed'],
  ] as const);
  await link.ask(32, `{"match":"${match}"},"${uri}"`);
  await slowly(hostile);
  const [id] = link.subscriptions;
  link.forgetIds();
  if (id !== undefined) await link.ask(34, `${id}`);
}

/** The same in another serializer, to which the router must convert each event. */
export async function readForeign(hostile: Hostile): Promise<void> {
  hostile.link.sendList([32, hostile.link.newRequest(), {}, FEED]);
  await slowly(hostile);
}

async function slowly({ link, random, scale }: Hostile): Promise<void> {
  const manner = random.pick(['reads', 'reads', 'stops', 'crawls'] as const);
  const seconds = random.between(2, 5) * scale;
  if (manner === 'crawls') await crawl(link, 100_000, seconds);
  else {
    if (manner === 'stops') link.socket.pause();
    await wait(link, seconds);
    link.socket.resume();
  }
  await wait(link, scale);
}
