/**
 * `wamp sessions`, `wamp registrations`, `wamp subscriptions`: lists the sessions, procedures and topics of a realm.
 */
import { Command } from 'commander';
import { WampError, type Id } from '@wamp/client';
import {
  registrations,
  sessions,
  subscriptions,
  type IdsByPolicy,
  type RegistrationInfo,
  type SessionInfo,
  type SubscriptionInfo,
} from '@wamp/client/meta';
import { Exit } from '../io/exit-codes.ts';
import { Failure } from '../io/failure.ts';
import { collect, integer } from '../io/words.ts';
import { table, type Column } from '../output/table.ts';
import { connecting } from '../session/options.ts';
import type { Given } from '../session/settings.ts';
import { ofOption, sessionOf, sessionsOf } from './administered.ts';
import { inSession, type Desk, type Run } from './desk.ts';

/** The number of concurrent calls. */
const WINDOW = 64;

interface ListOptions extends Given {
  readonly limit: number;
}

function listing(name: string, description: string): Command {
  const command = new Command(name)
    .description(description)
    .option('--limit <number>', 'the maximum number of entries', integer(1, 1_000_000), 1000);
  return connecting(command);
}

export function sessionsCommand(run: Run): Command {
  return ofOption(listing('sessions', 'List the sessions of the realm.'))
    .argument('[id]', 'show the details of this session', integer(1))
    .option('--role <name>', 'only sessions with this role; repeat it for more', collect)
    .action(async (id: Id | undefined, options: SessionOptions) => {
      await inSession(run, options, async (desk) => {
        if (options.of !== undefined) return administered(desk, options.of, id, options);
        const meta = sessions(desk.session);
        if (id !== undefined) {
          const { details } = await meta.get(id);
          await desk.out.record(details, (style) => table(FACTS, factsOf(details), style));
          return undefined;
        }
        const ids = await meta.list(options.role);
        const found = await each(ids.slice(0, options.limit), (one) => meta.get(one));
        await writeList(desk, SESSIONS, found, { total: ids.length, json: sessionRecord });
        return undefined;
      });
    });
}

interface SessionOptions extends ListOptions {
  readonly role?: readonly string[];
  /** The realm to inspect through the admin realm. */
  readonly of?: string;
}

/** The same through the admin realm, which reports on any realm, and on the resources of each session. */
async function administered(
  desk: Desk,
  realm: string,
  id: Id | undefined,
  { limit, role }: SessionOptions,
): Promise<undefined> {
  if (id !== undefined) {
    const details = await sessionOf(desk, realm, id);
    await desk.out.record(details, (style) => table(FACTS, factsOf(details), style));
    return;
  }
  const one = role?.length === 1 ? role[0] : undefined;
  const { total, rows } = await sessionsOf(desk, realm, { limit, role: one });
  const wanted = rows.filter(({ authrole }) => role === undefined || role.includes(String(authrole)));
  await writeList(desk, ADMINISTERED, wanted, { total: role === undefined ? total : wanted.length });
}

export function registrationsCommand(run: Run): Command {
  return listing('registrations', 'List the procedures of the realm, and the number of their callees.')
    .argument('[procedure]', 'show the registration that a call of this procedure would match')
    .action(async (procedure: string | undefined, options: ListOptions) => {
      await inSession(run, options, async (desk) => {
        const meta = registrations(desk.session);
        const ids = procedure === undefined ? flat(await meta.list()) : one(await meta.match(procedure));
        if (procedure !== undefined && ids.length === 0) throw absent('procedure', procedure);
        const found = await each(ids.slice(0, options.limit), async (id) => {
          const [info, callees] = await Promise.all([meta.get(id), meta.countCallees(id)]);
          return { ...info, callees };
        });
        await writeList(desk, REGISTRATIONS, found, { total: ids.length });
        return undefined;
      });
    });
}

export function subscriptionsCommand(run: Run): Command {
  return listing('subscriptions', 'List the topics of the realm, and the number of their subscribers.')
    .argument('[topic]', 'show the subscriptions that an event of this topic would match')
    .action(async (topic: string | undefined, options: ListOptions) => {
      await inSession(run, options, async (desk) => {
        const meta = subscriptions(desk.session);
        const ids = topic === undefined ? flat(await meta.list()) : await meta.match(topic);
        if (topic !== undefined && ids.length === 0) throw absent('topic', topic);
        const found = await each(ids.slice(0, options.limit), async (id) => {
          const [info, subscribers] = await Promise.all([meta.get(id), meta.countSubscribers(id)]);
          return { ...info, subscribers };
        });
        await writeList(desk, SUBSCRIPTIONS, found, { total: ids.length });
        return undefined;
      });
    });
}

