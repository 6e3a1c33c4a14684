/** Sessions of a realm: searched, sorted by the router, in pages. */
import { counted, figure, size } from '../lib/figures.ts';
import { dictOf, listOf, numberOf, textOf, type Dict } from '../lib/read.ts';
import { addressOf, go, refine, route } from '../lib/route.ts';
import { EVERY, useAsked } from '../parts/asked.ts';
import { Panel } from '../parts/panel.tsx';
import { currentRealm } from '../parts/realms.ts';
import { SearchField } from '../parts/search.tsx';
import { Answer, Empty } from '../parts/states.tsx';
import { Pager, Since, Table, type Column, type Order } from '../parts/table.tsx';
import { peerOf } from './peer.ts';

const PAGE = 100;

interface Page {
  /** How many come before. */
  readonly skip: number;
  readonly total: number;
  readonly matched: number;
  readonly sessions: readonly Dict[];
}

function readPage(answer: unknown, skip: number): Page {
  const { total, matched, sessions } = dictOf(answer);
  const rows = listOf(sessions).map(dictOf);
  return { skip, total: numberOf(total), matched: numberOf(matched), sessions: rows };
}

const traffic = (row: Dict, name: string): string => figure(numberOf(dictOf(row['traffic'])[name]));

const COLUMNS: readonly Column<Dict>[] = [
  {
    title: 'Session',
    sort: 'session',
    cell: ({ session }) => (
      <a class="id" href={addressOf({ view: 'sessions', realm: currentRealm.value, item: String(session) })}>
        {String(session)}
      </a>
    ),
  },
  { title: 'Authid', sort: 'authid', cell: ({ authid }) => <span class="name">{textOf(authid)}</span> },
  { title: 'Role', sort: 'authrole', cell: ({ authrole }) => textOf(authrole) },
  {
    title: 'Topics',
    sort: 'subscriptions',
    align: 'end',
    cell: ({ subscriptions }) => figure(numberOf(subscriptions)),
  },
  {
    title: 'Procedures',
    sort: 'registrations',
    align: 'end',
    cell: ({ registrations }) => figure(numberOf(registrations)),
  },
  { title: 'Received', sort: 'received', align: 'end', cell: (row) => traffic(row, 'received') },
  { title: 'Sent', sort: 'sent', align: 'end', cell: (row) => traffic(row, 'sent') },
  { title: 'Queue', sort: 'queue_bytes', align: 'end', cell: (row) => size(numberOf(row['queue_bytes'])) },
  { title: 'Joined', sort: 'joined', cell: ({ joined }) => <Since date={textOf(joined)} /> },
  { title: 'Method', cell: ({ authmethod }) => textOf(authmethod) },
  {
    title: 'Transport',
    cell: ({ transport }) => (
      <span class="peer" title={peerOf(transport)}>
        {peerOf(transport)}
      </span>
    ),
  },
];

export function Sessions() {
  const { query } = route.value;
  const realm = currentRealm.value;
  const page = Math.max(1, Number(query['page'] ?? 1) || 1);
  const skip = (page - 1) * PAGE;
  const order: Order = { by: query['sort'] ?? 'session', descending: query['order'] === 'down' };
  const text = query['text'] ?? '';
  const asked = useAsked({
    name: realm === '' ? undefined : 'session.list',
    kwargs: {
      ...{ realm, limit: PAGE, skip, sort: order.by, descending: order.descending },
      ...(text === '' ? {} : { text }),
    },
    every: EVERY,
    // What is shown until the next answer comes is the page before, and says so.
    read: (answer) => readPage(answer, skip),
  });
  return (
    <Panel
      title="Sessions"
      class="fill"
      aside={
        <SearchField
          label="Find sessions"
          value={text}
          onChange={(next) => refine({ text: next, page: '' })}
        />
      }
    >
      <Answer asked={asked.value} what="sessions">
        {(found) => <Found found={found} order={order} isFiltered={text !== ''} />}
      </Answer>
    </Panel>
  );
}

interface FoundProps {
  readonly found: Page;
  readonly order: Order;
  readonly isFiltered: boolean;
}

function Found({ found: { skip, total, matched, sessions }, order, isFiltered }: FoundProps) {
  const page = skip / PAGE + 1;
  if (sessions.length === 0 && page === 1) {
    return isFiltered ? (
      <Empty
        text="No session matches."
        hint="What is sought is part of an id, authid, role, method or peer."
      />
    ) : (
      <Empty text="There are no sessions." hint="A session appears as soon as a client joins this realm." />
    );
  }
  const to = (number: number): string =>
    addressOf({ ...route.value, query: { ...route.value.query, page: number === 1 ? '' : String(number) } });
  const range = `${figure(skip + 1)}–${figure(skip + sessions.length)} of ${counted(matched, 'session')}`;
  return (
    <>
      <Table
        label="Sessions"
        columns={COLUMNS}
        rows={sessions}
        keyOf={({ session }) => numberOf(session)}
        order={order}
        onOrder={({ by, descending }) => {
          const { value } = route;
          go({ ...value, query: { ...value.query, sort: by, order: descending ? 'down' : '', page: '' } });
        }}
      />
      <Pager
        text={isFiltered ? `${range}, ${figure(total)} in all` : range}
        previous={page > 1 ? to(page - 1) : undefined}
        next={skip + sessions.length < matched ? to(page + 1) : undefined}
      />
    </>
  );
}
