/** The common part of the meta APIs of registrations and subscriptions: list, lookup, get. */
import { isReserved, type Args, type Id, type MatchPolicy, type Uri } from '@wamp/protocol';
import type { ReadonlyPatternMap } from '../core/pattern-map.ts';
import { invalid, textArgument } from './arguments.ts';
import { picked } from './long-answers.ts';

/** A registration or a subscription. */
export interface PatternEntry {
  readonly id: Id;
  readonly match: MatchPolicy;
  readonly created: number;
}

const POLICIES: readonly MatchPolicy[] = ['exact', 'prefix', 'wildcard'];

/** The ids of all entries by match policy, as the only argument of an answer, without those of the router itself. */
export function* listByPolicy<V extends PatternEntry>(
  map: ReadonlyPatternMap<V>,
  uriOf: (entry: V) => Uri,
): Generator<void, Args> {
  const shown = (entry: V): Id | undefined => (isReserved(uriOf(entry)) ? undefined : entry.id);
  const lists: Record<string, Id[]> = {};
  for (const match of POLICIES) lists[match] = yield* picked(map.values(match), shown);
  return [lists];
}

/** The id of the entry with exactly this pattern, or null. */
export function lookupPattern<V extends PatternEntry>(
  map: ReadonlyPatternMap<V>,
  uri: unknown,
  options: unknown,
): Id | null {
  const pattern = textArgument(uri, 'uri');
  const entry = map.get(policyOf(options), pattern);
  return entry === undefined || isReserved(pattern) ? null : entry.id;
}

/** The time of creation, in the format of the meta APIs (ISO 8601). */
export function createdAt({ created }: PatternEntry): string {
  return new Date(created).toISOString();
}

function policyOf(options: unknown): MatchPolicy {
  if (options === undefined || options === null) return 'exact';
  if (typeof options !== 'object' || Array.isArray(options)) throw invalid('options: expected a dict');
  const match: unknown = 'match' in options ? (options.match ?? 'exact') : 'exact';
  const policy = POLICIES.find((candidate) => candidate === match);
  if (policy === undefined) throw invalid('options.match: expected exact, prefix or wildcard');
  return policy;
}