function absent(kind: 'procedure' | 'topic', uri: string): Failure {
  const [what, list] =
    kind === 'procedure' ? ['registration', 'registrations'] : ['subscription', 'subscriptions'];
  return new Failure(`no ${what} matches ${uri}`, {
    exit: Exit.ABSENT,
    uri: kind === 'procedure' ? 'wamp.error.no_such_procedure' : 'wamp.error.no_such_subscription',
    remedy: `wamp ${list} lists the existing ones.`,
  });
}

function flat({ exact, prefix, wildcard }: IdsByPolicy): readonly Id[] {
  return [...exact, ...prefix, ...wildcard];
}

function one(id: Id | undefined): readonly Id[] {
  return id === undefined ? [] : [id];
}

/** Gets the details of each id, some at a time. Skips those that have ended meanwhile. */
async function each<T>(ids: readonly Id[], ask: (id: Id) => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  for (let at = 0; at < ids.length; at += WINDOW) {
    const asked = ids.slice(at, at + WINDOW).map(async (id) => {
      try {
        return [await ask(id)];
      } catch (error) {
        if (WampError.is(error, 'wamp.error.no_such_*')) return [];
        throw error;
      }
    });
    answers.push(...(await Promise.all(asked)).flat());
  }
  return answers;
}

interface Listing<R> {
  /** The total, including those beyond the limit. */
  readonly total: number;
  /** The JSON of a row. Default: the row itself. */
  readonly json?: (row: R) => unknown;
}

/** Writes a table for people, or a line of JSON for each row. */
async function writeList<R extends object>(
  { out, note }: Desk,
  columns: readonly Column<R>[],
  rows: readonly R[],
  { total, json = (row: R): unknown => row }: Listing<R>,
): Promise<void> {
  if (out.format === 'text') await out.write(`${table(columns, rows, out.style)}\n`);
  else for (const row of rows) await out.record(json(row), () => '');
  if (total > rows.length) note(`${rows.length} of ${total}; --limit ${total} lists all`);
}

const ADMINISTERED: readonly Column<Readonly<Record<string, unknown>>>[] = [
  { title: 'SESSION', cell: ({ session }) => Number(session) },
  { title: 'AUTHID', cell: ({ authid }) => text(authid) },
  { title: 'ROLE', cell: ({ authrole }) => text(authrole) },
  { title: 'METHOD', cell: ({ authmethod }) => text(authmethod) },
  { title: 'SUBSCRIBED', cell: ({ subscriptions }) => Number(subscriptions), align: 'right' },
  { title: 'REGISTERED', cell: ({ registrations }) => Number(registrations), align: 'right' },
  { title: 'QUEUE', cell: ({ queue_bytes: bytes }) => Number(bytes), align: 'right' },
];
const SESSIONS: readonly Column<SessionInfo>[] = [
  { title: 'SESSION', cell: ({ session }) => session },
  { title: 'AUTHID', cell: ({ authid }) => authid },
  { title: 'ROLE', cell: ({ authrole }) => authrole },
  { title: 'METHOD', cell: ({ authmethod }) => authmethod },
  { title: 'TRANSPORT', cell: ({ transport }) => text(transport?.['type']) },
  { title: 'PEER', cell: ({ transport }) => text(transport?.['peer']) },
];

function sessionRecord({ details }: SessionInfo): unknown {
  return details;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

const PATTERN: readonly Column<SubscriptionInfo>[] = [
  { title: 'ID', cell: ({ id }) => id },
  { title: 'URI', cell: ({ uri }) => uri },
  { title: 'MATCH', cell: ({ match }) => match },
];
const CREATED: Column<SubscriptionInfo> = { title: 'SINCE', cell: ({ created }) => created.toISOString() };
const REGISTRATIONS: readonly Column<RegistrationInfo & { readonly callees: number }>[] = [
  ...PATTERN,
  { title: 'INVOKE', cell: ({ invoke }) => invoke },
  { title: 'CALLEES', cell: ({ callees }) => callees, align: 'right' },
  CREATED,
];
const SUBSCRIPTIONS: readonly Column<SubscriptionInfo & { readonly subscribers: number }>[] = [
  ...PATTERN,
  { title: 'SUBSCRIBERS', cell: ({ subscribers }) => subscribers, align: 'right' },
  CREATED,
];

type Fact = readonly [name: string, value: string];
const FACTS: readonly Column<Fact>[] = [
  { title: 'WHAT', cell: ([name]) => name },
  { title: 'IS', cell: ([, value]) => value },
];

/** `transport.peer` for an item of a nested dict. */
function factsOf(details: Readonly<Record<string, unknown>>, before = ''): Fact[] {
  return Object.entries(details).flatMap(([name, value]): Fact[] =>
    typeof value === 'object' && value !== null
      ? factsOf(value as Readonly<Record<string, unknown>>, `${before}${name}.`)
      : [[before + name, String(value)]],
  );
}
