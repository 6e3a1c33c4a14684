/** Sections `realms` and `realm_templates` of the configuration. */
import type { UriRules } from '@wamp/protocol';
import { DEFAULT_TEMPLATE_LIMITS, DEFAULT_TEMPLATE_STORES, isRealmOf, isRealmPattern } from '@wamp/router';
import type {
  DynamicAuthenticator,
  HistoryRule,
  Identity,
  Quotas,
  SlowConsumerPolicies,
  StoreLimits,
} from '@wamp/router';
import { z } from 'zod';
import { auth, type AuthConfiguration } from './auth.ts';
import { camelKeys } from './camel-keys.ts';
import type { Path } from './faults.ts';
import type { Files } from './files.ts';
import { ALWAYS, count, distinct, duration, NOT_WELL_FORMED, together, uri, type Complain } from './kinds.ts';
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
  /** Whether calls go to callees of this node first; false when absent. */
  readonly preferLocal?: boolean;
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
    ...settings(files),
    cluster: z
      .boolean()
      .exactOptional()
      .describe('Whether the realm is shared with the other nodes of a cluster; true by default.'),
    prefer_local: z
      .boolean()
      .exactOptional()
      .describe(
        'Whether calls go to callees of this node before those of other nodes of the cluster, for the policies random, roundrobin and load; false by default.',
      ),
    webhooks: webhooks(files).exactOptional().describe('Topics whose events are posted to a URL.'),
    stores: stores().prefault({}).describe('The limits of the data that the realm keeps.'),
  });
  return together(written, checkRoles).transform(camelKeys).meta({ title: 'a mapping for a realm' });
}

/** Realms that are created when a client is admitted to them; `name` is the pattern of their names. Times in ms. */
export interface TemplateConfiguration extends RealmConfiguration {
  readonly maxRealms: number;
  readonly maxRealmsPerAddress: number;
  /** How long a realm without sessions exists. */
  readonly idle: number;
}

export function realmTemplates(files: Files): z.ZodType<readonly TemplateConfiguration[]> {
  return z
    .array(realmTemplate(files))
    .superRefine((items: readonly unknown[], context) => {
      const seen = new Set<unknown>();
      items.forEach((item, index) => {
        const { name, uri: written = name } = Object(item) as {
          readonly name?: unknown;
          readonly uri?: unknown;
        };
        const message = 'is the pattern of another template, too';
        if (seen.has(written)) context.addIssue({ code: 'custom', path: [index, 'uri'], message });
        if (typeof written === 'string') seen.add(written);
      });
    }, ALWAYS)
    .meta({ title: 'a list of realm templates' });
}

function realmTemplate(files: Files): z.ZodType<TemplateConfiguration> {
  const { maxRealms, maxRealmsPerAddress, idle } = DEFAULT_TEMPLATE_LIMITS;
  const written = z.strictObject({
    uri: z
      .string()
      .refine(isRealmPattern, { message: NOT_WELL_FORMED })
      .meta({ title: 'a pattern with stars, such as com.example.* or com.*.live' })
      .describe(
        'The pattern of the names: a star at the end stands for any text, a star between dots for one component.',
      ),
    max_realms: count(1, 10_000)
      .default(maxRealms)
      .describe(
        'The maximum number of these realms. Another one takes the place of the one that has been idle for longest; if none is idle, the client gets wamp.error.limit_exceeded.',
      ),
    max_realms_per_address: count(1, 10_000)
      .default(maxRealmsPerAddress)
      .describe(
        'The maximum number of these realms that clients of one address have created; clients of this machine are not counted.',
      ),
    idle: duration(idle).describe('How long a realm without sessions exists; what it keeps goes with it.'),
    ...settings(files),
    cluster: z
      .boolean()
      .exactOptional()
      .describe('Must be false where there is a cluster: each node has realms of its own.'),
    stores: stores(DEFAULT_TEMPLATE_STORES)
      .prefault({})
      .describe('The limits of the data that each realm keeps, always in memory.'),
  });
  return together(written, (given, complain) => {
    checkRoles(given, complain);
    checkProcedures(given.auth, complain);
  })
    .transform(({ uri: name, ...rest }) => ({ name, ...camelKeys(rest) }))
    .meta({ title: 'a mapping for a realm template' });
}

/** A procedure that authenticates clients, and the method for which it does. */
interface PlacedProcedure extends DynamicAuthenticator {
  readonly method: string;
}

/** The dynamic authenticators of a realm. */
export function proceduresOf(auth: AuthConfiguration = {}): readonly PlacedProcedure[] {
  return Object.entries(auth).flatMap(([method, configured]: [string, unknown]) => {
    const { source = configured } = Object(configured) as { readonly source?: unknown };
    if (typeof source !== 'object' || source === null || !('procedure' in source)) return [];
    return [{ ...(source as DynamicAuthenticator), method }];
  });
}

/** A realm that is created for a client has no callee yet that could authenticate the client. */
function checkProcedures(auth: AuthConfiguration = {}, complain: Complain): void {
  for (const { method, realm: home } of proceduresOf(auth)) {
    if (home !== undefined) continue;
    complain(['auth', method, 'procedure'], 'is in no realm that exists yet, expected realm beside it');
  }
}

/** Whether the name is that of a realm, or of one that a template covers. */
export function bearsName(realm: RealmConfiguration | TemplateConfiguration, name: string): boolean {
  return 'maxRealms' in realm ? isRealmOf(realm.name, name) : realm.name === name;
}

/** What realms and templates have in common. */
function settings(files: Files) {
  return {
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
  };
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
