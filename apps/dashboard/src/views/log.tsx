/** Recent entries of the log, by code; the level of the log. */
import { useSignal } from '@preact/signals';
import { figure, timeOfDay } from '../lib/figures.ts';
import { jsonText } from '../lib/json-text.ts';
import { dictOf, listOf, numberOf, numbersOf, textOf, type Dict } from '../lib/read.ts';
import { addressOf, route } from '../lib/route.ts';
import { ask } from '../operator/operator.ts';
import { failure, useAsked } from '../parts/asked.ts';
import { Panel } from '../parts/panel.tsx';
import { Answer, Empty } from '../parts/states.tsx';

const LEVELS = ['debug', 'info', 'warn', 'error'];

interface Recent {
  readonly counts: readonly (readonly [string, number])[];
  readonly entries: readonly Dict[];
}

function readRecent(answer: unknown): Recent {
  const { counts, entries } = dictOf(answer);
  const byCount = Object.entries(numbersOf(counts)).sort(([, a], [, b]) => b - a);
  return { counts: byCount, entries: listOf(entries).map(dictOf).reverse() };
}

export function Log() {
  const { code = '' } = route.value.query;
  const recent = useAsked({
    name: 'log.recent',
    kwargs: { limit: 1000, ...(code === '' ? {} : { code }) },
    every: 3_000,
    read: readRecent,
  });
  return (
    <Panel title="Recent log entries" class="fill" aside={<Level />}>
      <Answer asked={recent.value} what="log">
        {({ counts, entries }) => (
          <>
            <Codes counts={counts} chosen={code} />
            {entries.length === 0 && (
              <Empty
                text="There are no entries."
                hint="Entries with a code appear here, of the levels info and above."
              />
            )}
            <ol class="log">
              {entries.map((each) => (
                <Entry key={numberOf(each['number'])} entry={each} />
              ))}
            </ol>
          </>
        )}
      </Answer>
    </Panel>
  );
}

interface CodesProps {
  readonly counts: Recent['counts'];
  readonly chosen: string;
}

function Codes({ counts, chosen }: CodesProps) {
  return (
    <nav class="codes" aria-label="Codes">
      <a href={addressOf({ view: 'log' })} aria-current={chosen === '' ? 'true' : undefined}>
        all
      </a>
      {counts.map(([code, count]) => (
        <a
          key={code}
          href={addressOf({ view: 'log', query: { code } })}
          aria-current={chosen === code ? 'true' : undefined}
        >
          {code} <b>{figure(count)}</b>
        </a>
      ))}
    </nav>
  );
}

function Entry({ entry }: { readonly entry: Dict }) {
  const facts = dictOf(entry['facts']);
  return (
    <li data-level={textOf(entry['level'])}>
      <time>{timeOfDay(textOf(entry['time']))}</time>
      <b class="badge">{textOf(entry['level'])}</b>
      <code>{textOf(entry['code'])}</code>
      <span>{textOf(entry['message'])}</span>
      {Object.keys(facts).length > 0 && <code class="payload">{jsonText(facts, 0)}</code>}
    </li>
  );
}

/** What is written to the log of the router; what is shown here is not changed by it. */
function Level() {
  const changed = useSignal(0);
  const told = useSignal('');
  const level = useAsked({
    name: 'log.get_level',
    kwargs: { x_change: changed.value },
    read: textOf,
  });
  const change = async (to: string): Promise<void> => {
    try {
      await ask('log.set_level', { level: to });
      told.value = '';
    } catch (error) {
      const failed = failure('log.set_level', error);
      told.value = failed.state === 'denied' ? 'Your role may not change it.' : failed.why;
    }
    changed.value += 1;
  };
  if (level.value.state !== 'known') return null;
  return (
    <span class="actions">
      <label class="inline">
        Level of the log
        <select value={level.value.value} onChange={(event) => void change(event.currentTarget.value)}>
          {LEVELS.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <span class="fault" role="status">
        {told.value}
      </span>
    </span>
  );
}
