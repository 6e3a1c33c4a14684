/** `wamp history`: the past events of a topic, if the router keeps them. */
import { Command } from 'commander';
import type { MatchPolicy } from '@wamp/client';
import { getEvents, subscriptions, type PastEvent } from '@wamp/client/meta';
import { Exit } from '../io/exit-codes.ts';
import { Failure } from '../io/failure.ts';
import type { Timing } from '../io/io.ts';
import { integer, moment } from '../io/words.ts';
import { harmless } from '../output/json.ts';
import { connecting } from '../session/options.ts';
import type { Given } from '../session/settings.ts';
import { inSession, type Desk, type Run } from './desk.ts';
import { kwargsIn, shown } from './payload.ts';
import { matchOption } from './subscribe.ts';

interface Options extends Given {
  readonly match?: MatchPolicy;
  readonly limit: number;
  readonly since?: ReturnType<typeof moment>;
  readonly until?: ReturnType<typeof moment>;
  readonly topic?: string;
  readonly reverse?: true;
}

export function historyCommand(run: Run): Command {
  const command = new Command('history')
    .description('Print the latest past events of a topic, oldest first, if the router keeps them.')
    .argument('<topic>', 'the topic or pattern whose history is kept')
    .addOption(matchOption())
    .option('--limit <number>', 'the maximum number of events', integer(1, 100_000), 100)
    .option('--since <time>', 'only events since then: a date, or a duration before now, such as 10m', moment)
    .option('--until <time>', 'not after', moment)
    .option('--topic <uri>', 'for a pattern: only events of this topic')
    .option('--reverse', 'print the newest first');
  return connecting(command).action(async (topic: string, options: Options) => {
    await inSession(run, options, async (desk) => {
      const events = await pastEvents(desk, topic, options);
      for (const event of events) await writePastEvent(desk, topic, event);
      if (events.length === 0)
        desk.note(`no events: the router keeps the history of the topics that its configuration names`);
      return undefined;
    });
  });
}

/** The latest events, in the requested order. */
export async function pastEvents(
  { session, io }: Pick<Desk, 'session' | 'io'>,
  topic: string,
  { match, limit, since, until, topic: only, reverse }: Omit<Options, keyof Given>,
): Promise<readonly PastEvent[]> {
  const subscription = await subscriptions(session).lookup(topic, match);
  if (subscription === undefined) throw noHistory(topic, match);
  const events = await getEvents(session, subscription, {
    limit,
    reverse: true,
    ...(since && { fromTime: dateOf(since, io.clock) }),
    ...(until && { untilTime: dateOf(until, io.clock) }),
    ...(only !== undefined && { topic: only }),
  });
  return reverse === true ? events : [...events].reverse();
}

function dateOf(time: NonNullable<Options['since']>, clock: Timing): Date {
  return 'at' in time ? time.at : new Date(clock.date().getTime() - time.ago);
}

function noHistory(topic: string, match = 'exact'): Failure {
  return new Failure(`there is no history of ${topic} (match ${match})`, {
    exit: Exit.ABSENT,
    uri: 'wamp.error.no_such_subscription',
    remedy: 'The router keeps the history of topics that its configuration names; patterns need --match.',
  });
}

async function writePastEvent({ out }: Desk, topic: string, event: PastEvent): Promise<void> {
  const { timestamp, publication, args, kwargs, details } = event;
  const published = typeof details['topic'] === 'string' ? details['topic'] : topic;
  const record = { time: timestamp.toISOString(), topic: published, publication, args, ...kwargsIn(kwargs) };
  await out.record(record, ({ dim, cyan }) => {
    return `${dim(timestamp.toISOString())}  ${cyan(harmless(published))}  ${shown(args, kwargs)}`;
  });
}
