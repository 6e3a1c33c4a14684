/** The authenticators and authorizers of a configuration. */
import type { Tracing } from '@wamp/opentelemetry';
import {
  anonymous,
  cryptosign,
  defaultFeatures,
  dynamicAuthorizer,
  permissions,
  scram,
  scramCredentials,
  ticket,
  tls,
  wampcra,
  type Authenticator,
  type EventStore,
  type NamedRealm,
  type Permissions,
  type RealmTemplate,
  type RolePermissions,
  type ScramCredentials,
  type TrustLevel,
} from '@wamp/router';
import { jwtVerifier } from '@wamp/router/jwt';
import type { AuthConfiguration, ScramPassword } from './config/auth.ts';
import type { TrustLevels } from './config/realm-features.ts';
import type { RealmConfiguration, TemplateConfiguration } from './config/realms.ts';
import type { RoleConfiguration } from './config/roles.ts';
import type { PrincipalSource } from './config/source.ts';
import { RightsSwitch } from './rights-switch.ts';

/** The options of a realm, and its permissions, which can be replaced while it is in use. */
export interface PreparedRealm extends NamedRealm {
  readonly authorizer?: RightsSwitch;
}

/** A template, and the permissions of its realms. */
export interface PreparedTemplate extends RealmTemplate {
  readonly authorizer?: RightsSwitch;
}

/** What all realms share. */
export interface SharedParts {
  /** The store of event history; undefined for memory. */
  readonly store?: EventStore | undefined;
  /** Records spans; undefined for none. */
  readonly traces?: Tracing | undefined;
}

export async function namedRealm(
  realm: RealmConfiguration,
  { store, traces }: SharedParts = {},
): Promise<PreparedRealm> {
  const { auth, roles, history, trustLevels, ...rest } = realm;
  return {
    ...rest,
    features: [
      ...defaultFeatures({ history, ...(store === undefined ? {} : { store }) }),
      ...(traces === undefined ? [] : [traces.feature]),
    ],
    ...(Object.keys(trustLevels).length === 0 ? {} : { trustLevel: trustLevelBy(trustLevels) }),
    ...(auth === undefined ? {} : { authenticators: await authenticatorsFor(auth) }),
    ...(roles === undefined ? {} : { authorizer: new RightsSwitch(permissionsFor(roles)) }),
  };
}

/** Realms of a template are in memory, even if there is a store: clients choose their names, and would fill the disk. */
export async function preparedTemplate(
  template: TemplateConfiguration,
  { traces }: SharedParts = {},
): Promise<PreparedTemplate> {
  const { maxRealms, maxRealmsPerAddress, idle } = template;
  const { name: uri, cluster: _own, ...realm } = await namedRealm(template, { traces });
  return { ...realm, uri, maxRealms, maxRealmsPerAddress, idle };
}

/** A role that is not listed has no trust level. */
function trustLevelBy(levels: TrustLevels): TrustLevel {
  const byRole = new Map(Object.entries(levels));
  return ({ principal }) => byRole.get(principal.authrole);
}

async function authenticatorsFor(auth: AuthConfiguration): Promise<readonly Authenticator[]> {
  const authenticators: Authenticator[] = [];
  if (auth.anonymous !== undefined) authenticators.push(anonymous(auth.anonymous));
  if (auth.ticket !== undefined) authenticators.push(ticket(auth.ticket));
  if (auth.jwt !== undefined) authenticators.push(ticket(jwtVerifier(auth.jwt)));
  if (auth.wampcra !== undefined) authenticators.push(wampcra(auth.wampcra));
  if (auth.scram !== undefined) authenticators.push(scram(await derived(auth.scram)));
  if (auth.cryptosign !== undefined) {
    const { source, routerKey } = auth.cryptosign;
    authenticators.push(cryptosign(source, { routerKey }));
  }
  if (auth.tls !== undefined) authenticators.push(tls(auth.tls.source, { identify: auth.tls.identify }));
  return authenticators;
}

/** Replaces passwords by the keys derived from them. */
async function derived(
  source: PrincipalSource<ScramCredentials | ScramPassword>,
): Promise<PrincipalSource<ScramCredentials>> {
  if ('procedure' in source) return source;
  const credentials = new Map<string, ScramCredentials>();
  for (const [authid, principal] of source) {
    if ('password' in principal) {
      const { password, ...identity } = principal;
      credentials.set(authid, { ...identity, ...(await scramCredentials(password)) });
    } else credentials.set(authid, principal);
  }
  return credentials;
}

export function permissionsFor(roles: Readonly<Record<string, RoleConfiguration>>): Permissions {
  const entries = Object.entries(roles).map(([name, role]): [string, RolePermissions] => {
    if ('permissions' in role) return [name, role];
    const { procedure, timeout } = role.authorizer;
    return [name, { authorizer: dynamicAuthorizer(procedure, { timeout }) }];
  });
  return permissions({ roles: Object.fromEntries(entries) });
}
