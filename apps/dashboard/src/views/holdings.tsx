/** Registrations and subscriptions of a realm: with their sessions, and how much they are used. */
import { useRef } from 'preact/hooks';
import { counted, figure } from '../lib/figures.ts';
import { dictOf, listOf, numberOf, textOf, type Dict } from '../lib/read.ts';
import { rateOf, type Reading } from '../lib/rates.ts';
import { addressOf, go, refine, route } from '../lib/route.ts';
import { EVERY, useAsked } from '../parts/asked.ts';
import { Panel } from '../parts/panel.tsx';
import { currentRealm } from '../parts/realms.ts';
import { SearchField } from '../parts/search.tsx';
import { Answer, Empty } from '../parts/states.tsx';
import { Pager, Since, Table, type Column, type Order } from '../parts/table.tsx';

const PAGE = 200;

/** What differs between the two. */
interface Kind {
  readonly view: 'registrations' | 'subscriptions';
  readonly title: string;
  readonly procedure: string;
  /** The name of the id of an entry. */
  readonly id: string;
  /** The counter of its use, and what its rate is called. */
  readonly counter: string;
  readonly used: string;
  /** The number of sessions. */
  readonly holders: string;
  readonly tool: 'call' | 'publish';
}

const REGISTRATIONS: Kind = {
  ...{ view: 'registrations', title: 'Registrations', procedure: 'registration.list', id: 'registration' },
  ...{ counter: 'invocations', used: 'Calls/s', holders: 'callees', tool: 'call' },
};
const SUBSCRIPTIONS: Kind = {
  ...{ view: 'subscriptions', title: 'Subscriptions', procedure: 'subscription.list', id: 'subscription' },
  ...{ counter: 'publications', used: 'Events/s', holders: 'subscribers', tool: 'publish' },
};

export function Registrations() {
  return <Holdings kind={REGISTRATIONS} />;
}

export function Subscriptions() {
  return <Holdings kind={SUBSCRIPTIONS} />;
}

interface Page {
  /** How many come before. */
  readonly skip: number;
  readonly total: number;
  readonly matched: number;
  readonly entries: readonly Dict[];
  readonly now: Reading;
  readonly before: Reading | undefined;
}

function Holdings({ kind }: { readonly kind: Kind }) {
  const realm = currentRealm.value;
  const { uri = '', ...query } = route.value.query;
  const skip = (Math.max(1, Number(query['page'] ?? 1) || 1) - 1) * PAGE;
  const order: Order = { by: query['sort'] ?? 'uri', descending: query['order'] === 'down' };
  const last = useRef<Reading | undefined>(undefined);
  const asked = useAsked({
    name: realm === '' ? undefined : kind.procedure,
    kwargs: {
      ...{ realm, limit: PAGE, skip, sort: order.by, descending: order.descending },
      ...(uri === '' ? {} : { uri }),
    },
    every: EVERY,
    read: (answer): Page => {
      const page = readPage(kind, answer, { skip, before: last.current });
      last.current = page.now;
      return page;
    },
  });
  const label = kind.view === 'registrations' ? 'Find procedures' : 'Find topics';
  return (
    <Panel
      title={kind.title}
      class="fill"
      aside={<SearchField label={label} value={uri} onChange={(next) => refine({ uri: next, page: '' })} />}
    >
      <Answer asked={asked.value} what={kind.view}>
        {(page) => <Found kind={kind} page={page} isFiltered={uri !== ''} order={order} />}
      </Answer>
    </Panel>
  );
}

function readPage(kind: Kind, answer: unknown, { skip, before }: Pick<Page, 'skip' | 'before'>): Page {
  const told = dictOf(answer);
  const entries = listOf(told[kind.view]).map(dictOf);
  const counters = new Map(
    entries.map((each) => [numberOf(each[kind.id]), { used: numberOf(each[kind.counter]) }]),
  );
  return {
    skip,
    matched: numberOf(told['matched']),
    total: numberOf(told['total']),
    entries,
    now: { at: performance.now(), counters },
    before,
  };
}

interface FoundProps {
  readonly kind: Kind;
  readonly page: Page;
  readonly isFiltered: boolean;
  readonly order: Order;
}

