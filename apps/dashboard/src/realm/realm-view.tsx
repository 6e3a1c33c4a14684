/** The view of one realm without a log-in: what any client may see of it by the meta procedures. */
import { RealmSessions } from './sessions.tsx';
import { connection } from './page.ts';
import { Numbers, Traffic } from './traffic.tsx';
import { retry } from './wamp.ts';

const words = { connecting: 'connecting', open: 'live', closed: 'disconnected' };

export function RealmView() {
  const { state, realm } = connection.value;
  return (
    <>
      <header class="top">
        <a class="brand" aria-label="WAMP Console" href="/">
          <img src="/favicon.svg" alt="" />
          <span>WAMP Console</span>
        </a>
        <span class="pill" role="status" data-state={state}>
          {words[state]}
        </span>
        <span class="who">
          realm <b>{realm}</b>
        </span>
        <a class="button quiet" href="./">
          Log in as an operator
        </a>
      </header>
      <main class="realm-view">
        <h1 class="visually-hidden">Traffic of {realm}</h1>
        <Lost />
        <Numbers />
        <Traffic />
        <RealmSessions />
      </main>
    </>
  );
}

function Lost() {
  const { value } = connection;
  if (value.state !== 'closed') return null;
  return (
    <div class="notice" role="alert">
      <span>Disconnected: {value.reason}</span>
      <button type="button" onClick={retry}>
        Try now
      </button>
    </div>
  );
}
