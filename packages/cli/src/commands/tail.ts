/** `wamp tail`: the latest events of a topic followed by new ones, or the meta events of a realm. */
import { Command } from 'commander';
import { WampError, type Id, type MatchPolicy, type Subscription, type WampEvent } from '@wamp/client';
import {
  registrations,
  sessions,
  subscriptions,
  type RegistrationInfo,
  type SubscriptionInfo,
} from '@wamp/client/meta';
import { Failure } from '../io/failure.ts';
import { integer } from '../io/words.ts';
import { harmless } from '../output/json.ts';
import { connecting } from '../session/options.ts';
import type { Given } from '../session/settings.ts';
import { followSession, ofOption, requireRealm } from './administered.ts';
import { inSession, lasting, staying, whileRead, type Desk, type Run } from './desk.ts';
import { pastEvents } from './history.ts';
import { timeOfDay } from './payload.ts';
import { eventWriter, matchOption } from './subscribe.ts';

interface Options extends Given {
  readonly match?: MatchPolicy;
  readonly lines: number;
  readonly session?: Id;
  readonly of?: string;
  readonly payloads?: boolean;
}

export function tailCommand(run: Run): Command {
  const command = new Command('tail')
    .description(
      'Print the last events of a topic and then new ones; without a topic, the meta events of the realm.',
    )
    .argument('[topic]', 'its URI')
    .addOption(matchOption())
    .option(
      '-n, --lines <number>',
      'the number of past events, if the router keeps them',
      integer(0, 100_000),
      10,
    )
    .option(
      '--session <id>',
      'print the messages of this session instead, through the admin realm',
      integer(1),
    )
    .option('--payloads', 'with --session: show payloads, if the role may see them');
  return connecting(ofOption(command)).action(async (topic: string | undefined, options: Options) => {
    if (options.session !== undefined) {
      const { session, payloads = false } = options;
      const followed = { realm: requireRealm(options.of), session, payloads };
      await inSession(run, options, async (desk) => {
        await followSession(desk, followed);
        return undefined;
      });
      return;
    }
    await staying(run, options, (desk) =>
      topic === undefined ? followRealm(desk) : followTopic(desk, topic, options),
    );
  });
}

/** Subscribes before it asks for past events, so that none is missed; an event in both is written once. */
async function followTopic(desk: Desk, topic: string, { match, lines }: Options): Promise<void> {
  const { session, signal } = desk;
  const early: WampEvent[] = [];
  const write = eventWriter(desk);
  let isLive = false;
  await session.subscribe(
    topic,
    (_args, event: WampEvent) => {
      if (isLive) return whileRead(() => write(event));
      early.push(event);
      return undefined;
    },
    { signal, ...(match && { match }) },
  );
  const seen = new Set<number>();
  for (const event of await past(desk, topic, { lines, ...(match && { match }) })) {
    seen.add(event.publication);
    await write(event);
  }
  // Events that arrive while these are written wait in `early`.
  for (let next = early.shift(); next !== undefined; next = early.shift()) {
    if (!seen.has(next.publication)) await write(next);
  }
  isLive = true;
  await lasting(desk);
}

/** The latest events; empty if the router keeps no history. */
async function past(
  desk: Desk,
  topic: string,
  { match, lines }: Pick<Options, 'match' | 'lines'>,
): Promise<WampEvent[]> {
  if (lines === 0) return [];
  try {
    const events = await pastEvents(desk, topic, { limit: lines, ...(match && { match }) });
    return events.map(({ args, kwargs, publication, details }) => {
      const published = typeof details['topic'] === 'string' ? details['topic'] : topic;
      return { args, kwargs, publication, details, topic: published, retained: false, publisher: undefined };
    });
  } catch (error) {
    if (error instanceof Failure || WampError.is(error, 'wamp.error.no*')) {
      desk.note(`no past events: ${error.message}`);
      return [];
    }
    throw error;
  }
}

/** The meta events of the router. */
async function followRealm(desk: Desk): Promise<void> {
  const { session } = desk;
  const [joins, offers, listens] = [sessions(session), registrations(session), subscriptions(session)];
  const tell = (event: string, facts: Facts): Promise<void> => whileRead(() => writeFact(desk, event, facts));
  const asked: Promise<Subscription>[] = [
    joins.onJoin(({ session: id, authid, authrole }) =>
      tell('session joined', { session: id, authid, authrole }),
    ),
    joins.onLeave(({ session: id, authid, authrole }) =>
      tell('session left', { session: id, authid, authrole }),
    ),
    offers.onCreate((id, info) => tell('registration created', { session: id, ...factsOf(info) })),
    offers.onRegister((id, registration) => tell('callee registered', { session: id, registration })),
    offers.onUnregister((id, registration) => tell('callee unregistered', { session: id, registration })),
    offers.onDelete((id, registration) => tell('registration deleted', { session: id, registration })),
    listens.onCreate((id, info) => tell('subscription created', { session: id, ...factsOf(info) })),
    listens.onSubscribe((id, subscription) => tell('subscriber subscribed', { session: id, subscription })),
    listens.onUnsubscribe((id, subscription) =>
      tell('subscriber unsubscribed', { session: id, subscription }),
    ),
    listens.onDelete((id, subscription) => tell('subscription deleted', { session: id, subscription })),
  ];
  await Promise.all(asked);
  if (desk.io.stderr.isTTY === true) desk.note(`following ${session.realm}; Ctrl-C ends it`);
  await lasting(desk);
}

type Facts = Readonly<Record<string, string | number | undefined>>;

function factsOf({ id, uri, match }: SubscriptionInfo | RegistrationInfo): Facts {
  return { id, uri, match };
}

async function writeFact({ out, io }: Desk, event: string, facts: Facts): Promise<void> {
  const date = io.clock.date();
  await out.record(
    { time: date.toISOString(), event: event.replaceAll(' ', '_'), ...facts },
    ({ dim, cyan }) => {
      const words = Object.entries(facts)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${dim(`${name}=`)}${harmless(String(value))}`);
      return `${dim(timeOfDay(date))}  ${cyan(event)}  ${words.join(' ')}`;
    },
  );
}
