/** Realms: each with its numbers, and links to what is in it. */
import { figure, size } from '../lib/figures.ts';
import { addressOf } from '../lib/route.ts';
import { Panel } from '../parts/panel.tsx';
import { ownRealm, realmRate, realms, type RealmRow } from '../parts/realms.ts';
import { Empty } from '../parts/states.tsx';
import { Table, type Column } from '../parts/table.tsx';

const rate =
  (counter: string) =>
  ({ realm }: RealmRow): string =>
    figure(realmRate(realms.value, realm, counter));

const COLUMNS: readonly Column<RealmRow>[] = [
  {
    title: 'Realm',
    cell: ({ realm }) => (
      <>
        <a href={addressOf({ view: 'sessions', realm })}>{realm}</a>
        {realm === ownRealm.value && <span class="tag">this console</span>}
      </>
    ),
  },
  { title: 'Sessions', align: 'end', cell: ({ numbers }) => figure(numbers['sessions']) },
  { title: 'Calls/s', align: 'end', cell: rate('calls') },
  { title: 'Events/s', align: 'end', cell: rate('events') },
  { title: 'Errors/s', align: 'end', cell: rate('errors') },
  { title: 'Procedures', align: 'end', cell: ({ numbers }) => figure(numbers['registrations']) },
  { title: 'Topics', align: 'end', cell: ({ numbers }) => figure(numbers['subscriptions']) },
  { title: 'Kept', align: 'end', cell: ({ numbers }) => size(numbers['kept_bytes']) },
];

export function RealmsPanel() {
  const { rows } = realms.value;
  return (
    <Panel title="Realms">
      {rows.length === 0 ? (
        <Empty text="No realms are known yet." />
      ) : (
        <Table label="Realms" columns={COLUMNS} rows={rows} keyOf={({ realm }) => realm} />
      )}
    </Panel>
  );
}
