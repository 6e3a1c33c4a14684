/** Parses the URL and the headers of a request for an event stream. */
import type { IncomingMessage } from 'node:http';
import type { HttpRefusal, LocalEvent } from '@wamp/router';
import { NO_EVENT_ID, NO_TOPIC } from './refusals.ts';

/** A position in the log of a subscription, and the session that had reached it. */
export interface StreamPosition {
  readonly epoch: number;
  /** The offset of the last event that the reader has. */
  readonly offset: number;
  /** The id of the session that delivered it. */
  readonly session: number;
  /** The number of the last event that the reader has of each node, in a realm that a cluster shares; see docs/history.md. */
  readonly seen?: Readonly<Record<string, number>> | undefined;
}

/** The subscription that a stream requests. */
export interface EventQuery {
  readonly topic: string;
  readonly match: 'exact' | 'prefix' | 'wildcard';
  readonly retained: boolean;
  /** The position of the reader; undefined for a new one. */
  readonly after: StreamPosition | undefined;
}

const MATCHES: readonly string[] = ['exact', 'prefix', 'wildcard'] satisfies readonly EventQuery['match'][];

/** Parses `?topic=…&match=…&get_retained=true&last_event_id=…`; header Last-Event-ID has priority over `last_event_id`. */
export function eventQueryOf({ url = '', headers }: IncomingMessage): EventQuery | HttpRefusal {
  const query = new URLSearchParams(url.split('?').slice(1).join('?'));
  const [topic, ...more] = query.getAll('topic');
  const match = query.get('match') ?? 'exact';
  if (topic === undefined || more.length > 0 || !MATCHES.includes(match)) return NO_TOPIC;
  const id = String(headers['last-event-id'] ?? query.get('last_event_id') ?? '');
  const after = id === '' ? undefined : positionOf(id);
  if (id !== '' && after === undefined) return NO_EVENT_ID;
  const retained = query.get('get_retained') === 'true';
  return { topic, match: match as EventQuery['match'], retained, after };
}

function positionOf(id: string): StreamPosition | undefined {
  const [, epoch, offset, session, nodes = ''] =
    /^(\d{1,16})-(\d{1,16})-(\d{1,16})((?:-[0-9a-f]*\.\d{1,16})*)$/.exec(id) ?? [];
  const position = { epoch: Number(epoch), offset: Number(offset), session: Number(session) };
  const seen = Object.fromEntries(
    [...nodes.matchAll(/-([0-9a-f]*)\.(\d+)/g)].map(([, run = '', number]) => [run, Number(number)]),
  );
  const isWhole = [...Object.values(position), ...Object.values(seen)].every((number) =>
    Number.isSafeInteger(number),
  );
  if (!isWhole || position.epoch === 0 || position.session === 0) return undefined;
  return nodes === '' ? position : { ...position, seen };
}

/** The id of an event, which clients return in `Last-Event-ID`. */
export function eventIdOf({ epoch, offset, session, seen = {} }: StreamPosition): string {
  const nodes = Object.entries(seen).map(([run, number]) => `-${run}.${number}`);
  return `${epoch}-${offset}-${session}${nodes.join('')}`;
}

/** The position of a reader that has received an event; undefined if it had received it at another node of the cluster. */
export function positionAfter(position: StreamPosition, { details }: LocalEvent): StreamPosition | undefined {
  const { x_offset: offset = position.offset, x_origin: origin } = details;
  if (!Array.isArray(origin)) return { ...position, offset };
  const [run, number] = origin as [string, number];
  const { seen = {} } = position;
  return number <= (seen[run] ?? 0) ? undefined : { ...position, offset, seen: { ...seen, [run]: number } };
}
