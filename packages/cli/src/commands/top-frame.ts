/** The display of `wamp top`, as lines of text. */
import { harmless } from '../output/json.ts';
import { age, figure, grouped, milliseconds, plural, size } from '../output/numbers.ts';
import type { Output } from '../output/output.ts';
import { table, type Column } from '../output/table.ts';
import type { Settings } from '../session/settings.ts';
import { rateOfType, ratesOf, type Metrics } from './metrics.ts';

/** The source of the display. */
export interface FrameSource {
  readonly out: Pick<Output, 'style'>;
  readonly settings: Pick<Settings, 'url' | 'realm'> | undefined;
}

/** Two readings: the later one, and the rates between them. */
export interface Pair {
  readonly before: Metrics;
  readonly metrics: Metrics;
  readonly answer: number;
}

/** The number of message types listed: the most frequent. */
const TYPES = 10;

export function topFrame(
  { out: { style }, settings }: FrameSource,
  { before, metrics, answer }: Pair,
): string[] {
  const { bold, dim, red } = style;
  const where =
    settings === undefined ? [] : [`${bold('wamp top')}  ${settings.realm} at ${harmless(settings.url)}`];
  const rates = ratesOf(before, metrics);
  const exceeded = Object.entries(metrics.limits_exceeded).filter(([, count]) => count > 0);
  const limits = exceeded.map(([limit, count]) => `${harmless(limit)} ${grouped(count)}`).join('  ');
  return [
    ...where,
    dim(`up ${age(metrics.uptime_ms)}, answers in ${milliseconds(answer)}`),
    '',
    [
      ...(['session', 'registration', 'subscription'] as const).map((noun) => {
        const count = metrics[`${noun}s`];
        return `${bold(grouped(count))} ${plural(count, noun)}`;
      }),
      `${bold(size(metrics.kept_bytes['total'] ?? 0))} kept`,
    ].join('   '),
    '',
    ...table(COUNTERS, countersOf(rates, metrics), style).split('\n'),
    '',
    ...table(TYPE_COLUMNS, typesOf(before, metrics), style).split('\n'),
    ...(limits === '' ? [] : ['', `${red('limits met')}  ${limits}`]),
  ];
}

interface Counter {
  readonly name: string;
  readonly rate: number;
  readonly total: number;
}

const LABELS: readonly (readonly [counter: string, label: string])[] = [
  ['calls', 'calls'],
  ['publications', 'publications'],
  ['events', 'events delivered'],
  ['errors', 'errors'],
  ['messages_received', 'messages received'],
  ['messages_sent', 'messages sent'],
  ['messages_dropped', 'messages dropped'],
  ['requests_denied', 'requests denied'],
];
const COUNTERS: readonly Column<Counter>[] = [
  { title: 'COUNT', cell: ({ name }) => name.padEnd(18) },
  { title: 'PER SECOND', cell: ({ rate }) => perSecond(rate), align: 'right' },
  { title: '        TOTAL', cell: ({ total }) => grouped(total), align: 'right' },
];

function countersOf(rates: Readonly<Record<string, number>>, { totals }: Metrics): Counter[] {
  return LABELS.map(([counter, name]) => ({ name, rate: rates[counter] ?? 0, total: totals[counter] ?? 0 }));
}

interface TypeRow {
  readonly type: string;
  readonly received: number;
  readonly sent: number;
}

const TYPE_COLUMNS: readonly Column<TypeRow>[] = [
  { title: 'MESSAGES', cell: ({ type }) => type.padEnd(18) },
  { title: 'RECEIVED/S', cell: ({ received }) => perSecond(received), align: 'right' },
  { title: '       SENT/S', cell: ({ sent }) => perSecond(sent), align: 'right' },
];

function typesOf(before: Metrics, metrics: Metrics): TypeRow[] {
  const { received = {}, sent = {} } = metrics.by_type;
  const types = new Set([...Object.keys(received), ...Object.keys(sent)]);
  const rows = [...types].map((type) => ({
    type,
    received: rateOfType(before, metrics, 'received', type),
    sent: rateOfType(before, metrics, 'sent', type),
  }));
  const busiest = rows.sort(
    (a, b) => b.received + b.sent - (a.received + a.sent) || a.type.localeCompare(b.type),
  );
  return busiest.slice(0, TYPES);
}

function perSecond(rate: number): string {
  return rate === 0 ? '–' : rate < 10 ? figure(rate) : grouped(rate);
}
