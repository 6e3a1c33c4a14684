/** `wamp bench`: measures calls, events or joins per second, as one client sees them. */
import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { Exit, type ExitCode } from '../io/exit-codes.ts';
import { isEnding } from '../io/failure.ts';
import { pause } from '../io/io.ts';
import { integer, interval, nonEmpty } from '../io/words.ts';
import { grouped, milliseconds } from '../output/numbers.ts';
import { Progress } from '../output/progress.ts';
import { connecting } from '../session/options.ts';
import type { Given } from '../session/settings.ts';
import { joins, pubSub, rpc, type Load, type Workload } from './bench-work.ts';
import { inSessions, type Crowd, type Run } from './desk.ts';
import type { Figures } from './meter.ts';

interface Options extends Given {
  readonly duration: number;
  readonly count?: number;
  readonly size: number;
  readonly window: number;
  readonly callers?: number;
  readonly subscribers?: number;
  readonly procedure?: string;
  readonly uri: string;
}

/** The update interval of the progress bar (ms). */
const TICK = 200;

export function benchCommand(run: Run): Command {
  return new Command('bench')
    .description('Measure a router under load, as one client sees it.')
    .addCommand(
      bench(run, 'rpc', 'Call a procedure as fast as results arrive: one of this program, or another.', rpc)
        .option('--callers <number>', 'sessions that call', integer(1, 1000), 1)
        .option('--procedure <uri>', 'call this existing procedure, with the payload', nonEmpty),
    )
    .addCommand(
      bench(run, 'pubsub', 'Publish to subscribers of this program.', pubSub).option(
        '--subscribers <number>',
        'sessions that subscribe',
        integer(1, 1000),
        1,
      ),
    )
    .addCommand(bench(run, 'join', 'Join the realm and leave it, repeatedly.', joins));
}

function bench(run: Run, name: string, description: string, work: Workload): Command {
  const command = new Command(name)
    .description(description)
    .option('--duration <duration>', 'how long', interval, 5000)
    .option('--count <number>', 'stop after this many', integer(1))
    .option('--window <number>', 'how many are in flight at a time, for each session', integer(1, 10_000), 16)
    .option('--size <bytes>', 'the length of the text in each, in bytes', integer(0, 1_048_576), 16)
    .option(
      '--uri <prefix>',
      'the prefix of the URIs that this program uses',
      nonEmpty,
      'com.example.wamp-cli.bench',
    );
  return connecting(command).action(async (options: Options) => {
    await inSessions(run, options, (crowd) => measure(crowd, name, options, work));
  });
}

async function measure(
  crowd: Crowd,
  name: string,
  options: Options,
  workload: Workload,
): Promise<ExitCode | undefined> {
  const { io, signal } = crowd;
  const load: Load = {
    ...options,
    uri: `${options.uri}.${randomBytes(4).toString('hex')}`,
    payload: 'x'.repeat(options.size),
  };
  const work = await workload(crowd, load);
  const progress = new Progress(io);
  const started = io.clock.elapsed();
  const going = work.run();
  let interrupted: unknown;
  try {
    await Promise.race([going, watch(crowd, options, { progress, started, done: () => work.meter.count })]);
  } catch (error) {
    if (!isEnding(error)) throw error;
    interrupted = error;
  } finally {
    progress.clear();
    work.stop();
  }
  const seconds = (io.clock.elapsed() - started) / 1000;
  const lost = interrupted === undefined ? await work.lost() : 0;
  await writeReport(crowd, name, { ...work.meter.figures(), seconds, lost });
  if (interrupted !== undefined) throw signal.reason as Error;
  return lost > 0 ? Exit.ERROR : Exit.DONE;
}

interface Watched {
  readonly progress: Progress;
  readonly started: number;
  readonly done: () => number;
}

/** Resolves when the time has passed; updates the bar meanwhile. */
async function watch(
  { io, signal }: Crowd,
  { duration, count }: Options,
  { progress, started, done }: Watched,
): Promise<void> {
  for (;;) {
    const elapsed = io.clock.elapsed() - started;
    if (elapsed >= duration) return;
    const rate = elapsed === 0 ? 0 : (done() / elapsed) * 1000;
    progress.show(
      Math.max(elapsed / duration, count === undefined ? 0 : done() / count),
      `${grouped(rate)}/s`,
    );
    await pause(io.clock, Math.min(TICK, duration - elapsed), signal);
  }
}

interface Report extends Figures {
  readonly seconds: number;
  readonly lost: number;
}

const WHAT: Readonly<Record<string, string>> = { rpc: 'calls', pubsub: 'events', join: 'joins' };

function writeReport({ out, settings }: Crowd, name: string, report: Report): Promise<void> {
  const { count, seconds, lost, p50, p90, p99, max } = report;
  const rate = seconds === 0 ? 0 : count / seconds;
  const record = {
    bench: name,
    url: settings.url,
    count,
    seconds: Math.round(seconds * 1000) / 1000,
    per_second: Math.round(rate),
    lost,
    latency_ms: { p50, p90, p99, max },
  };
  return out.record(record, ({ bold, green, red, dim }) =>
    [
      `${bold(`${grouped(count)} ${WHAT[name] ?? name}`)} in ${seconds.toFixed(2)} s: ${green(`${grouped(rate)}/s`)}`,
      `latency  p50 ${milliseconds(p50)}   p90 ${milliseconds(p90)}   p99 ${milliseconds(p99)}   max ${milliseconds(max)}`,
      ...(lost > 0 ? [red(`${grouped(lost)} were lost`)] : []),
      dim(
        'One process of Node does all the work of the clients: it may be the limit, rather than the router.',
      ),
    ].join('\n'),
  );
}
