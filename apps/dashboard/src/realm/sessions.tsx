/** The sessions of the realm, one row each. */
import { connection, metrics, own, sessions } from './page.ts';
import { figure } from '../lib/figures.ts';
import { inOrder, type SessionRow } from './state.ts';

export function RealmSessions() {
  const rows = inOrder(sessions.value.values());
  const total = metrics.value?.sessions;
  return (
    <section class="panel" aria-labelledby="sessions">
      <h2 id="sessions">
        Sessions <span class="count">{figure(total)}</span>
      </h2>
      {rows.length === 0 ? <p class="empty">{whyNone()}</p> : <Table rows={rows} />}
      {total !== undefined && total > rows.length && rows.length > 0 && (
        <p class="empty">
          {rows.length} of {figure(total)} are listed.
        </p>
      )}
    </section>
  );
}

function whyNone(): string {
  return connection.value.state === 'closed' ? 'Not known while disconnected.' : 'Asking the router…';
}

function Table({ rows }: { rows: readonly SessionRow[] }) {
  return (
    <div class="scroll" role="region" aria-labelledby="sessions" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Session</th>
            <th scope="col">authid</th>
            <th scope="col">Role</th>
            <th scope="col">Transport</th>
            <th scope="col">Since</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.session} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ row }: { row: SessionRow }) {
  const { session, authid, authrole, transport, since } = row;
  return (
    <tr>
      <td class="id">
        {session}
        {session === own.value && <span class="tag">this page</span>}
      </td>
      <td>{authid}</td>
      <td>{authrole}</td>
      <td>{transport}</td>
      <td>{since === undefined ? 'before this page' : <Time at={since} />}</td>
    </tr>
  );
}

function Time({ at }: { at: Date }) {
  return <time dateTime={at.toISOString()}>{at.toLocaleTimeString()}</time>;
}
