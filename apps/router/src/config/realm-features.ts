/** Sections of a realm besides permissions: event history, trust levels, slow consumers. */
import { isUri } from '@wamp/protocol';
import type { HistoryRule, SlowConsumerPolicies } from '@wamp/router';
import { z } from 'zod';
import { count, duration, NOT_WELL_FORMED } from './kinds.ts';
import { role } from './source.ts';

/** The level of each role. */
export type TrustLevels = Readonly<Record<string, number>>;

const POLICIES = ['disconnect', 'drop_oldest', 'drop_newest'] as const;

/** A topic, or a pattern of topics. */
export function topic(): z.ZodType<string, string> {
  return z
    .string()
    .refine((value) => value === '' || isUri(value.replaceAll(/(?<=^|\.)(?=\.|$)/g, 'x'), 'loose'), {
      message: NOT_WELL_FORMED,
    })
    .describe('The topic, or a pattern of topics.')
    .meta({ title: 'a URI, or a pattern of URIs' });
}

/** The topics whose events are recorded. */
export function history(): z.ZodType<readonly HistoryRule[]> {
  const rule = z.strictObject({
    topic: topic(),
    match: z
      .enum(['exact', 'prefix', 'wildcard'])
      .default('exact')
      .describe('How the topic is matched, as in a subscription.'),
    depth: count(1, 1_000_000_000).default(100).describe('The maximum number of events that are kept.'),
    age: duration(0).describe('The maximum age of an event; 0s for no limit.'),
  });
  const limited = rule.transform(({ age, ...rest }): HistoryRule => (age === 0 ? rest : { ...rest, age }));
  return z.array(limited.meta({ title: 'a mapping with topic' })).meta({ title: 'a list of topics' });
}

/** The trust levels of callers and publishers, by role. */
export function trustLevels(): z.ZodType<TrustLevels> {
  return z.record(role(), count(0, 1_000_000_000)).meta({ title: 'a mapping of whole numbers by role' });
}

/** How slow consumers are treated. */
export function slowConsumers(): z.ZodType<SlowConsumerPolicies> {
  const policy = z.enum(POLICIES);
  const title = `one of ${POLICIES.join(', ')}, or a mapping of these by role`;
  return z.union([policy, z.record(role(), policy)]).meta({ title });
}
