/** `wamp cluster status`: the nodes of a cluster, the links between them, and what they claim, as the admin realm of one tells it. */
import { Command } from 'commander';
import { WampError } from '@wamp/client';
import { Exit, type ExitCode } from '../io/exit-codes.ts';
import { Failure } from '../io/failure.ts';
import { integer } from '../io/words.ts';
import { harmless } from '../output/json.ts';
import { age, grouped, milliseconds, size } from '../output/numbers.ts';
import type { Style } from '../output/style.ts';
import { table, type Column } from '../output/table.ts';
import { connecting } from '../session/options.ts';
import type { Given } from '../session/settings.ts';
import { inSession, type Desk, type Run } from './desk.ts';
import { dictOf, listOf, numberOf, type Dict } from './told-values.ts';

/** The most entries that one page has. */
const PAGE = 1000;

interface Options extends Given {
  readonly claims?: boolean;
  readonly limit: number;
}

export function clusterCommand(run: Run): Command {
  return new Command('cluster')
    .description('The cluster of which a router is a node.')
    .addCommand(statusCommand(run));
}

function statusCommand(run: Run): Command {
  const command = new Command('status')
    .description('Show the nodes of the cluster, the links to them, and what they claim.')
    .option('--claims', 'list the procedures that nodes claim, too')
    .option('--limit <number>', 'how many of them at most', integer(1, 1_000_000), 1000);
  return connecting(command).action(async (options: Options) => {
    await inSession(run, options, (desk) => show(desk, options));
  });
}

/** The exit code says whether all is well with the node that answers. */
async function show(desk: Desk, { claims: wantsClaims, limit }: Options): Promise<ExitCode> {
  const { out, session, signal, settings } = desk;
  try {
    const status = dictOf(await session.call('wamp.admin.cluster.status', [], { signal }));
    const claimed = wantsClaims === true ? await claimsOf(desk, limit) : undefined;
    const record = claimed === undefined ? status : { ...status, claimed: claimed.rows };
    await out.record(record, (style) => text(status, claimed, style));
    return status['state'] === 'joined' ? Exit.DONE : Exit.ERROR;
  } catch (error) {
    throw explained(error, settings.url);
  }
}

interface Claimed {
  readonly total: number;
  readonly rows: readonly Dict[];
}

async function claimsOf({ session, signal }: Desk, limit: number): Promise<Claimed> {
  const rows: Dict[] = [];
  let total: number;
  let skip: unknown = 0;
  do {
    const kwargs = { skip, limit: Math.min(PAGE, limit - rows.length) };
    const page = dictOf(await session.call('wamp.admin.cluster.claims', [], { kwargs, signal }));
    rows.push(...listOf(page['claims']).map(dictOf));
    total = numberOf(page['total']);
    skip = page['next'] ?? null;
  } while (skip !== null && rows.length < limit);
  return { total, rows };
}

function text(status: Dict, claimed: Claimed | undefined, style: Style): string {
  const { bold, dim } = style;
  const members = listOf(status['members']).map(dictOf);
  const claims = dictOf(status['claims']);
  const why = typeof status['why'] === 'string' ? `: ${harmless(status['why'])}` : '';
  const [expelled, isolated] = [numberOf(status['expelled']), numberOf(status['isolated'])];
  return [
    `node ${bold(harmless(String(status['node'])))} is ${bold(harmless(String(status['state'])))}${why}`,
    dim(
      `claims ${grouped(numberOf(claims['held']))} procedures, waits for ${grouped(numberOf(claims['pending']))}` +
        (expelled === 0 ? '' : `; was declared dead ${expelled} times`) +
        (isolated === 0 ? '' : `; has ended its sessions ${isolated} times, cut off from the ledger`),
    ),
    '',
    ...(members.length === 0 ? ['there are no other nodes'] : [table(LINKS, members, style)]),
    ...(claimed === undefined ? [] : ['', claimsText(claimed, style)]),
  ].join('\n');
}

function claimsText({ total, rows }: Claimed, style: Style): string {
  if (rows.length === 0) return 'nobody claims a procedure';
  const more = total > rows.length ? [`${rows.length} of ${total}; --limit ${total} lists all`] : [];
  return [table(CLAIMS, rows, style), ...more].join('\n');
}

const number = (title: string, key: string): Column<Dict> => ({
  title,
  cell: (row) => grouped(numberOf(row[key])),
  align: 'right',
});
const bytes = (title: string, key: string): Column<Dict> => ({
  title,
  cell: (row) => size(numberOf(row[key])),
  align: 'right',
});

const LINKS: readonly Column<Dict>[] = [
  { title: 'NODE', cell: ({ node }) => String(node) },
  { title: 'LINK', cell: ({ reachable }) => (reachable === true ? 'up' : 'down') },
  { title: 'HEARD', cell: ({ silent_ms: silent }) => heard(numberOf(silent)), align: 'right' },
  number('SESSIONS', 'sessions'),
  number('CALLS OUT', 'calls_out'),
  number('CALLS IN', 'calls_in'),
  bytes('SENT', 'sent_bytes'),
  bytes('RECEIVED', 'received_bytes'),
  bytes('WAITING', 'unacknowledged_bytes'),
  number('RESENT', 'resent_messages'),
  number('DROPPED', 'dropped_publications'),
];

const CLAIMS: readonly Column<Dict>[] = [
  { title: 'REALM', cell: ({ realm }) => String(realm) },
  { title: 'URI', cell: ({ uri }) => String(uri) },
  { title: 'MATCH', cell: ({ match }) => String(match) },
  { title: 'INVOKE', cell: ({ invoke }) => String(invoke) },
  { title: 'NODES', cell: ({ nodes }) => listOf(nodes).map(String).join(', ') },
];

/** How long ago something was heard of a node. */
function heard(ms: number): string {
  return ms < 10_000 ? `${milliseconds(ms)} ago` : `${age(ms)} ago`;
}

function explained(error: unknown, url: string): unknown {
  const isAlone = WampError.is(error, 'wamp.error.feature_not_supported');
  if (!isAlone && !WampError.is(error, 'wamp.error.no_such_procedure')) return error;
  const what = isAlone
    ? `the router at ${url} is no node of a cluster`
    : `this realm of the router at ${url} has no procedures wamp.admin.cluster.*`;
  return new Failure(what, {
    exit: Exit.ABSENT,
    uri: isAlone ? 'wamp.error.feature_not_supported' : 'wamp.error.no_such_procedure',
    remedy: isAlone
      ? 'Its configuration has no section cluster, and it was not started with --workers.'
      : 'Name the admin realm with --realm; wamp-router has one when its configuration says so.',
    cause: error,
  });
}
