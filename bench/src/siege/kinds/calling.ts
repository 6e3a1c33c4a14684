/** Attacks on the life of calls: cancel storms, timeouts, streams, shared registrations. */
import { NESTS, TEXT_1M, longUri } from '../bodies.ts';
import { flood, some, wait, type Hostile } from './kind.ts';
import { FEED } from './bursting.ts';

/** Unregisters everything that this session has registered since it last did so. */
async function unregister({ link }: Hostile): Promise<void> {
  const ids = link.registrations;
  link.forgetIds();
  await flood(link, ids.length, (index) => `[66,${link.newRequest()},${ids[index] ?? 0}]`);
}

/** Thousands of calls that are cancelled, in every mode, or time out together. */
export async function cancels(hostile: Hostile): Promise<void> {
  const { link, random, number } = hostile;
  const procedure = `siege.cancels.s${number}`;
  await link.ask(64, `{},"${procedure}"`);
  link.invoked = random.chance(0.5)
    ? undefined
    : (request) => link.send(`[8,68,${request},{},"siege.error"]`);
  const options = random.pick(['{}', `{"timeout":${random.between(1, 500)}}`]);
  const mode = random.pick(['kill', 'killnowait', 'skip']);
  await flood(link, some(hostile, 3000), (index) => {
    if (index % 2 === 0) return `[48,${link.newRequest()},${options},"${procedure}"]`;
    return `[49,${link.newRequest() - 1},{"mode":"${mode}"}]`;
  });
  await link.settle();
  await wait(link, 0.5 * hostile.scale);
  link.invoked = undefined;
  await unregister(hostile);
}

/** Streams: thousands of progressive results of one call, or progressive input by the thousand. */
export async function streams(hostile: Hostile): Promise<void> {
  const { link, random, number } = hostile;
  const procedure = `siege.streams.s${number}`;
  await link.ask(64, `{},"${procedure}"`);
  const long = random.chance(0.3);
  link.invoked = (request) => {
    if (long)
      for (let left = some(hostile, 32); left > 0; left -= 1)
        link.send(`[70,${request},{"progress":true}`, TEXT_1M());
    else
      link.sendAll(
        Array.from(
          { length: some(hostile, 2000) },
          (_, index) => `[70,${request},{"progress":true},[${index}]]`,
        ),
      );
    link.send(`[70,${request},{}]`);
  };
  for (let left = 3; left > 0 && !link.isOver; left -= 1) {
    await link.ask(48, `{"receive_progress":true},"${procedure}"`);
  }
  link.invoked = undefined;
  const request = link.newRequest();
  await flood(
    link,
    some(hostile, 3000),
    (index) => `[48,${request},{"progress":true},"${procedure}",[${index}]]`,
  );
  link.send(`[49,${request},{"mode":"skip"}]`);
  await link.settle();
  await unregister(hostile);
}

/** Repeatedly registers a procedure that other sessions share, under any policy, calls it, and unregisters it. */
export async function shares(hostile: Hostile): Promise<void> {
  const { link, random } = hostile;
  link.invoked = (request) => link.send(`[70,${request},{}]`);
  for (let round = some(hostile, 10); round > 0 && !link.isOver; round -= 1) {
    const policy = random.pick(['single', 'first', 'last', 'roundrobin', 'random']);
    const match = random.pick(['exact', 'prefix', 'wildcard']);
    const uri = match === 'wildcard' ? `siege..${policy}` : `siege.shares.${policy}`;
    await link.ask(64, `{"invoke":"${policy}","match":"${match}"},"${uri}"`);
    await flood(link, some(hostile, 300), () => `[48,${link.newRequest()},{},"siege.shares.${policy}",[1]]`);
    await link.settle();
    await unregister(hostile);
  }
  link.invoked = undefined;
}

/** Deep nesting and the longest URIs, in everything that takes them. */
export async function shapes(hostile: Hostile): Promise<void> {
  const { link, number } = hostile;
  const uri = longUri(`siege.shapes.s${number}.`);
  for (let left = some(hostile, 5); left > 0 && !link.isOver; left -= 1) {
    link.send(`[16,${link.newRequest()},{},"${FEED}"`, NESTS());
    link.send(`[48,${link.newRequest()},{},"${uri}"`, NESTS());
    await link.drained();
  }
  await flood(link, some(hostile, 300), (index) => {
    const own = longUri(`siege.shapes.s${number}.n${index}.`);
    return (
      [
        `[32,${link.newRequest()},{"match":"prefix"},"${own}"]`,
        `[64,${link.newRequest()},{"match":"prefix"},"${own}"]`,
        `[48,${link.newRequest()},{},"${own}"]`,
        `[16,${link.newRequest()},{},"${own}"]`,
      ][index % 4] ?? ''
    );
  });
  await link.settle();
  const ids = link.subscriptions;
  await unregister(hostile);
  await flood(link, ids.length, (index) => `[34,${link.newRequest()},${ids[index] ?? 0}]`);
}
