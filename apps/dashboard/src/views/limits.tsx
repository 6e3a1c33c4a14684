/** Limits: which were met since the router started, and how often. */
import { figure } from '../lib/figures.ts';
import { dictOf, numbersOf } from '../lib/read.ts';
import { useAsked } from '../parts/asked.ts';
import { Panel } from '../parts/panel.tsx';
import { Answer, Empty } from '../parts/states.tsx';
import { Table, type Column } from '../parts/table.tsx';

interface Met {
  readonly limit: string;
  /** Empty for those of connections. */
  readonly realm: string;
  readonly count: number;
}

/** Limits that were met, the most often met first. */
function readLimits(answer: unknown): readonly Met[] {
  const { met, met_by_realm: byRealm } = dictOf(answer);
  const rows = (counts: unknown, realm: string): readonly Met[] =>
    Object.entries(numbersOf(counts)).map(([limit, count]) => ({ limit, realm, count }));
  return [
    ...rows(met, ''),
    ...Object.entries(dictOf(byRealm)).flatMap(([realm, counts]) => rows(counts, realm)),
  ]
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
}

const COLUMNS: readonly Column<Met>[] = [
  { title: 'Limit', cell: ({ limit }) => <code>{limit}</code> },
  { title: 'Realm', cell: ({ realm }) => (realm === '' ? 'connections' : realm) },
  { title: 'Met', align: 'end', cell: ({ count }) => figure(count) },
];

export function LimitsPanel() {
  const limits = useAsked({ name: 'limits', every: 15_000, read: readLimits });
  return (
    <Panel title="Limits met since the start">
      <Answer asked={limits.value} what="limits">
        {(met) =>
          met.length === 0 ? (
            <Empty text="None was met." />
          ) : (
            <Table
              label="Limits met"
              columns={COLUMNS}
              rows={met}
              keyOf={({ limit, realm }) => `${realm} ${limit}`}
            />
          )
        }
      </Answer>
    </Panel>
  );
}
