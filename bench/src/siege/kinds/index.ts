/** The kinds of attack by name. Each is legal: rights, forms and limits of the specification are kept. */
import type { Speech } from '../link.ts';
import { churn, leave, metaCalls, metaEvents } from './asking.ts';
import { batches, callBursts, eventBursts, read, readForeign, serve } from './bursting.ts';
import { cancels, shapes, shares, streams } from './calling.ts';
import type { Kind } from './kind.ts';
import { allMatch, prefixes, wildcardCalls, wildcardEvents } from './matching.ts';
import { eligible, retained, testaments, topics, waiting } from './storing.ts';

export const KINDS: Readonly<Record<string, Kind>> = {
  testaments,
  retained,
  waiting,
  eligible,
  topics,
  wildcardCalls,
  wildcardEvents,
  allMatch,
  prefixes,
  batches,
  callBursts,
  serve,
  eventBursts,
  read,
  readForeign,
  cancels,
  streams,
  shares,
  shapes,
  metaCalls,
  churn,
  leave,
  metaEvents,
};

/** The kinds for sieges with one after the other; publishers and readers, which attack in combination, form a group. */
export const GROUPS: readonly (readonly string[])[] = [
  ...['testaments', 'retained', 'waiting', 'eligible', 'topics', 'wildcardCalls', 'wildcardEvents'].map(
    (kind) => [kind],
  ),
  ...['allMatch', 'prefixes', 'batches', 'cancels', 'streams', 'shares', 'metaCalls', 'leave'].map((kind) => [
    kind,
  ]),
  ['callBursts', 'serve'],
  ['eventBursts', 'read'],
  ['eventBursts', 'readForeign'],
  ['shapes', 'readForeign', 'serve'],
  ['churn', 'metaEvents'],
];

/** The transports and serializers that a kind uses. */
export function speechesFor(kind: string): readonly Speech[] {
  if (kind === 'readForeign') return ['msgpack', 'cbor'];
  if (kind === 'batches') return ['batched'];
  return ['rawsocket', 'rawsocket', 'websocket'];
}
