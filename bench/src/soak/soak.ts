/** The soak: measures how the memory of a router grows under churn. */
import { isDeepStrictEqual } from 'node:util';
import { digits } from '../figures.ts';
import { sleep } from '../sleep.ts';
import { Churn } from './churn.ts';
import { startRouter, type Peer } from './peer.ts';
import type { Health } from './router.ts';
import { judge, slopeOf, type Sample, type Verdict } from './slope.ts';

const MIB = 1024 * 1024;
/** The share of the run that is warm-up: until code is compiled and pools are filled, memory grows. */
const WARM_UP = 1 / 4;
/** Samples of a run; the first part of them is the warm-up. */
const SAMPLES = 400;
/** The minimum interval between samples (s), because each collects all garbage. */
const LEAST_INTERVAL = 0.5;
/** The time after which everything of clients that have left must be released (s); idle HTTP connections end by themselves. */
const PATIENCE = 60;

/** The maximum growth (MiB per hour). */
const BOUNDS = { heap: 0.5, rss: 5 } as const;
/** The maximum difference of file descriptors. */
const DESCRIPTORS = 2;

export interface SoakOptions {
  readonly minutes: number;
  readonly joinsPerSecond: number;
}

/** Runs the soak. @returns true when everything is within its limits */
export async function soak(options: SoakOptions): Promise<boolean> {
  const peer = await startRouter();
  const before = await peer.health();
  const churn = new Churn(peer.port, options.joinsPerSecond);
  const running = churn.run();
  const samples = await sampled(peer, options.minutes, churn);
  churn.end();
  const rounds = await running;
  const after = await emptied(peer, before);
  await peer.stop();
  console.log(`\n${churn.begun} visits; ${churn.tally.toString()}`);
  console.log(`${rounds} rounds of the residents, each complete and in order`);
  if (churn.postponed > 0)
    console.log(`${churn.postponed} visits were due and not begun: this machine is too slow for the rate`);
  return report(samples, before, after, churn.troubles);
}

/** Samples the health of the router. @returns the samples after the warm-up */
async function sampled(
  peer: Peer,
  minutes: number,
  churn: Churn,
): Promise<readonly (Health & { at: number })[]> {
  const interval = Math.max(LEAST_INTERVAL, (minutes * 60) / SAMPLES);
  const started = performance.now();
  const samples: (Health & { at: number })[] = [];
  const end = started + minutes * 60_000;
  for (let next = interval; performance.now() < end; next += interval) {
    await sleep(Math.max(0.1, next - (performance.now() - started) / 1000));
    const at = (performance.now() - started) / 3_600_000;
    const health = await peer.health();
    samples.push({ ...health, at });
    if (samples.length % 20 === 0) {
      const [heap, rss] = [digits(health.heap / MIB), digits(health.rss / MIB)];
      console.log(
        `${digits(at * 60)} min: heap ${heap} MiB, RSS ${rss} MiB, ${health.descriptors} descriptors, ${churn.begun} visits`,
      );
    }
  }
  return samples.filter(({ at }) => at >= (minutes / 60) * WARM_UP);
}

/** Resolves when the router holds no more than before, or after {@link PATIENCE}. */
async function emptied(peer: Peer, before: Health): Promise<Health> {
  for (let seconds = 0; ; seconds += 0.5) {
    const health = await peer.health();
    if (seconds >= PATIENCE || isDeepStrictEqual(health.holds, before.holds)) return health;
    await sleep(0.5);
  }
}

/** Prints each figure with its verdict. */
function report(
  samples: readonly (Health & { at: number })[],
  before: Health,
  after: Health,
  troubles: readonly string[],
): boolean {
  const series = (key: 'heap' | 'rss'): Sample[] =>
    samples.map((health) => ({ at: health.at, value: health[key] / MIB }));
  const verdicts = (['heap', 'rss'] as const).map((key): Verdict => {
    const slope = slopeOf(series(key));
    const verdict = judge(slope, BOUNDS[key]);
    const figure = `${slope.perHour.toFixed(2)} ± ${slope.error.toFixed(2)} MiB/h`;
    console.log(`${key} slope: ${figure}, bound ${BOUNDS[key]}: ${WORDS[verdict]}`);
    return verdict;
  });
  const descriptors = after.descriptors - before.descriptors;
  console.log(`descriptors: ${before.descriptors} before, ${after.descriptors} after (± ${DESCRIPTORS})`);
  console.log(`in maps before: ${sizes(before)}`);
  console.log(`in maps after:  ${sizes(after)}`);
  console.log(`faults of the router: ${after.faults.length === 0 ? 'none' : after.faults.join('; ')}`);
  console.log(`troubles of visitors: ${troubles.length === 0 ? 'none' : troubles.join('; ')}`);
  const sound =
    verdicts.every((verdict) => verdict === 'within') &&
    Math.abs(descriptors) <= DESCRIPTORS &&
    isDeepStrictEqual(after.holds, before.holds) &&
    after.faults.length + troubles.length === 0;
  console.log(sound ? 'Everything is within its limits.' : 'NOT everything is within its limits.');
  return sound;
}

function sizes({ holds }: Health): string {
  return Object.entries(holds)
    .map(([name, size]) => `${size} ${name}`)
    .join(', ');
}

const WORDS: Readonly<Record<Verdict, string>> = {
  within: 'within',
  beyond: 'BEYOND',
  unknown: 'UNKNOWN, because the interval includes the bound: a longer run decides',
};
