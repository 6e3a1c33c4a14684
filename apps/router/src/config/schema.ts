/** The schema of a configuration file, and the JSON Schema for editors. */
import type { AttemptLimits, Limits, LogLevel } from '@wamp/router';
import { z } from 'zod';
import { admin, type AdminConfiguration } from './admin.ts';
import { checkEntrances } from './entrances.ts';
import { checkShared, cluster, type ClusterConfiguration } from './cluster.ts';
import { Files } from './files.ts';
import { camelKeys } from './camel-keys.ts';
import type { Path } from './faults.ts';
import { checkNamedRealms } from './named-realms.ts';
import { duration, text, together, type Complain } from './kinds.ts';
import { attempts, limits } from './limits.ts';
import { listeners, type Listener } from './listeners.ts';
import { reload, type ReloadConfiguration } from './reload.ts';
import { realms, realmTemplates, type RealmConfiguration, type TemplateConfiguration } from './realms.ts';
import { store, type StoreConfiguration } from './store.ts';
import { tracing, type TracingConfiguration } from './tracing.ts';

/** A valid configuration; times in ms, sizes in bytes. */
export interface Configuration {
  readonly listeners: readonly Listener[];
  readonly realms: readonly RealmConfiguration[];
  readonly realmTemplates: readonly TemplateConfiguration[];
  readonly strictRequestIds: boolean;
  /** The router's name in WELCOME; default of the library if undefined. */
  readonly agent?: string;
  readonly limits: Limits;
  readonly attempts: AttemptLimits;
  /** How long calls in flight may continue after the router was told to stop (ms). */
  readonly drain: number;
  readonly log: { readonly level: LogLevel; readonly format: 'auto' | 'json' | 'pretty' };
  readonly admin: AdminConfiguration;
  readonly reload: ReloadConfiguration;
  /** Where event history and retained events are stored; undefined for memory. */
  readonly store?: StoreConfiguration;
  /** The other routers with which this one serves the realms; undefined for one on its own. */
  readonly cluster?: ClusterConfiguration;
  /** Where spans are exported to; undefined for none. */
  readonly tracing?: TracingConfiguration;
}

/** Default for the time that calls in flight may continue (ms). */
const DEFAULT_DRAIN = 10_000;

/** @param files reads the files that the configuration names */
export function configuration(files: Files): z.ZodType<Configuration> {
  const file = z.strictObject({
    include: include().exactOptional(),
    listeners: listeners(files).describe('Where the router listens.'),
    realms: realms(files).describe('The realms of the router.'),
    realm_templates: realmTemplates(files)
      .default([])
      .describe(
        'Realms that are created when a client is admitted to them, and removed when they are idle; none by default, and then clients cannot create realms. Of several templates, the first that matches applies.',
      ),
    strict_request_ids: z
      .boolean()
      .default(false)
      .describe('Whether clients must number their requests 1, 2, 3 …, which some clients do not.'),
    agent: text('text').exactOptional().describe('The value of `router.agent` in WELCOME.'),
    limits: limits().prefault({}).describe('Limits on the resources that a client may use.'),
    attempts: attempts().prefault({}).describe('Limits of failed log-in attempts.'),
    drain: duration(DEFAULT_DRAIN).describe(
      'The time for which calls in flight may continue when the router shuts down.',
    ),
    log: log().prefault({}).describe('The log.'),
    reload: reload().prefault({}).describe('When the configuration is read again.'),
    store: store()
      .exactOptional()
      .describe('The file that keeps event history and retained events; by default, they are in memory.'),
    cluster: cluster(files)
      .exactOptional()
      .describe('The cluster of which the router is a node; by default, none.'),
    tracing: tracing(files).exactOptional().describe('The export of spans; by default, there is none.'),
    admin: admin(files).prefault({}).describe('Metrics, health and administration of the router.'),
  });
  return together(file, checkWhole)
    .transform(({ include: _read, ...rest }) => camelKeys(rest))
    .meta({ title: 'a mapping with listeners and realms' });
}

/** Read before the schema judges what all files together say. */
function include(): z.ZodType<readonly string[]> {
  return z
    .array(text('the path of a file, such as realms/*.yaml'))
    .describe(
      'Further files of the configuration, relative to this one; a star in the name of the file stands for any text. Lists such as `realms` are appended; each other section stands in one file.',
    )
    .meta({ title: 'a list of files' });
}

