/** Attacks on the meta APIs: procedures with long lists, meta events, sessions that join and leave. */
import { LETTERS, longUri } from '../bodies.ts';
import { flood, some, wait, type Hostile } from './kind.ts';
import { unsubscribe } from './storing.ts';

const LISTS = [
  'wamp.session.list',
  'wamp.subscription.list',
  'wamp.registration.list',
  'wamp.metrics.get',
] as const;

/** Meta procedures, with lists of 250,000 roles and without. */
export async function metaCalls(hostile: Hostile): Promise<void> {
  const { link, random } = hostile;
  const roles = Buffer.concat([Buffer.from(',[['), LETTERS(), Buffer.from(']]]')]);
  for (let left = some(hostile, 10); left > 0 && !link.isOver; left -= 1) {
    link.send(
      `[48,${link.newRequest()},{},"${random.pick(['wamp.session.count', 'wamp.session.list'])}"`,
      roles,
    );
  }
  await link.drained();
  await link.ask(32, '{"match":"prefix"},"siege."');
  const [own = 0] = link.subscriptions;
  const uri = longUri('siege.meta.');
  await flood(link, some(hostile, 500), () => {
    const request = link.newRequest();
    return random.pick([
      `[48,${request},{},"${random.pick(LISTS)}"]`,
      `[48,${request},{},"wamp.subscription.match",["${uri}"]]`,
      `[48,${request},{},"wamp.registration.match",["${uri}"]]`,
      `[48,${request},{},"wamp.subscription.list_subscribers",[${own}]]`,
      `[48,${request},{},"wamp.subscription.count_subscribers",[${own}]]`,
      `[48,${request},{},"wamp.subscription.get",[${own}]]`,
      `[48,${request},{},"wamp.subscription.get_events",[${own},1000]]`,
    ]);
  });
  await link.settle();
  await unsubscribe(hostile);
}

/** Thousands of subscriptions and registrations that come and go. */
export async function churn(hostile: Hostile): Promise<void> {
  const { link, random, number } = hostile;
  const match = random.pick(['exact', 'prefix', 'wildcard']);
  const total = some(hostile, match === 'exact' ? 4000 : 900);
  await flood(link, total, (index) => {
    const uri = `siege.churn.s${random.chance(0.5) ? number : 0}.n${index}`;
    return `[32,${link.newRequest()},{"match":"${match}"},"${uri}"]`;
  });
  await link.settle();
  await unsubscribe(hostile);
  await flood(
    link,
    total,
    (index) => `[64,${link.newRequest()},{"match":"${match}"},"siege.churn.s${number}.n${index}"]`,
  );
  await link.settle();
  const ids = link.registrations;
  link.forgetIds();
  await flood(link, ids.length, (index) => `[66,${link.newRequest()},${ids[index] ?? 0}]`);
  await link.settle();
}

/** Creates 9,900 subscriptions and 9,900 registrations, and leaves at once. */
export async function leave(hostile: Hostile): Promise<void> {
  const { link, random, number } = hostile;
  const shared = random.chance(0.5) ? 0 : number;
  await flood(
    link,
    some(hostile, 9900),
    (index) => `[32,${link.newRequest()},{},"siege.leave.s${shared}.n${index}"]`,
  );
  await flood(
    link,
    some(hostile, 9900),
    (index) => `[64,${link.newRequest()},{},"siege.leave.s${number}.n${index}"]`,
  );
  await link.settle();
  if (random.chance(0.5)) link.leave();
  else await link.sayGoodbye();
}

/** Subscribes to meta events, which other sessions cause meanwhile. */
export async function metaEvents(hostile: Hostile): Promise<void> {
  const { link, random } = hostile;
  await link.ask(32, '{"match":"prefix"},"wamp."');
  await link.ask(
    32,
    `{"match":"wildcard"},"wamp..${random.pick(['on_create', 'on_subscribe', 'on_join', 'on_leave'])}"`,
  );
  await wait(link, random.between(2, 4) * hostile.scale);
  await unsubscribe(hostile);
}
