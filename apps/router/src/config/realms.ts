/** Section `realms` of the configuration. */
import type { UriRules } from '@wamp/protocol';
import type { HistoryRule, Identity, Quotas, SlowConsumerPolicies, StoreLimits } from '@wamp/router';
import { z } from 'zod';
import { auth, type AuthConfiguration } from './auth.ts';
import { camelKeys } from './camel-keys.ts';
import type { Path } from './faults.ts';
import type { Files } from './files.ts';
import { count, distinct, together, uri, type Complain } from './kinds.ts';
import { quotas, stores } from './limits.ts';
import { history, slowConsumers, trustLevels, type TrustLevels } from './realm-features.ts';
import { roles, type RoleConfiguration } from './roles.ts';
import type { PrincipalSource } from './source.ts';
import { webhooks, type WebhookRule } from './webhooks.ts';

/** A realm. Without `auth` and `roles`, every client may do everything. */
export interface RealmConfiguration {
  readonly name: string;
  /** Default: anonymous clients only. */
  readonly auth?: AuthConfiguration;
  readonly roles?: Readonly<Record<string, RoleConfiguration>>;
  readonly uriRules: UriRules;
  readonly disclosure: boolean;
  readonly quotas: Quotas;
  readonly stores: StoreLimits;
  /** Default: no limit. */
  readonly maxSessions?: number;
  /** Whether it is shared with the other nodes of the cluster, if there is one; it is when absent. */
  readonly cluster?: boolean;
  readonly history: readonly HistoryRule[];
  /** By role; others are not disclosed in INVOCATION and EVENT. */
  readonly trustLevels: TrustLevels;
  readonly slowConsumers: SlowConsumerPolicies;
  /** None when absent. */
  readonly webhooks?: readonly WebhookRule[];
}

export function realms(files: Files): z.ZodType<readonly RealmConfiguration[]> {
  const all = distinct(z.array(realm(files)).min(1), 'name', 'is the name of another realm, too');
  return all.meta({ title: 'a list of realms' });
}

function realm(files: Files): z.ZodType<RealmConfiguration> {
  const written = z.strictObject({
    name: uri().describe('The name of the realm.'),
    auth: auth(files)
      .exactOptional()
      .describe('The authentication methods of the realm. By default, all clients are anonymous.'),
    roles: roles()
      .exactOptional()
      .describe('The permissions of each role. Without auth and roles, every client may do everything.'),
    uri_rules: z
      .enum(['loose', 'strict'])
      .default('loose')
      .describe('The rules for URIs: strict ones consist of digits, lower-case letters and `_` only.'),
    disclosure: z
      .boolean()
      .default(true)
      .describe('Whether callers and publishers can be disclosed at their own or the callee’s request.'),
    max_sessions: count(1, 1_000_000_000)
      .exactOptional()
      .describe('The maximum number of sessions; unlimited by default.'),
    cluster: z
      .boolean()
      .exactOptional()
      .describe('Whether the realm is shared with the other nodes of a cluster; true by default.'),
    quotas: quotas().prefault({}).describe('The limits of one session.'),
    history: history()
      .default([])
      .describe(
        'Topics whose events are recorded, for subscribers that return and for `wamp.subscription.get_events`.',
      ),
    trust_levels: trustLevels()
      .default({})
      .describe('Trust levels of callers and publishers by role, for INVOCATION and EVENT.'),
    slow_consumers: readTooSlowly(),
    webhooks: webhooks(files).exactOptional().describe('Topics whose events are posted to a URL.'),
    stores: stores().prefault({}).describe('The limits of the data that the realm keeps.'),
  });
  return together(written, checkRoles).transform(camelKeys).meta({ title: 'a mapping for a realm' });
}

function readTooSlowly(): z.ZodDefault<ReturnType<typeof slowConsumers>> {
  return slowConsumers()
    .default('disconnect')
    .describe(
      'What the router does with clients that read too slowly: one policy for all, or one by role. Other roles are disconnected.',
    );
}

/** Each role that is assigned must be defined. */
export function checkRoles(
  { auth: methods, roles: known, webhooks: hooks = [] }: Written,
  complain: Complain,
): void {
  hooks.forEach(({ role }, index) => {
    if (role === undefined || (known !== undefined && Object.hasOwn(known, role))) return;
    const names = Object.keys(known ?? {}).join(', ') || 'none';
    complain(['webhooks', index, 'role'], `is no role of this realm, expected one of ${names}`);
  });
  if (known === undefined) {
    if (methods !== undefined) complain(['roles'], 'is missing, expected the permissions of each role');
  } else if (methods === undefined) {
    if (Object.hasOwn(known, 'anonymous')) return;
    complain(['roles'], 'has no role anonymous, which everybody has where there is no auth');
  } else {
    const names = Object.keys(known).join(', ');
    for (const { role, path } of rolesGivenBy(methods)) {
      if (Object.hasOwn(known, role)) continue;
      complain(['auth', ...path], `is no role of this realm, expected one of ${names}`);
    }
  }
}

type Written = Pick<RealmConfiguration, 'auth' | 'roles' | 'webhooks'>;

/** A role, and the path where it is assigned. */
interface Giving {
  readonly role: string;
  readonly path: Path;
}

function rolesGivenBy(methods: AuthConfiguration): readonly Giving[] {
  const { anonymous, ticket, jwt, wampcra, scram, cryptosign, tls } = methods;
  return [
    ...(typeof anonymous === 'string' ? [{ role: anonymous, path: ['anonymous', 'role'] }] : []),
    ...(jwt !== undefined && 'name' in jwt.role ? [{ role: jwt.role.name, path: ['jwt', 'role'] }] : []),
    ...rolesOf('ticket', ticket),
    ...rolesOf('wampcra', wampcra),
    ...rolesOf('scram', scram),
    ...rolesOf('cryptosign', cryptosign?.source),
    ...rolesOf('tls', tls?.source),
  ];
}

function rolesOf(method: string, source: PrincipalSource<Identity> | undefined): readonly Giving[] {
  if (source === undefined || 'procedure' in source) return [];
  return [...source].map(([authid, { authrole: role }]) => ({
    role,
    path: [method, 'principals', authid, 'role'],
  }));
}
