/** `wamp subscribe`: writes events as they arrive. */
import { Command, Option } from 'commander';
import type { MatchPolicy, WampEvent } from '@wamp/client';
import { Exit } from '../io/exit-codes.ts';
import { Failure } from '../io/failure.ts';
import { deferred } from '../io/io.ts';
import { integer, interval } from '../io/words.ts';
import { harmless } from '../output/json.ts';
import { lengthOf } from '../output/style.ts';
import { connecting } from '../session/options.ts';
import type { Given } from '../session/settings.ts';
import { lasting, staying, whileRead, type Desk, type Run } from './desk.ts';
import { kwargsIn, shown, timeOfDay } from './payload.ts';

interface Options extends Given {
  readonly match?: MatchPolicy;
  readonly retained?: true;
  readonly count?: number;
  readonly timeout?: number;
}

export function subscribeCommand(run: Run): Command {
  const command = new Command('subscribe')
    .description('Print the events of topics as they arrive, until Ctrl-C.')
    .argument('<topics...>', 'their URIs')
    .addOption(matchOption())
    .option('--retained', 'begin with the retained event, if there is one')
    .option('--count <number>', 'stop after this many events', integer(1))
    .option('--timeout <duration>', 'fail when no event arrives for this long', interval);
  return connecting(command).action(async (topics: string[], options: Options) => {
    await staying(run, options, (desk) => follow(desk, topics, options));
  });
}

export function matchOption(): Option {
  return new Option('--match <policy>', 'the matching policy').choices(['exact', 'prefix', 'wildcard']);
}

async function follow(desk: Desk, topics: readonly string[], options: Options): Promise<void> {
  const { session, io, signal, note } = desk;
  const { count = Infinity, timeout } = options;
  const done = deferred();
  const write = eventWriter(desk);
  let [left, isAnnounced] = [count, io.stderr.isTTY !== true];
  // The first event may arrive in the turn of SUBSCRIBED, before the code that waits for that continues.
  const announce = (): void => {
    if (!isAnnounced) note(`subscribed to ${topics.join(', ')} in ${session.realm}; Ctrl-C ends it`);
    isAnnounced = true;
  };
  let stopTimer = (): void => undefined;
  const arm = (): void => {
    stopTimer();
    if (timeout !== undefined)
      stopTimer = io.clock.after(timeout, () => done.reject(silence(topics, timeout)));
  };
  const hear = async (event: WampEvent): Promise<void> => {
    if (left === 0) return;
    announce();
    left -= 1;
    arm();
    await whileRead(() => write(event));
    if (left === 0) done.resolve();
  };
  for (const topic of topics) {
    await session.subscribe(topic, (_args, event: WampEvent) => hear(event), {
      ...(options.match && { match: options.match }),
      ...(options.retained && { getRetained: true }),
      signal,
    });
  }
  announce();
  arm();
  try {
    await lasting(desk, done.promise);
  } finally {
    stopTimer();
  }
}

function silence(topics: readonly string[], timeout: number): Failure {
  return new Failure(`no event of ${topics.join(', ')} arrived for ${timeout} ms`, {
    exit: Exit.TIMEOUT,
    uri: 'wamp.error.timeout',
    remedy: 'Allow more time with --timeout, or check the publications of the realm: wamp top.',
  });
}

/** How wide the column of topics becomes at most, in characters; longer topics move what follows to the right. */
const TOPIC_WIDTH = 40;

/** @returns a function that formats one event as a line; on a terminal, topics fill a column as wide as the longest one so far */
export function eventWriter({ out, io }: Pick<Desk, 'out' | 'io'>): (event: WampEvent) => Promise<void> {
  let width = 0;
  return async ({ topic, publication, args, kwargs, publisher, retained }) => {
    const record = {
      topic,
      publication,
      args,
      ...kwargsIn(kwargs),
      ...(retained && { retained }),
      ...(publisher && { publisher }),
    };
    await out.record(record, ({ dim, cyan }) => {
      const by =
        publisher === undefined ? '' : `by ${publisher.authid ?? publisher.session ?? publisher.authrole}`;
      const marks = [retained ? 'retained' : '', by].filter(Boolean).join(', ');
      const end = marks === '' ? '' : `  ${dim(harmless(marks))}`;
      const shownTopic = harmless(topic);
      width = Math.max(width, Math.min(lengthOf(shownTopic), TOPIC_WIDTH));
      const gap = ' '.repeat(Math.max(0, width - lengthOf(shownTopic)) + 2);
      return `${dim(timeOfDay(io.clock.date()))}  ${cyan(shownTopic)}${gap}${shown(args, kwargs)}${end}`;
    });
  };
}