/** What its sections have to do with each other. */
function checkWhole(
  whole: Pick<Configuration, 'listeners' | 'cluster' | 'store'> & Realms & Templates,
  complain: Complain,
): void {
  checkBridges(whole, complain);
  checkAdminRealm(whole, complain);
  checkClientCertificates(whole, complain);
  checkTemplates(whole, complain);
  checkNamedRealms(placedWithTemplates(whole), whole.admin.realm?.name, complain);
  if (whole.cluster !== undefined) checkShared(whole.realms, whole.store !== undefined, complain);
  checkEntrances(
    whole.listeners,
    [...placedRealms(whole).map(({ realm }) => realm), ...whole.realm_templates],
    complain,
  );
}

/** Certificates of clients are of use where a listener asks for them. */
function checkClientCertificates(
  whole: Pick<Configuration, 'listeners'> & Realms & Templates,
  complain: Complain,
): void {
  if (whole.listeners.some(({ tls }) => tls?.requestCert === true)) return;
  for (const { realm, path } of placedWithTemplates(whole)) {
    if (realm.auth?.tls === undefined) continue;
    complain([...path, 'auth', 'tls'], 'has no effect, expected a listener with tls.client_certificates');
  }
}

/** A pattern is no name of a realm; and realms on demand are those of one router. */
function checkTemplates(
  {
    realms: each,
    realm_templates: templates,
    cluster: isCluster,
  }: Pick<Configuration, 'realms' | 'cluster'> & Templates,
  complain: Complain,
): void {
  templates.forEach(({ name, cluster: isShared }, index) => {
    if (each.some((realm) => realm.name === name))
      complain(['realm_templates', index, 'uri'], 'is the name of a realm, expected another pattern');
    if (isCluster !== undefined && isShared !== false)
      complain(
        ['realm_templates', index, 'cluster'],
        'must be false beside cluster: the nodes of a cluster do not share realms that are created on demand',
      );
  });
}

/** A bridge needs a realm to lead to. */
function checkBridges(
  { listeners: all, realms: each }: Pick<Configuration, 'listeners' | 'realms'>,
  complain: Complain,
): void {
  all.forEach(({ httpBridges = [] }, index) => {
    for (const { path, realm } of httpBridges) {
      if (each.some(({ name }) => name === realm)) continue;
      // The names of the realms stay unsaid: they may contain a value from the environment.
      complain(['listeners', index, 'http_bridges', path, 'realm'], 'is no realm of this file');
    }
  });
}

/** The realm for operators has a name of its own. */
function checkAdminRealm({ realms: all, admin: { realm } }: Realms, complain: Complain): void {
  if (all.some(({ name }) => name === realm?.name)) {
    complain(['admin', 'realm', 'name'], 'is the name of another realm, too');
  }
}

type Realms = Pick<Configuration, 'realms' | 'admin'>;

interface Templates {
  readonly realm_templates: readonly TemplateConfiguration[];
}

/** All realms with their places in the file, that of the operators among them. */
export function placedRealms({ realms: all, admin: { realm } }: Realms): readonly PlacedRealm[] {
  const listed = all.map((each, index) => ({ realm: each, path: ['realms', index] }));
  return realm === undefined ? listed : [...listed, { realm, path: ['admin', 'realm'] }];
}

function placedWithTemplates(whole: Realms & Templates): readonly PlacedRealm[] {
  const templates = whole.realm_templates.map((realm, index) => ({
    realm,
    path: ['realm_templates', index],
  }));
  return [...placedRealms(whole), ...templates];
}

/** A realm, and where it stands. */
interface PlacedRealm {
  readonly realm: RealmConfiguration;
  readonly path: Path;
}

function log(): z.ZodType<Configuration['log']> {
  const level = z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('warn')
    .describe('The lowest level of entries that are written.');
  const format = z
    .enum(['auto', 'json', 'pretty'])
    .default('auto')
    .describe(
      '`json` writes one line of JSON per entry, `pretty` text for people; `auto` is `pretty` on a terminal.',
    );
  return z.strictObject({ level, format }).meta({ title: 'a mapping for the log' });
}

/** The part of JSON Schema that is used here. */
export interface JsonSchema {
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | false;
  /** What each key has to be, of those that may be any. */
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

let schema: JsonSchema | undefined;

/** The JSON Schema of configuration files. */
export function jsonSchema(): JsonSchema {
  return (schema ??= z.toJSONSchema(configuration(new Files('.')), {
    io: 'input',
    override({ jsonSchema: part }) {
      // zod does not know a default that depends on other values.
      const { fallback, ...rest } = part;
      if (fallback !== undefined) Object.assign(part, rest, { fallback: undefined, default: fallback });
    },
  }) as JsonSchema);
}
