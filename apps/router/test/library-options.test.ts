/** C6: every option of the library has its key in the file, or a reason not to have one. */
import type { RealmSettings, RouterOptions } from '@wamp/router';
import { expect, test } from 'vitest';
import { jsonSchema, type JsonSchema } from '../src/config/schema.ts';

/** Where an option stands in the file, or why it does not. */
type Place = { readonly key: string } | { readonly none: string };

const FOR_TESTS = { none: 'is for tests' };

/** The compiler asks for a row when the library gets an option. */
const OF_REALM: Readonly<Record<keyof RealmSettings, Place>> = {
  authenticators: { key: 'realms[].auth' },
  authorizer: { key: 'realms[].roles' },
  features: { key: 'realms[].history' },
  uriRules: { key: 'realms[].uri_rules' },
  disclosure: { key: 'realms[].disclosure' },
  trustLevel: { key: 'realms[].trust_levels' },
  slowConsumers: { key: 'realms[].slow_consumers' },
  quotas: { key: 'realms[].quotas' },
  stores: { key: 'realms[].stores' },
  maxSessions: { key: 'realms[].max_sessions' },
};
const OF_ROUTER: Readonly<Record<Exclude<keyof RouterOptions, keyof RealmSettings>, Place>> = {
  realms: { key: 'realms' },
  strictRequestIds: { key: 'strict_request_ids' },
  limits: { key: 'limits' },
  attempts: { key: 'attempts' },
  agent: { key: 'agent' },
  log: { key: 'log' },
  clock: FOR_TESTS,
  globalId: FOR_TESTS,
  random: FOR_TESTS,
  nextTurn: FOR_TESTS,
};

test.each(Object.entries({ ...OF_REALM, ...OF_ROUTER }))('C6 the option %s has its key', (_, place) => {
  if ('none' in place) return;
  const found = place.key.split(/\.|(?=\[\])/).reduce<JsonSchema | undefined>((part, step) => {
    return step === '[]' ? part?.items : part?.properties?.[step];
  }, jsonSchema());
  expect(found?.description).toMatch(/\w/);
});
