/** Live tail: the messages of one session, or the publications of a topic, as they go through the router. */
import { useSignal, type Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { counted, size, timeOfDay } from '../lib/figures.ts';
import { jsonText } from '../lib/json-text.ts';
import { dictOf, listOf, numberOf, textOf, type Dict } from '../lib/read.ts';
import { addressOf, go, route } from '../lib/route.ts';
import { ask } from '../operator/operator.ts';
import { failure } from '../parts/asked.ts';
import { Panel } from '../parts/panel.tsx';
import { currentRealm } from '../parts/realms.ts';
import { Empty } from '../parts/states.tsx';

/** How many entries are shown. */
const MOST = 500;

interface Shown {
  readonly entries: readonly (readonly [number, Dict])[];
  readonly seen: number;
  readonly omitted: number;
}

const NONE: Shown = { entries: [], seen: 0, omitted: 0 };

export function Tail() {
  const { query } = route.value;
  const shown = useSignal<Shown>(NONE);
  const told = useSignal('');
  const isStopped = useSignal(false);
  const isWanted = (query['session'] ?? query['topic']) !== undefined;
  const key = JSON.stringify([currentRealm.value, query]);
  useEffect(() => {
    shown.value = NONE;
    told.value = '';
    isStopped.value = false;
    if (!isWanted || currentRealm.value === '') return undefined;
    const ends = new AbortController();
    void follow(ends.signal, shown, told);
    return () => ends.abort();
  }, [key]);
  return (
    <>
      <Choose key={key} />
      {isWanted ? (
        <Entries shown={shown.value} told={told.value} />
      ) : (
        <Panel title="Live tail" class="fill">
          <Empty
            text="Nothing is followed."
            hint="Name a topic above, or choose a session and its live tail."
          />
        </Panel>
      )}
    </>
  );
}

/** Follows what the address names, until it is told to stop. */
async function follow(ends: AbortSignal, shown: Signal<Shown>, told: Signal<string>): Promise<void> {
  const { session, topic, match = 'exact', payloads } = route.value.query;
  const [name, what] =
    session === undefined
      ? ['topic.tail', { topic: topic ?? '', match }]
      : ['session.tail', { session: Number(session) }];
  const kwargs = { realm: currentRealm.value, ...what, payloads: payloads === 'yes' };
  try {
    await ask(name, kwargs, {
      signal: ends,
      onProgress: (part) => {
        if (!ends.aborted) shown.value = added(shown.value, part);
      },
    });
    if (!ends.aborted) told.value = 'The session has ended.';
  } catch (error) {
    if (ends.aborted) return;
    const failed = failure(name, error);
    const [said] = error instanceof Error && 'args' in error ? listOf(error.args) : [];
    told.value =
      failed.state === 'denied' ? textOf(said) || `Your role may not call ${failed.what}.` : failed.why;
  }
}

function added({ entries, seen, omitted }: Shown, part: unknown): Shown {
  const { entries: more, omitted: skipped } = dictOf(part);
  const numbered = listOf(more).map((entry, index): readonly [number, Dict] => [seen + index, dictOf(entry)]);
  return {
    entries: [...numbered.reverse(), ...entries].slice(0, MOST),
    seen: seen + numbered.length,
    omitted: omitted + numberOf(skipped),
  };
}

/** Follows what the form says. */
function choose(event: SubmitEvent): void {
  event.preventDefault();
  const told = new FormData(event.currentTarget as HTMLFormElement);
  const field = (name: string): string => {
    const each = told.get(name);
    return typeof each === 'string' ? each.trim() : '';
  };
  const [kind, what] = [field('kind'), field('what')];
  const followed = kind === 'session' ? { session: what } : { topic: what, match: kind };
  const payloads = told.get('payloads') === null ? '' : 'yes';
  go({ view: 'tail', realm: currentRealm.value, query: { ...followed, payloads } });
}

const KINDS = [
  ['exact', 'topic'],
  ['prefix', 'topics by prefix'],
  ['wildcard', 'topics by wildcard'],
  ['session', 'session'],
] as const;

function Choose() {
  const { query } = route.value;
  const kind = query['session'] === undefined ? (query['match'] ?? 'exact') : 'session';
  return (
    <form class="row bar" onSubmit={choose} aria-label="What to follow">
      <label>
        Follow
        <select name="kind">
          {KINDS.map(([value, text]) => (
            <option key={value} value={value} selected={kind === value}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <label class="wide">
        Topic or session
        <input
          name="what"
          class="uri"
          defaultValue={query['session'] ?? query['topic'] ?? ''}
          spellcheck={false}
        />
      </label>
      <label class="check">
        <input type="checkbox" name="payloads" defaultChecked={query['payloads'] === 'yes'} /> payloads
      </label>
      <button>Follow</button>
      <a class="button quiet" href={addressOf({ view: 'tail', realm: currentRealm.value })}>
        Stop
      </a>
    </form>
  );
}

function Entries({
  shown: { entries, seen, omitted },
  told,
}: {
  readonly shown: Shown;
  readonly told: string;
}) {
  const more = omitted > 0 ? `, ${counted(omitted, 'other')} not shown` : '';
  return (
    <Panel
      title="Live tail"
      class="fill"
      aside={<span class="muted" role="status">{`${counted(seen, 'message')}${more}`}</span>}
    >
      {told !== '' && (
        <p class="notice" role="alert">
          {told}
        </p>
      )}
      {entries.length === 0 && told === '' && <Empty text="Waiting for the first message …" />}
      <ol class="tail">
        {entries.map(([number, entry]) => (
          <Entry key={number} entry={entry} />
        ))}
      </ol>
    </Panel>
  );
}

/** Names and values; empty ones left out. */
function toldOf(rest: Dict): string {
  return Object.entries(rest)
    .map(([name, value]) => [
      name.replaceAll('_', ' '),
      typeof value === 'string' ? value : jsonText(value, 0),
    ])
    .filter(([, value]) => value !== '{}')
    .map(([name = '', value = '']) => `${name} ${value}`)
    .join(' · ');
}

function Entry({ entry }: { readonly entry: Dict }) {
  const { time, direction, type, topic, payload_bytes: bytes, args, kwargs, ...rest } = entry;
  const payload = args === undefined && kwargs === undefined ? '' : jsonText({ args, kwargs }, 0);
  const arrow = direction === 'sent' ? '←' : '→';
  return (
    <li>
      <time>{timeOfDay(textOf(time))}</time>
      <b>
        <span aria-hidden="true">{arrow} </span>
        {textOf(type) || textOf(topic)}
      </b>
      <span class="told">{toldOf(rest)}</span>
      {payload === '' ? (
        <span class="muted">{bytes === undefined ? '' : size(numberOf(bytes))}</span>
      ) : (
        <code class="payload">{payload}</code>
      )}
    </li>
  );
}
