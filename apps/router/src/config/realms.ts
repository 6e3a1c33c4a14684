/** What a configuration says of realms. */
import type { Quotas } from '@wamp/router';
import type { UriRules } from '@wamp/protocol';
import { z } from 'zod';
import { camelKeys } from './camel-keys.ts';
import { distinct, uri } from './kinds.ts';
import { quotas } from './limits.ts';

/** A realm, and what holds in it. */
export interface RealmConfiguration {
  readonly name: string;
  readonly uriRules: UriRules;
  readonly disclosure: boolean;
  readonly quotas: Quotas;
}

export function realms(): z.ZodType<readonly RealmConfiguration[]> {
  const all = distinct(z.array(realm()).min(1), 'name', 'is the name of another realm, too');
  return all.meta({ title: 'a list of realms' });
}

function realm(): z.ZodType<RealmConfiguration> {
  return z
    .strictObject({
      name: uri().describe('Name that clients join it by.'),
      uri_rules: z
        .enum(['loose', 'strict'])
        .default('loose')
        .describe('How URIs are judged: strict ones have nothing but digits, lower-case letters and `_`.'),
      disclosure: z
        .boolean()
        .default(true)
        .describe('Whether callers and publishers may be disclosed when they or the callee ask for it.'),
      quotas: quotas().prefault({}).describe('How much of the realm one session may take.'),
    })
    .transform(camelKeys)
    .meta({ title: 'a mapping for a realm' });
}
