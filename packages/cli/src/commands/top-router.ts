/** `wamp top --router`: the activity of all realms of a router, live, from its admin realm. */
import { harmless } from '../output/json.ts';
import { age, figure, grouped, milliseconds, plural, size } from '../output/numbers.ts';
import { table, type Column } from '../output/table.ts';
import { realmRate, type RealmReading, type RouterReading } from './router-metrics.ts';
import { dictOf, numberOf } from './told-values.ts';
import type { FrameSource } from './top-frame.ts';

/** Two readings, and how long the router took to answer (ms). */
interface RouterPair {
  readonly before: RouterReading;
  readonly now: RouterReading;
  readonly answer: number;
}

/** How many realms are shown: the most active ones. */
const MOST_REALMS = 15;

export function routerFrame({ out: { style }, settings }: FrameSource, pair: RouterPair): string[] {
  const { bold, dim } = style;
  const { status, latency } = pair.now;
  const where = settings === undefined ? [] : [`${bold('wamp top')}  router at ${harmless(settings.url)}`];
  const [memory, lag] = [dictOf(status['memory']), dictOf(status['event_loop_lag_ms'])];
  const told = (ms: number | undefined): string => (ms === undefined ? '–' : milliseconds(ms));
  const counted = (noun: string): string => {
    const count = numberOf(status[`${noun}s`]);
    return `${bold(grouped(count))} ${plural(count, noun)}`;
  };
  return [
    ...where,
    dim(
      `version ${harmless(String(status['version']))}, up ${age(numberOf(status['uptime_ms']))}, ` +
        `answers in ${milliseconds(pair.answer)}${status['draining'] === true ? ', draining' : ''}`,
    ),
    '',
    `${counted('session')}   ${counted('connection')}   ` +
      `${bold(size(numberOf(status['queue_bytes'])))} queued   ${bold(size(numberOf(memory['rss'])))} memory`,
    `latency of calls p50 ${bold(told(latency.p50))} p99 ${bold(told(latency.p99))}   ` +
      `event-loop lag p99 ${bold(milliseconds(numberOf(lag['p99'])))}`,
    '',
    ...table(columnsOf(pair), busiest(pair), style).split('\n'),
  ];
}

/** The rates that are shown, and written as JSON. */
const RATES = ['calls', 'events', 'errors', 'dropped', 'received', 'sent'] as const;

function columnsOf({ before, now }: RouterPair): readonly Column<RealmReading>[] {
  const rate = (counter: (typeof RATES)[number]): Column<RealmReading> => ({
    title: `${counter.toUpperCase()}/S`,
    cell: ({ realm }) => perSecond(realmRate(before, now, realm, counter)),
    align: 'right',
  });
  const number = (title: string, name: string): Column<RealmReading> => ({
    title,
    cell: ({ numbers }) => grouped(numbers[name] ?? 0),
    align: 'right',
  });
  return [
    { title: 'REALM', cell: ({ realm }) => harmless(realm) },
    number('SESSIONS', 'sessions'),
    ...RATES.map(rate),
    number('IN FLIGHT', 'calls_in_flight'),
  ];
}

function busiest({ before, now }: RouterPair): readonly RealmReading[] {
  const activity = ({ realm }: RealmReading): number =>
    realmRate(before, now, realm, 'received') + realmRate(before, now, realm, 'sent');
  return [...now.realms].sort((a, b) => activity(b) - activity(a)).slice(0, MOST_REALMS);
}

function perSecond(rate: number): string {
  return rate === 0 ? '–' : rate < 10 ? figure(rate) : grouped(rate);
}

/** A reading as JSON. */
export function routerRecord({ before, now, answer }: RouterPair, time: string): object {
  const isFirst = before === now;
  return {
    time,
    answer_ms: Math.round(answer * 1000) / 1000,
    ...now.status,
    call_ms: { p50: now.latency.p50 ?? null, p99: now.latency.p99 ?? null },
    realms: now.realms.map(({ realm, numbers }) => ({
      realm,
      ...numbers,
      per_second: isFirst
        ? null
        : Object.fromEntries(RATES.map((counter) => [counter, realmRate(before, now, realm, counter)])),
    })),
  };
}
