/** Workbench: calls, publishes, subscribes and registers in a realm, to try things. */
import { useEffect, useRef } from 'preact/hooks';
import { timeOfDay } from '../lib/figures.ts';
import { route } from '../lib/route.ts';
import { ACTIONS } from '../lib/tried.ts';
import { Panel } from '../parts/panel.tsx';
import { currentRealm } from '../parts/realms.ts';
import { Empty } from '../parts/states.tsx';
import { bench, lasting, leaveBench, outcomes, type Outcome } from './bench-session.ts';
import { form } from './bench-fields.ts';
import { BenchForm } from './bench-form.tsx';
import { BenchJoin } from './bench-join.tsx';
import { History } from './bench-history.tsx';

export function Workbench() {
  const realm = currentRealm.value;
  const { value } = bench;
  const isHere = value.state === 'in' && value.realm === realm;
  const shown = useRef(realm);
  useEffect(() => {
    if (shown.current !== realm) leaveBench();
    shown.current = realm;
  }, [realm]);
  return (
    <div class="bench">
      <div>
        {isHere ? <Bench key={realm} /> : <BenchJoin realm={realm} />}
        {isHere && <LastingList />}
        <History />
      </div>
      <Outcomes />
    </div>
  );
}

function Bench() {
  const { query } = route.value;
  const { action } = form;
  useEffect(() => {
    const named = ACTIONS.find((each) => each === query['action']);
    if (named !== undefined) action.value = named;
  }, [query['action']]);
  return (
    <Panel title="Workbench" aside={<Who />}>
      <div class="tabs" role="group" aria-label="What to do">
        {ACTIONS.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={each === action.value}
            onClick={() => (action.value = each)}
          >
            {each}
          </button>
        ))}
      </div>
      <BenchForm action={action.value} />
    </Panel>
  );
}

function Who() {
  const { value } = bench;
  if (value.state !== 'in') return null;
  return (
    <span class="actions">
      <span class="muted">
        as {value.authrole} in {value.realm}
      </span>
      <button type="button" class="quiet" onClick={leaveBench}>
        Leave
      </button>
    </span>
  );
}

function LastingList() {
  if (lasting.value.length === 0) return null;
  return (
    <Panel title="Going on">
      <ul class="uris">
        {lasting.value.map(({ number, title, end }) => (
          <li key={number}>
            <span>{title}</span>
            <button type="button" class="quiet" onClick={end}>
              Stop
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Outcomes() {
  const { value } = outcomes;
  return (
    <Panel
      title="What came of it"
      class="fill"
      aside={
        value.length > 0 && (
          <button type="button" class="quiet" onClick={() => (outcomes.value = [])}>
            Clear
          </button>
        )
      }
    >
      {value.length === 0 && (
        <Empty text="Nothing yet." hint="Results, progress, events and errors appear here." />
      )}
      <ol class="outcomes" aria-live="polite">
        {value.map((each) => (
          <Line key={each.number} outcome={each} />
        ))}
      </ol>
    </Panel>
  );
}

function Line({ outcome: { kind, title, text, time } }: { readonly outcome: Outcome }) {
  return (
    <li data-kind={kind}>
      <header>
        <b class="badge">{kind}</b> <span class="uri">{title}</span> <time>{timeOfDay(time)}</time>
      </header>
      <pre>{text}</pre>
    </li>
  );
}
