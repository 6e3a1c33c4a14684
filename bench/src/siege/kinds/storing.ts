/** Attacks on the memory of the router: testaments, retained events, waiting calls, long lists. */
import { DICTS, IDS, NAMES, TEXT_1M, TEXT_64K } from '../bodies.ts';
import { flood, some, wait, type Hostile } from './kind.ts';

/** Testaments whose arguments are `[{},{},…]`, which take far more memory decoded than written. */
export async function testaments(hostile: Hostile): Promise<void> {
  const { link, random } = hostile;
  // The arguments of add_testament are topic, args and kwargs.
  const body = Buffer.concat([Buffer.from(',["siege.testament"'), DICTS(), Buffer.from(']')]);
  for (let left = some(hostile, 20); left > 0 && !link.isOver; left -= 1) {
    link.send(`[48,${link.newRequest()},{},"wamp.session.add_testament"`, body);
    await link.drained();
  }
  await link.settle();
  if (random.chance(0.3)) await link.ask(48, '{},"wamp.session.flush_testaments"');
}

/** Retained events of 1 MB, each on a topic of its own. */
export async function retained(hostile: Hostile): Promise<void> {
  const { link, random } = hostile;
  for (let left = some(hostile, 40); left > 0 && !link.isOver; left -= 1) {
    const options = random.chance(0.5) ? '{"retain":true}' : '{"retain":true,"acknowledge":true}';
    link.send(`[16,${link.newRequest()},${options},"siege.kept.n${random.between(0, 1_000_000)}"`, TEXT_1M());
    await link.drained();
  }
  await link.settle();
}

/** Calls of 1 MB that wait behind `concurrency`, for a callee that never answers. */
export async function waiting(hostile: Hostile): Promise<void> {
  const { link, random, number } = hostile;
  const procedure = `siege.waiting.s${number}`;
  await link.ask(64, `{"concurrency":1},"${procedure}"`);
  const body = random.pick([TEXT_1M, DICTS, TEXT_64K])();
  for (let left = some(hostile, 120); left > 0 && !link.isOver; left -= 1) {
    link.send(`[48,${link.newRequest()},{},"${procedure}"`, body);
    await link.drained();
  }
  await wait(link, 2 * hostile.scale);
  for (const registration of link.registrations) await link.ask(66, `${registration}`);
  link.forgetIds();
}

/** Retained events for long lists of receivers, and subscribers that ask for them again and again. */
export async function eligible(hostile: Hostile): Promise<void> {
  const { link, random, number } = hostile;
  const topic = `siege.eligible.s${random.chance(0.5) ? 0 : number}`;
  const [option, list] = random.pick([
    ['eligible', IDS],
    ['exclude', IDS],
    ['eligible_authrole', NAMES],
    ['exclude_authid', NAMES],
  ] as const);
  const end = Buffer.concat([list(), Buffer.from(`]},"${topic}"]`)]);
  for (let left = some(hostile, 10); left > 0 && !link.isOver; left -= 1) {
    link.send(`[16,${link.newRequest()},{"retain":true,"acknowledge":true,"${option}":[`, end);
    await link.drained();
  }
  await flood(link, some(hostile, 200), () => `[32,${link.newRequest()},{"get_retained":true},"${topic}"]`);
  await link.settle();
}

/** 10,000 retained topics, and subscriptions by prefix and wildcard that ask for all of them. */
export async function topics(hostile: Hostile): Promise<void> {
  const { link, random } = hostile;
  await flood(
    link,
    some(hostile, 10_000),
    (index) => `[16,${link.newRequest()},{"retain":true},"siege.topics.n${index}",[${index}]]`,
  );
  await flood(link, some(hostile, 60), () => {
    const [match, uri] = random.pick([
      ['prefix', 'siege.topics'],
      ['prefix', `siege.topics.n${random.between(0, 9)}`],
      ['prefix', 's'],
      ['wildcard', 'siege.topics.'],
      ['wildcard', 'siege..'],
    ] as const);
    return `[32,${link.newRequest()},{"match":"${match}","get_retained":true},"${uri}"]`;
  });
  await link.settle();
  await unsubscribe(hostile);
}

/** Ends all subscriptions that this session has made since it last did so. */
export async function unsubscribe({ link }: Hostile): Promise<void> {
  const ids = link.subscriptions;
  link.forgetIds();
  await flood(link, ids.length, (index) => `[34,${link.newRequest()},${ids[index] ?? 0}]`);
}
