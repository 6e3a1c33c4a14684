/** The process of one client library: does each kind of work, and reports its CPU time. */
import type { Client, Join } from './client.ts';
import { join as autobahn } from './autobahn.ts';
import { join as ours } from './ours.ts';
import { join as raw } from './raw.ts';
import { join as wampy } from './wampy.ts';
import type { Library, Report, Work } from './works.ts';

const JOIN: Readonly<Record<Library, Join>> = { raw, ours, autobahn, wampy };
const [library, url, count] = process.argv.slice(2) as [Library, string, string];
const COUNT = Number(count);
const TEXT = '0123456789abcdef';

/** The CPU time of this process, in microseconds. */
function used(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function calls(client: Client, window: number, total: number): Promise<void> {
  let left = total;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await client.call('bench.echo', [TEXT]);
    }
  };
  await Promise.all(Array.from({ length: window }, worker));
}

/** CPU time per call, after a warm-up. */
async function calling(client: Client, window: number): Promise<number> {
  await calls(client, window, COUNT / 2);
  const before = used();
  await calls(client, window, COUNT);
  return (used() - before) / COUNT;
}

/** The parent sends the load; the first half of `COUNT` operations is a warm-up. */
function driven(work: Work, attach: (happened: () => void) => Promise<void>): Promise<number> {
  return new Promise((resolve) => {
    let seen = 0;
    let before = 0;
    const happened = (): void => {
      seen += 1;
      if (seen === COUNT / 2) before = used();
      if (seen === COUNT * 1.5) resolve((used() - before) / COUNT);
    };
    void attach(happened).then(() => process.send?.({ drive: work }));
  });
}

const client = await JOIN[library](url);
const report: Report = {
  call64: await calling(client, 64),
  call1: await calling(client, 1),
  callee64: await driven('callee64', (happened) => client.echo('bench.child', happened)),
  event: await driven('event', (happened) => client.subscribe('bench.topic', happened)),
};
process.send?.({ report });
process.on('disconnect', () => process.exit(0));
