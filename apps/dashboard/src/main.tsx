/** Starts the dashboard: the state of the connection, the traffic, the sessions. */
import { render } from 'preact';
import './style.css';
import { Sessions } from './sessions.tsx';
import { connection } from './page.ts';
import { Numbers, Traffic } from './traffic.tsx';
import { open, retry } from './wamp.ts';

const words = { connecting: 'connecting', open: 'live', closed: 'disconnected' };

function Dashboard() {
  const { state, realm } = connection.value;
  return (
    <>
      <header class="top">
        <h1>
          <a class="brand" href="/">
            <img src="/favicon.svg" alt="" />
            WAMP Dashboard
          </a>
        </h1>
        <span class="pill" role="status" data-state={state}>
          {words[state]}
        </span>
        <span class="realm">
          realm <b>{realm}</b>
        </span>
      </header>
      <main>
        <Lost />
        <Numbers />
        <Traffic />
        <Sessions />
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

const root = document.querySelector('#app');
if (root !== null) render(<Dashboard />, root);
open();
