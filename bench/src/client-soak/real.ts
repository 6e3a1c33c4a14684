/** A soak in real time: connections of a session are cut for some minutes, over WebSocket through the fault proxy. */
import { connect } from '@wamp/client';
import { CountingClock } from '../faults/counting-clock.ts';
import { FaultProxy } from '../faults/proxy.ts';
import { Target } from '../faults/target.ts';
import { sleep } from '../sleep.ts';
import type { Sample } from '../soak/slope.ts';
import { heapUsed, report } from './heap.ts';
import { Traffic } from './traffic.ts';

/** The time between calls, and between events (s). */
const STEP = 0.01;
/** The interval of the router's pings (ms). */
const PING = 10_000;
/** The maximum growth of the heap per hour (MiB), the same as in the soak of the router. */
const BOUND = 0.5;

/** Runs the soak. @param cut the time between cuts (s) @returns true when no fault was found */
export async function realSoak(minutes: number, cut: number): Promise<boolean> {
  const target = await Target.start(PING);
  const proxy = await FaultProxy.start(() => target.port);
  const clock = new CountingClock();
  const session = await connect(`ws://127.0.0.1:${proxy.port}/ws`, {
    realm: 'realm1',
    clock,
    // Warnings about lost connections are expected here.
    logger: { error: (message, error) => console.error(message, error), warn: () => undefined },
    // A connection that lasts a few seconds resets the delay before the next attempt.
    reconnect: { resetAfter: Math.min(1_000, cut * 500) },
  });
  const traffic = new Traffic(session);
  await traffic.begin();
  const samples: Sample[] = [];
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1_000;
  let [cuts, looks] = [0, 0];
  while (seconds() < minutes * 60) {
    traffic.step();
    await sleep(STEP);
    if (seconds() > (cuts + 1) * cut) {
      cuts += 1;
      for (const link of proxy.links) link.cut();
    }
    if (seconds() > looks + 1) {
      looks += 1;
      traffic.look();
      samples.push({ at: seconds() / 3_600, value: heapUsed() });
    }
  }
  const { calls, events, lost, gaps, wrong } = traffic;
  await session.close();
  await proxy.close();
  await target.close();
  console.log(
    `${minutes} min: ${cuts} cuts, ${calls} calls, ${lost} requests rejected because a connection was lost, ${events} events, ${gaps} gaps`,
  );
  console.log(`wrong: ${wrong.length === 0 ? 'nothing' : wrong.join('; ')}; timers left: ${clock.pending}`);
  const isFlat = report('real clock', samples, 'h', BOUND);
  return isFlat && wrong.length === 0;
}
