/** The router itself: version, process, listeners with their certificates; reloading its configuration. */
import { useSignal } from '@preact/signals';
import { duration, percent, size } from '../lib/figures.ts';
import { dictOf, listOf, numberOf, textOf, type Dict } from '../lib/read.ts';
import { ask } from '../operator/operator.ts';
import { failure, type Asked } from '../parts/asked.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Facts, Panel } from '../parts/panel.tsx';
import { Answer } from '../parts/states.tsx';
import { Drain } from './drain.tsx';

export function RouterPanel({ status }: { readonly status: Asked<Dict> }) {
  return (
    <Panel title="Router" aside={<Controls status={status} />}>
      <Answer asked={status} what="status">
        {(told) => (
          <>
            <Facts facts={factsOf(told)} />
            <Listeners listeners={listOf(told['listeners']).map(dictOf)} />
          </>
        )}
      </Answer>
    </Panel>
  );
}

function Controls({ status }: { readonly status: Asked<Dict> }) {
  return (
    <span class="actions">
      <Reload />
      <Drain isDraining={status.state === 'known' && status.value['draining'] === true} />
    </span>
  );
}

function factsOf(told: Dict): readonly (readonly [string, string])[] {
  const [memory, store] = [dictOf(told['memory']), dictOf(told['store'])];
  const isFailing = textOf(store['failing']) !== '';
  return [
    ['Version', textOf(told['version'])],
    ['Up', duration(numberOf(told['uptime_ms']))],
    ['State', told['draining'] === true ? 'draining' : 'serving'],
    ['Node', `${textOf(told['node'])}, process ${numberOf(told['pid'])}`],
    ['Connections', String(numberOf(told['connections']))],
    ['Event loop', `${percent(numberOf(told['event_loop_utilization']))} busy since the start`],
    ['Heap', `${size(numberOf(memory['heap_used']))} of ${size(numberOf(memory['heap_limit']))}`],
    ['Kept', `${size(numberOf(told['kept_bytes']))} of ${size(numberOf(told['kept_limit_bytes']))}`],
    ['Store', told['store'] === null ? 'in memory' : isFailing ? textOf(store['failing']) : 'working'],
    ['Log level', textOf(told['log_level'])],
  ];
}

function Listeners({ listeners }: { readonly listeners: readonly Dict[] }) {
  return (
    <ul class="listeners" aria-label="Listeners">
      {listeners.map((each) => {
        const urls = listOf(each['urls']).map(String);
        return (
          <li key={textOf(each['place'])}>
            <code>{urls.length === 0 ? textOf(each['place']) : urls.join('  ')}</code>
            <Certificate certificate={dictOf(each['certificate'])} />
          </li>
        );
      })}
    </ul>
  );
}

/** From how long before it expires a certificate is marked (ms). */
const SOON = 21 * 86_400_000;

function Certificate({ certificate }: { readonly certificate: Dict }) {
  const expires = Date.parse(textOf(certificate['expires']));
  if (Number.isNaN(expires)) return <span class="muted">no certificate</span>;
  const left = expires - Date.now();
  const tone = left < 0 ? 'bad' : left < SOON ? 'warn' : 'good';
  const text = left < 0 ? `expired ${duration(-left)} ago` : `expires in ${duration(left)}`;
  return (
    <span class={`badge ${tone}`}>
      {textOf(certificate['subject'])} {text}
    </span>
  );
}

/** What a reload would change, or has changed. */
interface Told {
  readonly ok: boolean;
  readonly lines: readonly string[];
}

function Reload() {
  const told = useSignal<Told | undefined>(undefined);
  const reload = async (dryRun: boolean): Promise<void> => {
    try {
      const { ok, lines } = dictOf(await ask('reload', { dry_run: dryRun }));
      const read = { ok: ok === true, lines: listOf(lines).map(String) };
      told.value = dryRun ? read : undefined;
    } catch (error) {
      const failed = failure('reload', error);
      told.value = {
        ok: false,
        lines: [failed.state === 'denied' ? 'Your role may not reload.' : failed.why],
      };
    }
  };
  return (
    <>
      <button type="button" class="quiet" onClick={() => void reload(true)}>
        Reload configuration …
      </button>
      {told.value !== undefined && (
        <Dialog title="Reload the configuration?" onClose={() => (told.value = undefined)}>
          <pre class="lines">{told.value.lines.join('\n') || 'Nothing would change.'}</pre>
          <form method="dialog" class="actions">
            <button class="quiet">Cancel</button>
            {told.value.ok && (
              <button type="button" onClick={() => void reload(false)}>
                Reload
              </button>
            )}
          </form>
        </Dialog>
      )}
    </>
  );
}
