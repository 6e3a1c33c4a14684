/** What the URL and the headers of an event stream ask for. */
import type { IncomingMessage } from 'node:http';
import type { HttpRefusal } from '@wamp/router';
import { NO_EVENT_ID, NO_TOPIC } from './refusals.ts';

/** A place in the log of a subscription, and whose it was. */
export interface StreamPosition {
  readonly epoch: number;
  /** Of the last event that the reader has. */
  readonly offset: number;
  /** The id of the session that has told it. */
  readonly session: number;
}

/** What a stream is of. */
export interface EventQuery {
  readonly topic: string;
  readonly match: 'exact' | 'prefix' | 'wildcard';
  readonly retained: boolean;
  /** Where the reader was; undefined for one that begins. */
  readonly after: StreamPosition | undefined;
}

const MATCHES: readonly string[] = ['exact', 'prefix', 'wildcard'] satisfies readonly EventQuery['match'][];

/** Reads `?topic=…&match=…&get_retained=true&last_event_id=…`; the header Last-Event-ID counts before the last. */
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

/** The id of an event, as `Last-Event-ID` brings it back. */
export function eventIdOf({ epoch, offset, session }: StreamPosition): string {
  return `${epoch}-${offset}-${session}`;
}
