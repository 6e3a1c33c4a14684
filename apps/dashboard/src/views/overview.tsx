/** Overview: the numbers of the whole router, now and in the last hour. */
import type { Asked } from '../parts/asked.ts';
import { EVERY, useAsked } from '../parts/asked.ts';
import { figure, milliseconds, percent, size } from '../lib/figures.ts';
import { dictOf, type Dict } from '../lib/read.ts';
import { growthOf, latestOf, type Line, type Samples } from '../lib/samples.ts';
import { Chart } from '../parts/chart.tsx';
import { Figure } from '../parts/panel.tsx';
import { useSamples } from '../parts/recorded.ts';
import { Answer } from '../parts/states.tsx';
import { LimitsPanel } from './limits.tsx';
import { RealmsPanel } from './realms.tsx';
import { RouterPanel } from './router-panel.tsx';

export function Overview() {
  const samples = useSamples();
  const status = useAsked({
    name: 'status',
    kwargs: { exclude_own: true },
    every: EVERY,
    read: dictOf,
  });
  return (
    <>
      <Answer asked={samples.value} what="numbers">
        {(known) => <Numbers samples={known} status={valueOf(status.value)} />}
      </Answer>
      <RealmsPanel />
      <div class="columns">
        <RouterPanel status={status.value} />
        <LimitsPanel />
      </div>
    </>
  );
}

function valueOf<T>(asked: Asked<T>): T | undefined {
  return asked.state === 'known' ? asked.value : undefined;
}

const CALLS: Line = { label: 'calls', column: 'calls', as: 'rate' };
const EVENTS: Line = { label: 'events', column: 'events', as: 'rate' };
const ERRORS: Line = { label: 'errors', column: 'errors', as: 'rate' };
const P50: Line = { label: 'p50', column: 'call_p50_ms' };
const P90: Line = { label: 'p90', column: 'call_p90_ms' };
const P99: Line = { label: 'p99', column: 'call_p99_ms' };
const SESSIONS: Line = { label: 'sessions', column: 'sessions' };
const QUEUE: Line = { label: 'queued', column: 'queue_bytes' };
const DROPS: Line = { label: 'dropped', column: 'dropped', as: 'rate' };
const LAG: Line = { label: 'lag p99', column: 'event_loop_lag_ms' };
const RSS: Line = { label: 'resident', column: 'rss' };
const HEAP: Line = { label: 'heap', column: 'heap_used' };
const CPU: Line = { label: 'CPU', column: 'cpu_ms', as: 'rate', times: 0.001 };
const LOOP: Line = { label: 'event loop', column: 'event_loop_utilization' };

interface NumbersProps {
  readonly samples: Samples;
  readonly status: Dict | undefined;
}

function Numbers({ samples, status }: NumbersProps) {
  return (
    <>
      <Figures samples={samples} status={status} />
      <div class="charts">
        <Chart title="Traffic per second" samples={samples} lines={[CALLS, EVENTS, ERRORS]} tell={figure} />
        <Chart title="Latency of calls" samples={samples} lines={[P50, P90, P99]} tell={milliseconds} />
        <Chart title="Sessions" samples={samples} lines={[SESSIONS]} tell={figure} least={10} />
        <Chart title="Waiting for clients" samples={samples} lines={[QUEUE]} tell={size} least={1024} />
        <Chart title="Memory" samples={samples} lines={[RSS, HEAP]} tell={size} least={1024} />
        <Chart title="Load" samples={samples} lines={[CPU, LOOP]} tell={percent} least={0.1} />
      </div>
    </>
  );
}

function Figures({ samples, status }: NumbersProps) {
  const now = (line: Line): number | null => latestOf(samples, line);
  const [dropped, limits] = [now(DROPS), growthOf(samples, 'limits_met')];
  const sessions = typeof status?.['sessions'] === 'number' ? status['sessions'] : now(SESSIONS);
  return (
    <dl class="figures">
      <Figure name="Sessions" value={figure(sessions)} />
      <Figure name="Calls" value={figure(now(CALLS))} unit="/s" />
      <Figure name="Events" value={figure(now(EVENTS))} unit="/s" />
      <Figure name="Errors" value={figure(now(ERRORS))} unit="/s" tone={toneOf(now(ERRORS))} />
      <Figure name="Latency" value={milliseconds(now(P50))} note={`p99 ${milliseconds(now(P99))}`} />
      <Figure name="Queued" value={size(now(QUEUE))} />
      <Figure name="Dropped" value={figure(dropped)} unit="/s" tone={toneOf(dropped)} />
      <Figure name="Limits met" value={figure(limits)} note="in this hour" tone={toneOf(limits)} />
      <Figure name="Event-loop lag" value={milliseconds(now(LAG))} note="p99" />
      <Figure name="Memory" value={size(now(RSS))} note={`heap ${size(now(HEAP))}`} />
    </dl>
  );
}

function toneOf(value: number | null): 'warn' | undefined {
  return value !== null && value > 0 ? 'warn' : undefined;
}
