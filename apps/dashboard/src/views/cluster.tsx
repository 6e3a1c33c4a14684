/** The cluster: this node, the links to the others, and the procedures that nodes claim. */
import { counted, duration, figure, size } from '../lib/figures.ts';
import { dictOf, listOf, numberOf, textOf, type Dict } from '../lib/read.ts';
import { addressOf, refine, route } from '../lib/route.ts';
import { EVERY, useAsked } from '../parts/asked.ts';
import { noteCluster } from '../parts/cluster.ts';
import { Facts, Panel } from '../parts/panel.tsx';
import { SearchField } from '../parts/search.tsx';
import { Answer, Empty } from '../parts/states.tsx';
import { Pager, Table, type Column } from '../parts/table.tsx';

const PAGE = 200;

export function ClusterView() {
  const status = useAsked({ name: 'cluster.status', every: EVERY, read: noteCluster });
  return (
    <>
      <Panel title="This node">
        <Answer asked={status.value} what="cluster">
          {(told) => <ThisNode told={told} />}
        </Answer>
      </Panel>
      {status.value.state === 'known' && (
        <Links members={listOf(status.value.value['members']).map(dictOf)} />
      )}
      {status.value.state === 'known' && <Claims />}
    </>
  );
}

function ThisNode({ told }: { readonly told: Dict }) {
  const state = textOf(told['state']);
  const [claims, why] = [dictOf(told['claims']), textOf(told['why'])];
  const expelled = numberOf(told['expelled']);
  return (
    <>
      {why !== '' && (
        <div class="state warn" role="alert">
          <strong>The node is {state}.</strong>
          <span>{why}</span>
        </div>
      )}
      <Facts
        facts={[
          ['Node', textOf(told['node'])],
          ['State', <span class={`badge ${state === 'joined' ? 'good' : 'warn'}`}>{state}</span>],
          ['Claims', counted(numberOf(claims['held']), 'procedure')],
          ['Waits for', counted(numberOf(claims['pending']), 'verdict')],
          ['Declared dead', expelled === 0 ? '' : counted(expelled, 'time')],
          ['Dead runs known', figure(numberOf(told['certificates']))],
        ]}
      />
    </>
  );
}

const LINKS: readonly Column<Dict>[] = [
  { title: 'Node', cell: ({ node }) => textOf(node) },
  {
    title: 'Link',
    cell: ({ reachable }) => (
      <span class={`badge ${reachable === true ? 'good' : 'bad'}`}>{reachable === true ? 'up' : 'down'}</span>
    ),
  },
  { title: 'Heard of', cell: ({ silent_ms: silent }) => `${duration(numberOf(silent))} ago` },
  { title: 'Sessions', align: 'end', cell: (row) => figure(numberOf(row['sessions'])) },
  { title: 'Calls out', align: 'end', cell: (row) => figure(numberOf(row['calls_out'])) },
  { title: 'Calls in', align: 'end', cell: (row) => figure(numberOf(row['calls_in'])) },
  { title: 'Sent', align: 'end', cell: (row) => size(numberOf(row['sent_bytes'])) },
  { title: 'Received', align: 'end', cell: (row) => size(numberOf(row['received_bytes'])) },
  { title: 'Waiting', align: 'end', cell: (row) => size(numberOf(row['unacknowledged_bytes'])) },
  { title: 'Resent', align: 'end', cell: (row) => figure(numberOf(row['resent_messages'])) },
  { title: 'Dropped', align: 'end', cell: (row) => figure(numberOf(row['dropped_publications'])) },
];

function Links({ members }: { readonly members: readonly Dict[] }) {
  return (
    <Panel title="Links to other nodes">
      {members.length === 0 ? (
        <Empty text="There are no other nodes." hint="They appear once they join the cluster." />
      ) : (
        <Table label="Links" columns={LINKS} rows={members} keyOf={({ epoch }) => textOf(epoch)} />
      )}
    </Panel>
  );
}

interface Page {
  readonly total: number;
  readonly claims: readonly Dict[];
  readonly next: number | undefined;
}

function readPage(answer: unknown): Page {
  const { total, claims, next } = dictOf(answer);
  return {
    total: numberOf(total),
    claims: listOf(claims).map(dictOf),
    next: typeof next === 'number' ? next : undefined,
  };
}

const CLAIMS: readonly Column<Dict>[] = [
  { title: 'URI', cell: ({ uri }) => <code class="uri">{textOf(uri) || '(every procedure)'}</code> },
  { title: 'Match', cell: ({ match }) => textOf(match) },
  { title: 'Policy', cell: ({ invoke }) => textOf(invoke) },
  { title: 'Realm', cell: ({ realm }) => textOf(realm) },
  { title: 'Nodes', cell: ({ nodes }) => listOf(nodes).map(String).join(', ') },
];

function Claims() {
  const { uri = '', skip = '' } = route.value.query;
  const asked = useAsked({
    name: 'cluster.claims',
    kwargs: { limit: PAGE, skip: Number(skip), ...(uri === '' ? {} : { uri }) },
    every: EVERY,
    read: readPage,
  });
  const find = (next: string): void => refine({ uri: next, skip: '' });
  return (
    <Panel
      title="Claims"
      class="fill"
      aside={<SearchField label="Find procedures" value={uri} onChange={find} />}
    >
      <Answer asked={asked.value} what="claims">
        {(page) => <Found page={page} isFiltered={uri !== ''} skip={Number(skip)} />}
      </Answer>
    </Panel>
  );
}

interface FoundProps {
  readonly page: Page;
  readonly isFiltered: boolean;
  readonly skip: number;
}

function Found({ page: { claims, total, next }, isFiltered, skip }: FoundProps) {
  if (claims.length === 0) {
    return isFiltered ? (
      <Empty text="No URI contains that." />
    ) : (
      <Empty text="No node claims a procedure." hint="They appear as soon as a client registers one." />
    );
  }
  const to = (from: number): string =>
    addressOf({ ...route.value, query: { ...route.value.query, skip: from === 0 ? '' : String(from) } });
  return (
    <>
      <Table
        label="Claims"
        columns={CLAIMS}
        rows={claims}
        keyOf={({ realm, match, uri }) => `${textOf(realm)} ${textOf(match)} ${textOf(uri)}`}
      />
      <Pager
        text={`${figure(claims.length)} shown, ${counted(total, 'claim')} in all`}
        previous={skip === 0 ? undefined : to(Math.max(0, skip - PAGE))}
        next={next === undefined ? undefined : to(next)}
      />
    </>
  );
}
