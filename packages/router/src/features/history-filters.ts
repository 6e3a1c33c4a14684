/** The filters of `wamp.subscription.get_events` (HIST-2). */
import { isId, type Id, type Kwargs } from '@wamp/protocol';
import type { Publication } from '../core/publication.ts';
import type { LoggedEvent } from '../stores/event-store.ts';
import { invalid } from './arguments.ts';

/** All conditions apply together; the limit is applied last, in the requested direction (T-22). */
export interface HistoryFilters {
  readonly reverse: boolean;
  readonly limit: number;
  /** The publications at which the range begins or ends, as far as given. */
  readonly bounds: readonly { readonly name: BoundName; readonly publication: Id }[];
  /** The range of publication times, both ends included (ms since the epoch). */
  readonly from: number;
  readonly until: number;
  /** Whether an event passes the filters by topic and by time. */
  readonly accepts: (event: LoggedEvent) => boolean;
}

const BOUNDS = ['from_publication', 'after_publication', 'before_publication', 'until_publication'] as const;
type BoundName = (typeof BOUNDS)[number];

/** The names of the filters, which are keyword arguments. */
export const FILTERS: readonly string[] = [
  ...['reverse', 'limit', 'topic', 'from_time', 'after_time', 'before_time', 'until_time'],
  ...BOUNDS,
];

/** @throws ApplicationError `wamp.error.invalid_argument` that names the invalid filter */
export function historyFilters(kwargs: Kwargs): HistoryFilters {
  const topic = textFilter(kwargs, 'topic');
  const [from = -Infinity, after = -Infinity, before = Infinity, until = Infinity] = [
    ...['from_time', 'after_time', 'before_time', 'until_time'],
  ].map((name) => timeFilter(kwargs, name));
  const bounds = BOUNDS.flatMap((name) => {
    const publication = idFilter(kwargs, name);
    return publication === undefined ? [] : [{ name, publication }];
  });
  return {
    reverse: booleanFilter(kwargs, 'reverse'),
    limit: limitFilter(kwargs) ?? Infinity,
    bounds,
    from: Math.max(from, after),
    until: Math.min(until, before),
    accepts: ({ time, publication }) =>
      (topic === undefined || isOf(publication, topic)) &&
      time >= from &&
      time > after &&
      time < before &&
      time <= until,
  };
}

function isOf(publication: Publication, topic: string): boolean {
  return publication.topic === topic;
}

/** The range of offsets given by the bounds; empty when one of their publications is not in the log. */
export function offsetsWithin(
  { bounds }: HistoryFilters,
  offsets: readonly (number | undefined)[],
): { readonly after: number; readonly upTo: number } {
  let [after, upTo] = [0, Infinity];
  bounds.forEach(({ name }, index) => {
    const offset = offsets[index];
    if (offset === undefined) upTo = 0;
    else if (name === 'from_publication') after = Math.max(after, offset - 1);
    else if (name === 'after_publication') after = Math.max(after, offset);
    else if (name === 'before_publication') upTo = Math.min(upTo, offset - 1);
    else upTo = Math.min(upTo, offset);
  });
  return { after, upTo };
}

/** The limit, an integer greater than 0. */
export function limitFilter(filters: Kwargs): number | undefined {
  const value = given(filters, 'limit');
  if (value === undefined || (isId(value) && Number.isSafeInteger(value))) return value;
  throw invalid('limit: expected an integer greater than 0');
}

/** The value of a filter; undefined when it is null. */
export function given(filters: Kwargs, name: string): unknown {
  return filters[name] ?? undefined;
}

const RFC_3339 = /^(\d{4}-\d\d-\d\d)[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

function timeFilter(filters: Kwargs, name: string): number | undefined {
  const text = textFilter(filters, name);
  if (text === undefined) return undefined;
  const [, day = ''] = RFC_3339.exec(text) ?? [];
  const time = isDay(day) ? Date.parse(text) : NaN;
  if (Number.isNaN(time)) throw invalid(`${name}: expected a time in RFC 3339 format`);
  return time;
}

/** Whether a day exists: `Date` turns February 30 into March 2. */
function isDay(day: string): boolean {
  const start = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(start.getTime()) && start.toISOString().startsWith(day);
}

function textFilter(filters: Kwargs, name: string): string | undefined {
  const value = given(filters, name);
  if (value !== undefined && typeof value !== 'string') throw invalid(`${name}: expected a string`);
  return value;
}

function booleanFilter(filters: Kwargs, name: string): boolean {
  const value = given(filters, name) ?? false;
  if (typeof value !== 'boolean') throw invalid(`${name}: expected a bool`);
  return value;
}

function idFilter(filters: Kwargs, name: string): Id | undefined {
  const value = given(filters, name);
  if (value === undefined || isId(value)) return value;
  throw invalid(`${name}: expected a publication id`);
}
