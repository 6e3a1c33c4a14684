/** `wamp top`: the activity of a realm, or of a router, live: a table on a terminal, a line of JSON per reading for scripts. */
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
import { readRouter, type RouterReading } from './router-metrics.ts';
import { topFrame } from './top-frame.ts';
import { routerFrame, routerRecord } from './top-router.ts';

interface Options extends Given {
  readonly interval: number;
  readonly count?: number;
  readonly router?: boolean;
}

export function topCommand(run: Run): Command {
  const command = new Command('top')
    .description('Show the activity of the realm, live, until Ctrl-C or q.')
    .option('--interval <duration>', 'the time between two readings', interval, 2000)
    .option('--count <number>', 'stop after this many readings', integer(1))
    .option('--router', 'show all realms of the router, through its admin realm, which --realm names');
  return connecting(command).action(async (options: Options) => {
    await inSession(run, options, async (desk) => {
      if (options.router === true) await show(desk, options, ROUTER);
      else await show(desk, options, REALM);
      return undefined;
    });
  });
}

/** A reading, and the previous one. */
interface Reading<R> {
  readonly before: R;
  readonly now: R;
  /** The response time of the router (ms). */
  readonly answer: number;
}

/** The source of the readings. */
interface Source<R> {
  readonly read: (session: Desk['session'], signal: AbortSignal) => Promise<R>;
  readonly frame: (source: Parameters<typeof topFrame>[0], reading: Reading<R>) => string[];
  readonly record: (reading: Reading<R>, time: string) => object;
  /** The failure to report when the procedures are missing. */
  readonly missing: (url: string) => Failure;
}

const REALM: Source<Metrics> = {
  read: readMetrics,
  frame: (source, { before, now, answer }) => topFrame(source, { before, metrics: now, answer }),
  record: ({ before, now, answer }, time) => {
    const { totals, ...rest } = now;
    const rates = before === now ? null : ratesOf(before, now);
    return { time, answer_ms: Math.round(answer * 1000) / 1000, per_second: rates, totals, ...rest };
  },
  missing: noMetrics,
};

const ROUTER: Source<RouterReading> = {
  read: readRouter,
  frame: routerFrame,
  record: routerRecord,
  missing: noAdminRealm,
};

async function show<R>(desk: Desk, options: Options, source: Source<R>): Promise<void> {
  if (desk.out.format === 'text' && desk.out.isTerminal) await onScreen(desk, options, source);
  else await readings(desk, options, source, (reading) => writeReading(desk, source, reading));
}

async function onScreen<R>(desk: Desk, options: Options, source: Source<R>): Promise<void> {
  const screen = new Screen(desk.io);
  const signal = AbortSignal.any([desk.signal, screen.quit]);
  try {
    screen.open();
    await readings({ ...desk, signal }, options, source, (reading) =>
      screen.show(source.frame(desk, reading)),
    );
  } finally {
    screen.close();
  }
}

/** Takes readings until it is stopped. */
async function readings<R>(
  { session, signal, io, settings }: Desk,
  { interval: gap, count = Infinity }: Options,
  { read, missing }: Source<R>,
  take: (reading: Reading<R>) => Promise<void>,
): Promise<void> {
  try {
    let before: R | undefined;
    for (let number = 1; number <= count; number += 1) {
      if (number > 1) await pause(io.clock, gap, signal);
      const asked = io.clock.elapsed();
      const now = await read(session, signal);
      await take({ before: before ?? now, now, answer: io.clock.elapsed() - asked });
      before = now;
    }
  } catch (error) {
    if (isEnding(error)) return;
    throw isMissing(error) ? missing(settings.url) : error;
  }
}

function isMissing(error: unknown): boolean {
  return WampError.is(error, 'wamp.error.no_such_procedure');
}

function noMetrics(url: string): Failure {
  return new Failure(`the router at ${url} does not provide metrics (wamp.metrics.get)`, {
    exit: Exit.ABSENT,
    uri: 'wamp.error.no_such_procedure',
    remedy:
      'Only @wamp/router has this procedure. For other routers, try wamp sessions and wamp registrations.',
  });
}

function noAdminRealm(url: string): Failure {
  return new Failure(`this realm of the router at ${url} has no procedures wamp.admin.*`, {
    exit: Exit.ABSENT,
    uri: 'wamp.error.no_such_procedure',
    remedy: 'Name the admin realm with --realm; wamp-router has one if its configuration enables it.',
  });
}

async function writeReading<R>({ out, io }: Desk, source: Source<R>, reading: Reading<R>): Promise<void> {
  const record = source.record(reading, io.clock.date().toISOString());
  await out.record(record, () => `${source.frame({ out, settings: undefined }, reading).join('\n')}\n`);
}
