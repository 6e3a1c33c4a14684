/** Parses the URL and the headers of a request for an event stream. */
import type { IncomingMessage } from 'node:http';
import type { HttpRefusal } from '@wamp/router';
import { NO_EVENT_ID, NO_TOPIC } from './refusals.ts';

/** A position in the log of a subscription, and the session that had reached it. */
export interface StreamPosition {
  readonly epoch: number;
  /** The offset of the last event that the reader has. */
  readonly offset: number;
  /** The id of the session that delivered it. */
  readonly session: number;
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
  const [, epoch, offset, session] = /^(\d{1,16})-(\d{1,16})-(\d{1,16})$/.exec(id) ?? [];
  const position = { epoch: Number(epoch), offset: Number(offset), session: Number(session) };
  const isWhole = Object.values(position).every((number) => Number.isSafeInteger(number));
  return isWhole && position.epoch > 0 && position.session > 0 ? position : undefined;
}

/** The id of an event, which clients return in `Last-Event-ID`. */
export function eventIdOf({ epoch, offset, session }: StreamPosition): string {
  return `${epoch}-${offset}-${session}`;
}
