/** C6: every option of the library has its key in the file, or a reason not to have one. */
import type { BridgeOptions, WebhookOptions } from '@wamp/http-bridge';
import type { TracingOptions } from '@wamp/opentelemetry';
import type { HttpEntranceOptions, RealmSettings, RealmTemplate, RouterOptions } from '@wamp/router';
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
/** Besides those of a realm, which stand below `realm_templates[]` as below `realms[]`. */
const OF_TEMPLATES: Readonly<Record<Exclude<keyof RealmTemplate, keyof RealmSettings> | 'stores', Place>> = {
  uri: { key: 'realm_templates[].uri' },
  maxRealms: { key: 'realm_templates[].max_realms' },
  maxRealmsPerAddress: { key: 'realm_templates[].max_realms_per_address' },
  idle: { key: 'realm_templates[].idle' },
  stores: { key: 'realm_templates[].stores' },
};
const OF_ROUTER: Readonly<Record<Exclude<keyof RouterOptions, keyof RealmSettings>, Place>> = {
  realms: { key: 'realms' },
  realmTemplates: { key: 'realm_templates' },
  strictRequestIds: { key: 'strict_request_ids' },
  limits: { key: 'limits' },
  attempts: { key: 'attempts' },
  agent: { key: 'agent' },
  cluster: { key: 'cluster' },
  log: { key: 'log' },
  clock: FOR_TESTS,
  globalId: FOR_TESTS,
  random: FOR_TESTS,
  nextTurn: FOR_TESTS,
};

const OF_BRIDGES: Readonly<Record<Exclude<keyof BridgeOptions, keyof HttpEntranceOptions>, Place>> = {
  path: { key: 'listeners[].http_bridges' },
  realm: { key: 'listeners[].http_bridges.*.realm' },
  bodySize: { key: 'listeners[].http_bridges.*.body_size' },
  bodyTimeout: { key: 'listeners[].http_bridges.*.body_timeout' },
  callTimeout: { key: 'listeners[].http_bridges.*.call_timeout' },
  heartbeat: { key: 'listeners[].http_bridges.*.heartbeat' },
  sessionIdle: { key: 'listeners[].http_bridges.*.session_idle' },
  sessionAge: { key: 'listeners[].http_bridges.*.session_age' },
  sessions: { key: 'listeners[].http_bridges.*.sessions' },
  cookie: { key: 'listeners[].http_bridges.*.cookie' },
};
const OF_WEBHOOKS: Readonly<Record<keyof WebhookOptions, Place>> = {
  realm: { key: 'realms[].webhooks' },
  name: { none: 'is made of realm, topic and target' },
  topic: { key: 'realms[].webhooks[].topic' },
  match: { key: 'realms[].webhooks[].match' },
  target: { key: 'realms[].webhooks[].target' },
  secret: { key: 'realms[].webhooks[].secret' },
  role: { key: 'realms[].webhooks[].role' },
  timeout: { key: 'realms[].webhooks[].timeout' },
  attempts: { key: 'realms[].webhooks[].attempts' },
  firstDelay: { key: 'realms[].webhooks[].first_delay' },
  longestDelay: { key: 'realms[].webhooks[].longest_delay' },
  queueSize: { key: 'realms[].webhooks[].queue_size' },
  deadLetterSize: { key: 'realms[].webhooks[].dead_letter_size' },
  allowPrivate: { key: 'realms[].webhooks[].allow_private' },
  resolve: FOR_TESTS,
  random: FOR_TESTS,
};

const OF_TRACING: Readonly<Record<keyof TracingOptions, Place>> = {
  endpoint: { key: 'tracing.endpoint' },
  headers: { key: 'tracing.headers' },
  serviceName: { key: 'tracing.service_name' },
  ratio: { key: 'tracing.ratio' },
  honorParents: { key: 'tracing.honor_parents' },
  queueSize: { key: 'tracing.queue_size' },
  batchSize: { key: 'tracing.batch_size' },
  interval: { key: 'tracing.interval' },
  timeout: { key: 'tracing.timeout' },
  attempts: { key: 'tracing.attempts' },
  post: FOR_TESTS,
  random: FOR_TESTS,
};

const OF_HTTP = [...Object.entries(OF_BRIDGES), ...Object.entries(OF_WEBHOOKS)];
const IN_TEMPLATES = Object.entries(OF_REALM).map(([option, place]): [string, Place] => [
  `${option} of a template`,
  'key' in place ? { key: place.key.replace(/^realms/, 'realm_templates') } : place,
]);
test.each([
  ...Object.entries({ ...OF_REALM, ...OF_ROUTER }),
  ...Object.entries(OF_TEMPLATES),
  ...IN_TEMPLATES,
  ...OF_HTTP,
  ...Object.entries(OF_TRACING),
])('C6 the option %s has its key', (_, place) => {
  if ('none' in place) return;
  const found = place.key.split(/\.|(?=\[\])/).reduce<JsonSchema | undefined>((part, step) => {
    if (step === '*') return part?.additionalProperties === false ? undefined : part?.additionalProperties;
    return step === '[]' ? part?.items : part?.properties?.[step];
  }, jsonSchema());
  expect(found?.description).toMatch(/\w/);
});
