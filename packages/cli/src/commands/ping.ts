/** `wamp ping`: measures the round trip to the router. */
import { Command } from 'commander';
import { WampError } from '@wamp/client';
import { Exit } from '../io/exit-codes.ts';
import { pause } from '../io/io.ts';
import { isEnding } from '../io/failure.ts';
import { integer, interval } from '../io/words.ts';
import { figure, quantile } from '../output/numbers.ts';
import { connecting } from '../session/options.ts';
import type { Given } from '../session/settings.ts';
import { inSession, type Desk, type Run } from './desk.ts';

interface Options extends Given {
  readonly count?: number;
  readonly interval: number;
  readonly timeout: number;
}

export function pingCommand(run: Run): Command {
  const command = new Command('ping')
    .description('Measure the round-trip time of a call to the router, once a second, until Ctrl-C.')
    .option('--count <number>', 'stop after this many', integer(1))
    .option('--interval <duration>', 'the time between two calls', interval, 1000)
    .option('--timeout <duration>', 'the time after which an answer counts as lost', interval, 5000);
  return connecting(command).action(async (options: Options) => {
    await inSession(run, options, async (desk) => {
      const times = await pings(desk, options);
      await summarize(desk, times);
      return times.includes(undefined) ? Exit.TIMEOUT : Exit.DONE;
    });
  });
}

/** The round trips in milliseconds; undefined for answers that were late. */
async function pings(
  desk: Desk,
  { count = Infinity, interval: gap, timeout }: Options,
): Promise<(number | undefined)[]> {
  const { out, settings, signal, io } = desk;
  const times: (number | undefined)[] = [];
  try {
    for (let seq = 1; seq <= count; seq += 1) {
      if (seq > 1) await pause(io.clock, gap, signal);
      const ms = await roundTrip(desk, timeout);
      times.push(ms);
      await out.record({ seq, ms: ms === undefined ? null : rounded(ms) }, ({ red, dim }) =>
        ms === undefined
          ? red(`no answer: seq=${seq} after ${timeout} ms`)
          : `answer from ${settings.url} ${dim(`seq=${seq}`)} time=${figure(ms)} ms`,
      );
    }
  } catch (error) {
    if (!isEnding(error)) throw error;
  }
  return times;
}

/** Any answer counts, even a refusal. */
async function roundTrip({ session, signal, io }: Desk, timeout: number): Promise<number | undefined> {
  const started = io.clock.elapsed();
  try {
    // A question about this session itself, which a client asks as well to learn whether a connection still lives.
    await session.call('wamp.session.get', [session.id ?? 1], { timeout, signal });
  } catch (error) {
    if (WampError.is(error, 'wamp.error.timeout')) return undefined;
    // Not authorized, or no such procedure or session.
    if (!WampError.is(error, 'wamp.error.no*')) throw error;
  }
  return io.clock.elapsed() - started;
}

async function summarize({ out }: Desk, times: readonly (number | undefined)[]): Promise<void> {
  if (out.format === 'json' || out.ended.aborted || times.length === 0) return;
  const answered = times.filter((ms) => ms !== undefined).sort((a, b) => a - b);
  const sum = answered.reduce((total, ms) => total + ms, 0);
  const figures = [answered[0] ?? 0, sum / answered.length, quantile(answered, 0.99), answered.at(-1) ?? 0];
  const line = `${times.length} sent, ${answered.length} answered`;
  const more = answered.length === 0 ? '' : `; min/avg/p99/max = ${figures.map(figure).join('/')} ms`;
  await out.write(`${out.style.bold(line + more)}\n`);
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
