/** A soak with a manual clock: connections of a session are cut for a simulated day, on transports in memory. */
import { connect, json, type Session } from '@wamp/client';
import { ManualClock } from '@wamp/client/testing';
import { createRouter, defaultFeatures, inMemory } from '@wamp/router';
import { LOG } from '../faults/agreed.ts';
import type { Sample } from '../soak/slope.ts';
import { heapUsed, report } from './heap.ts';
import { Traffic } from './traffic.ts';

/** The time between cuts, by the manual clock (ms). */
const BETWEEN = 10_000;
const SAMPLES = 100;
/** The maximum growth of the heap in 1,000 cuts (MiB). */
const BOUND = 0.05;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Runs the soak. @returns true when no fault was found */
export async function fastSoak(hours: number): Promise<boolean> {
  const features = defaultFeatures({ history: [{ topic: LOG, depth: 100 }] });
  const router = createRouter({ realms: ['realm1'], features });
  const clock = new ManualClock();
  let current: { close(): void } | undefined;
  const session: Session = await connect('ws://memory/', {
    realm: 'realm1',
    clock,
    transport: {
      name: 'memory',
      open: () => {
        const transport = inMemory(router, json);
        current = transport;
        return Promise.resolve(transport);
      },
    },
  });
  const traffic = new Traffic(session);
  await traffic.begin();
  const cuts = Math.ceil((hours * 3_600_000) / BETWEEN);
  const samples: Sample[] = [];
  for (let cut = 1; cut <= cuts; cut += 1) {
    for (let step = 0; step < 5; step += 1) traffic.step();
    for (let turns = cut % 4; turns > 0; turns -= 1) await turn();
    current?.close();
    for (let step = 0; step < 5; step += 1) traffic.step();
    for (let second = 0; second < BETWEEN / 1_000; second += 1) {
      clock.advance(1_000);
      await turn();
    }
    await session.ready;
    traffic.look();
    if (cut % Math.ceil(cuts / SAMPLES) === 0) samples.push({ at: cut / 1_000, value: heapUsed() });
  }
  const { calls, events, lost, gaps, wrong } = traffic;
  await session.close();
  await router.close();
  console.log(
    `${hours} h by a fast clock: ${cuts} cuts, ${calls} calls, ${lost} requests rejected because a connection was lost, ${events} events, ${gaps} gaps`,
  );
  console.log(`wrong: ${wrong.length === 0 ? 'nothing' : wrong.join('; ')}; timers left: ${clock.pending}`);
  const isFlat = report('fast clock', samples, '1,000 cuts', BOUND);
  return isFlat && wrong.length === 0 && clock.pending === 0;
}