function Found({ kind, page, isFiltered, order }: FoundProps) {
  const { entries, total, matched, skip } = page;
  const number = skip / PAGE + 1;
  if (entries.length === 0 && number === 1) {
    return isFiltered ? (
      <Empty text="No URI contains that." />
    ) : (
      <Empty text={`There are no ${kind.view}.`} hint="They appear as soon as a client asks for one." />
    );
  }
  const to = (wanted: number): string =>
    addressOf({ ...route.value, query: { ...route.value.query, page: wanted === 1 ? '' : String(wanted) } });
  const range = `${figure(skip + 1)}–${figure(skip + entries.length)} of ${counted(matched, kind.id)}`;
  return (
    <>
      <Table
        label={kind.title}
        columns={columnsOf(kind, page)}
        rows={entries}
        keyOf={(each) => numberOf(each[kind.id])}
        order={order}
        onOrder={({ by, descending }) => {
          const { value } = route;
          go({ ...value, query: { ...value.query, sort: by, order: descending ? 'down' : '', page: '' } });
        }}
      />
      <Pager
        text={isFiltered ? `${range}, ${figure(total)} in all` : range}
        previous={number > 1 ? to(number - 1) : undefined}
        next={skip + entries.length < matched ? to(number + 1) : undefined}
      />
    </>
  );
}

function columnsOf(kind: Kind, { now, before }: Page): readonly Column<Dict>[] {
  const realm = currentRealm.value;
  const rate = (row: Dict): string => figure(rateOf(before, now, numberOf(row[kind.id]), 'used'));
  const policy: readonly Column<Dict>[] =
    kind.view === 'registrations'
      ? [{ title: 'Policy', cell: ({ invoke }) => textOf(invoke) }]
      : [{ title: 'History', cell: ({ history }) => (history === true ? 'kept' : '') }];
  return [
    {
      title: 'URI',
      sort: 'uri',
      cell: ({ uri }) => (
        <code class="uri" title={textOf(uri)}>
          {textOf(uri) || '(every topic)'}
        </code>
      ),
    },
    { title: 'Match', sort: 'match', cell: ({ match }) => textOf(match) },
    ...policy,
    { title: kind.used, align: 'end', cell: rate },
    { title: 'Total', sort: kind.counter, align: 'end', cell: (row) => figure(numberOf(row[kind.counter])) },
    {
      title: kind.view === 'registrations' ? 'Callees' : 'Subscribers',
      sort: kind.holders,
      cell: (row) => <Holders row={row} kind={kind} realm={realm} />,
    },
    { title: 'Since', sort: 'created', cell: ({ created }) => <Since date={textOf(created)} /> },
    { title: 'Try', cell: (row) => <Tools row={row} kind={kind} realm={realm} /> },
  ];
}

interface CellProps {
  readonly row: Dict;
  readonly kind: Kind;
  readonly realm: string;
}

function Holders({ row, kind, realm }: CellProps) {
  const sessions = listOf(row['sessions']);
  const count = numberOf(row[kind.holders]);
  if (count === 0) return <span class="muted">none</span>;
  return (
    <details>
      <summary>{figure(count)}</summary>
      <ul class="uris">
        {sessions.map((each) => {
          const id = typeof each === 'number' ? each : numberOf(dictOf(each)['session']);
          const busy = numberOf(dictOf(each)['invocations']);
          return (
            <li key={id}>
              <a class="id" href={addressOf({ view: 'sessions', realm, item: String(id) })}>
                {id}
              </a>
              {busy > 0 && <span class="tag">{counted(busy, 'call')} now</span>}
            </li>
          );
        })}
        {count > sessions.length && <li class="muted">and {figure(count - sessions.length)} more</li>}
      </ul>
    </details>
  );
}

function Tools({ row, kind, realm }: CellProps) {
  const [uri, match] = [textOf(row['uri']), textOf(row['match'])];
  return (
    <span class="tools">
      <a href={addressOf({ view: 'workbench', realm, query: { action: kind.tool, uri } })}>{kind.tool}</a>
      {kind.view === 'subscriptions' && (
        <a href={addressOf({ view: 'tail', realm, query: { topic: uri, match } })}>tail</a>
      )}
    </span>
  );
}
