/** Decides whether a SUBSCRIBE is refused, and why. */
import { ErrorUri, isUri, type Subscribe, type UriRules } from '@wamp/protocol';
import type { ExceededQuota, Quota } from './holdings.ts';
import { TOO_MANY_SHAPES, type QuotaName, type Quotas } from './quotas.ts';
import { malformedUri, type Objection } from './requests.ts';

/** The name of each quota of subscriptions, and the explanation for a session that exceeds it. */
const QUOTAS = {
  all: ['subscriptions', 'too many subscriptions'],
  patterns: ['pattern_subscriptions', 'too many subscriptions to patterns'],
  shapes: ['pattern_shapes', TOO_MANY_SHAPES],
} as const satisfies Record<ExceededQuota, readonly [QuotaName, string]>;

/**
 * Why a SUBSCRIBE is refused; undefined when it is not.
 * @param isSubscribed whether the session has the subscription already
 * @param exceeded returns the quota that one more subscription would exceed
 */
export function objectionTo(
  { options: { match = 'exact' }, topic }: Subscribe,
  isSubscribed: boolean,
  { uriRules, quotas }: { readonly uriRules: UriRules; readonly quotas: Quotas },
  exceeded: (quota: Quota) => ExceededQuota | undefined,
): Objection | undefined {
  if (!isUri(topic, uriRules, match))
    return { error: ErrorUri.INVALID_URI, why: malformedUri(topic, uriRules, match) };
  if (isSubscribed) return undefined;
  const name = exceeded({ all: quotas.subscriptions, patterns: quotas.patternSubscriptions });
  if (name === undefined) return undefined;
  const [quota, why] = QUOTAS[name];
  return { error: ErrorUri.LIMIT_EXCEEDED, why, quota };
}
