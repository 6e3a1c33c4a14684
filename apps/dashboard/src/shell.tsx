/** The shell of the console: realm, views, the state of the connection, and the keys that lead from one to another. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { addressOf, go, route, VIEWS, type View } from './lib/route.ts';
import { logOut, operator, reconnect } from './operator/operator.ts';
import { EVERY, useAsked } from './parts/asked.ts';
import { isClustered, noteCluster } from './parts/cluster.ts';
import { Dialog } from './parts/dialog.tsx';
import { currentRealm, noteRealms, ownRealm, realms } from './parts/realms.ts';
import { ClusterView } from './views/cluster.tsx';
import { Registrations, Subscriptions } from './views/holdings.tsx';
import { Log } from './views/log.tsx';
import { Overview } from './views/overview.tsx';
import { SessionDetail } from './views/session.tsx';
import { Sessions } from './views/sessions.tsx';
import { Tail } from './views/tail.tsx';
import { Workbench } from './views/workbench.tsx';

const NAMES: Readonly<Record<View, string>> = {
  overview: 'Overview',
  sessions: 'Sessions',
  registrations: 'Registrations',
  subscriptions: 'Subscriptions',
  workbench: 'Workbench',
  tail: 'Live tail',
  log: 'Log',
  cluster: 'Cluster',
};

export function Shell() {
  useAsked({ name: 'realm.list', every: EVERY, read: noteRealms });
  useAsked({ name: 'cluster.status', read: noteCluster });
  const { view } = route.value;
  useEffect(() => {
    document.title = `${NAMES[view]} · WAMP Console`;
    showCurrentView();
  }, [view]);
  useEffect(() => {
    addEventListener('resize', showCurrentView);
    return () => removeEventListener('resize', showCurrentView);
  }, []);
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <Top />
      <Views />
      <main id="main" class="content" tabIndex={-1} data-view={view}>
        <h1 class="visually-hidden">{NAMES[view]}</h1>
        <Lost />
        <Content />
      </main>
      <Keys />
    </div>
  );
}

/** On a phone the names of the views scroll sideways. */
function showCurrentView(): void {
  document.querySelector('.views [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
}

/** The address stays that of the view. */
function skip(event: MouseEvent): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('#main')?.focus();
}

function Content() {
  const { view, item } = route.value;
  switch (view) {
    case 'overview':
      return <Overview />;
    case 'sessions':
      return item === '' ? <Sessions /> : <SessionDetail key={item} id={item} />;
    case 'registrations':
      return <Registrations />;
    case 'subscriptions':
      return <Subscriptions />;
    case 'workbench':
      return <Workbench />;
    case 'tail':
      return <Tail />;
    case 'log':
      return <Log />;
    case 'cluster':
      return <ClusterView />;
  }
}

function Top() {
  const { value } = operator;
  const isOpen = value.state === 'in';
  return (
    <header class="top">
      <a class="brand" aria-label="WAMP Console" href={addressOf({ view: 'overview' })}>
        <img src="/favicon.svg" alt="" /> <span>WAMP Console</span>
      </a>
      <RealmSwitch />
      <span class="pill" role="status" data-state={isOpen ? 'open' : 'closed'}>
        {isOpen ? 'live' : 'disconnected'}
      </span>
      <span class="who">
        {'authid' in value ? value.authid : ''} <small>{'authrole' in value ? value.authrole : ''}</small>
      </span>
      <button type="button" class="quiet" onClick={logOut}>
        Log out
      </button>
    </header>
  );
}

function RealmSwitch() {
  const names = realms.value.rows.map(({ realm }) => realm);
  const current = currentRealm.value;
  const all = names.includes(current) || current === '' ? names : [current, ...names];
  return (
    <label class="realm-switch">
      <span>Realm</span>
      <select
        aria-label="Realm"
        value={current}
        onChange={({ currentTarget }) => {
          const { view } = route.value;
          go({ view: OF_REALM.has(view) ? view : 'sessions', realm: currentTarget.value });
        }}
      >
        {all.map((name) => (
          <option key={name} value={name}>
            {name === ownRealm.value ? `${name} (this console)` : name}
          </option>
        ))}
      </select>
    </label>
  );
}

const OF_REALM: ReadonlySet<View> = new Set([
  'sessions',
  'registrations',
  'subscriptions',
  'workbench',
  'tail',
]);

/** A router on its own has no view of a cluster. */
function shownViews(): readonly View[] {
  return isClustered.value ? VIEWS : VIEWS.filter((view) => view !== 'cluster');
}

function Views() {
  const { view, realm } = route.value;
  return (
    <nav class="views" aria-label="Views">
      {shownViews().map((each) => (
        <a
          key={each}
          href={addressOf({ view: each, realm: OF_REALM.has(each) ? realm || currentRealm.value : '' })}
          aria-current={each === view ? 'page' : undefined}
          aria-keyshortcuts={`g ${each.slice(0, 1)}`}
        >
          {NAMES[each]}
        </a>
      ))}
    </nav>
  );
}

function Lost() {
  const { value } = operator;
  if (value.state !== 'lost') return null;
  return (
    <div class="notice" role="alert">
      <span>Disconnected: {value.why} What is shown is what was known last; it goes on by itself.</span>
      <button type="button" class="quiet" onClick={reconnect}>
        Try now
      </button>
    </div>
  );
}

/** The view behind `g` and a letter. */
const LETTERS: Readonly<Record<string, View>> = {
  o: 'overview',
  s: 'sessions',
  r: 'registrations',
  u: 'subscriptions',
  w: 'workbench',
  t: 'tail',
  l: 'log',
  c: 'cluster',
};

/** Keys, while nothing is being typed; `?` lists them. */
function Keys() {
  const isShown = useSignal(false);
  useEffect(() => {
    let afterG = false;
    const pressed = (event: KeyboardEvent): void => {
      const { target, key } = event;
      // A dialog that was closed a moment ago may still have the focus.
      const types =
        target instanceof HTMLElement && target.matches('input, textarea, select, dialog[open] *');
      if (types || event.ctrlKey || event.metaKey || event.altKey) return;
      const view = afterG ? LETTERS[key] : undefined;
      afterG = key === 'g';
      if (view !== undefined && shownViews().includes(view))
        go({ view, realm: OF_REALM.has(view) ? currentRealm.value : '' });
      else if (key === '?') isShown.value = true;
      else if (key === '/') focusSearch(event);
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
  return isShown.value ? <KeyList onClose={() => (isShown.value = false)} /> : null;
}

function KeyList({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class="facts">
        {Object.entries(LETTERS).flatMap(([letter, view]) =>
          shownViews().includes(view)
            ? [
                <div key={letter}>
                  <dt>
                    <kbd>g</kbd> <kbd>{letter}</kbd>
                  </dt>
                  <dd>{NAMES[view]}</dd>
                </div>,
              ]
            : [],
        )}
        <div>
          <dt>
            <kbd>/</kbd>
          </dt>
          <dd>Find</dd>
        </div>
        <div>
          <dt>
            <kbd>←</kbd> <kbd>→</kbd>
          </dt>
          <dd>Through a chart that has the focus</dd>
        </div>
      </dl>
      <form method="dialog" class="actions">
        <button>Close</button>
      </form>
    </Dialog>
  );
}

function focusSearch(event: KeyboardEvent): void {
  const field = document.querySelector<HTMLElement>('input[type="search"]');
  if (field === null) return;
  event.preventDefault();
  field.focus();
}
