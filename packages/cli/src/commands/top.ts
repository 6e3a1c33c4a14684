/** `wamp top`: the activity of a realm, live: a table on a terminal, a line of JSON per reading for scripts. */
import { Command } from 'commander';
import { WampError } from '@wamp/client';
import { Exit } from '../io/exit-codes.ts';
import { Failure, isEnding } from '../io/failure.ts';
import { pause } from '../io/io.ts';
import { integer, interval } from '../io/words.ts';
import { Screen } from '../output/screen.ts';
import { connecting } from '../session/options.ts';
import type { Given } from '../session/settings.ts';
import { inSession, type Desk, type Run } from './desk.ts';
import { ratesOf, readMetrics, type Metrics } from './metrics.ts';
import { topFrame } from './top-frame.ts';

interface Options extends Given {
  readonly interval: number;
  readonly count?: number;
}

export function topCommand(run: Run): Command {
  const command = new Command('top')
    .description('Show what the realm does, live, until Ctrl-C or q.')
    .option('--interval <duration>', 'time between two readings', interval, 2000)
    .option('--count <number>', 'end after so many readings', integer(1));
  return connecting(command).action(async (options: Options) => {
    await inSession(run, options, async (desk) => {
      if (desk.out.format === 'text' && desk.out.isTerminal) await onScreen(desk, options);
      else await readings(desk, options, (reading) => writeReading(desk, reading));
      return undefined;
    });
  });
}

/** A reading, and the previous one. */
interface Reading {
  readonly before: Metrics;
  readonly metrics: Metrics;
  /** The response time of the router (ms). */
  readonly answer: number;
}

async function onScreen(desk: Desk, options: Options): Promise<void> {
  const screen = new Screen(desk.io);
  const signal = AbortSignal.any([desk.signal, screen.quit]);
  try {
    screen.open();
    await readings({ ...desk, signal }, options, (reading) => screen.show(topFrame(desk, reading)));
  } finally {
    screen.close();
  }
}

/** Takes readings until it is stopped. */
async function readings(
  { session, signal, io, settings }: Desk,
  { interval: gap, count = Infinity }: Options,
  show: (reading: Reading) => Promise<void>,
): Promise<void> {
  try {
    let before: Metrics | undefined;
    for (let number = 1; number <= count; number += 1) {
      if (number > 1) await pause(io.clock, gap, signal);
      const asked = io.clock.elapsed();
      const metrics = await readMetrics(session, signal);
      await show({ before: before ?? metrics, metrics, answer: io.clock.elapsed() - asked });
      before = metrics;
    }
  } catch (error) {
    if (isEnding(error)) return;
    throw isMissing(error) ? noMetrics(settings.url) : error;
  }
}

function isMissing(error: unknown): boolean {
  return WampError.is(error, 'wamp.error.no_such_procedure');
}

function noMetrics(url: string): Failure {
  return new Failure(`the router at ${url} does not tell its metrics (wamp.metrics.get)`, {
    exit: Exit.ABSENT,
    uri: 'wamp.error.no_such_procedure',
    remedy:
      'That procedure is one of @wamp/router; of other routers, try wamp sessions and wamp registrations.',
  });
}

async function writeReading({ out, io }: Desk, { before, metrics, answer }: Reading): Promise<void> {
  const { totals, ...rest } = metrics;
  const record = {
    time: io.clock.date().toISOString(),
    answer_ms: Math.round(answer * 1000) / 1000,
    per_second: before === metrics ? null : ratesOf(before, metrics),
    totals,
    ...rest,
  };
  await out.record(
    record,
    () => `${topFrame({ out, settings: undefined }, { before, metrics, answer }).join('\n')}\n`,
  );
}
