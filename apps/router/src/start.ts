/** Starts the router: opens its realms, pages, and the transports of every listener. */
import type { RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { tracing, type Tracing } from '@wamp/opentelemetry';
import type { Log, MetricsRegistry, Router } from '@wamp/router';
import type { SqliteStore } from '@wamp/store-sqlite';
import { openAdminServers, type AdminServer } from './admin-server.ts';
import { Administration, type Administered } from './administration.ts';
import { RecentEntries } from './admin-realm/recent-entries.ts';
import type { PreparedRealm, SharedParts } from './authenticators.ts';
import { banner } from './banner.ts';
import type { Listener } from './config/listeners.ts';
import { loadConfiguration, type LoadedConfiguration } from './config/load.ts';
import type { Configuration } from './config/schema.ts';
import { clusterCheck, measureCluster } from './cluster.ts';
import { Drain } from './drain.ts';
import { fewDescriptors, roomForConnections } from './descriptors.ts';
import { CannotStart } from './failure.ts';
import { openStore, storeCheck } from './event-file.ts';
import type { Group } from './group.ts';
import { Health, memoryCheck, type Unready } from './health.ts';
import type { About, HealthAnswers } from './health-answers.ts';
import { answerHttp } from './http.ts';
import { LineWriter } from './line-writer.ts';
import { Listeners, resolveHosts } from './listeners.ts';
import { logTo, noting, type OperatorLog } from './log.ts';
import { offered, type Offered } from './offered.ts';
import { PageCache } from './page-cache.ts';
import { byPlace } from './plan.ts';
import { prepare, refuseExposure } from './prepare.ts';
import { measureProcess } from './process-metrics.ts';
import { prometheusText } from './prometheus.ts';
import { measureReadiness } from './readiness-metrics.ts';
import { Reloader, type Reloaded } from './reload.ts';
import type { RightsSwitch } from './rights-switch.ts';
import { measureStore } from './store-metrics.ts';
import type { Stoppable } from './shutdown.ts';
import type { Pages } from './static-sites.ts';
import { version } from './version.ts';
import { whenFilesChange } from './watch.ts';
import { Webhooks } from './webhooks.ts';

/** How long clients may take to answer GOODBYE (ms). */
const FAREWELL = 1_500;
/** How long it may take to leave the cluster, beyond that (ms). */
const GOODBYE_TO_NODES = 5_000;

/** A running router. */
export interface Running extends Stoppable {
  /** Several lines: the addresses, the realms, and a command to try. */
  readonly greeting: string;
  /** The address of the metrics; undefined if they are not served. */
  readonly adminUrl: string | undefined;
  /** Reloads the configuration. @param dryRun true to report the changes only */
  reload(dryRun?: boolean): Promise<Reloaded>;
  /** What it tells of itself alone, whether it is one of several workers or not. */
  readonly own: OwnFacts;
}

/** What a router tells of itself. */
interface OwnFacts {
  readonly about: () => About;
  readonly unready: () => readonly Unready[];
  readonly metrics: MetricsRegistry;
  /** Serves a call of the admin realm that came to another worker. */
  readonly serve: Administration['serveHere'];
  /** For how long calls in flight may continue when it stops (ms). */
  readonly drain: () => number;
}

/**
 * Resolves once clients can connect.
 * @param insecureDev whether to allow unrestricted anonymous access from other machines
 * @param written the log; default: JSON on stderr
 * @param group the workers of which it is one, if it is; `loaded` is adapted already
 * @throws CannotStart if they never can
 */
export async function start(
  loaded: LoadedConfiguration,
  insecureDev: boolean,
  written: OperatorLog = logTo(new LineWriter(process.stderr), loaded.configuration.log.level),
  group?: Group,
): Promise<Running> {
  const { configuration } = loaded;
  const recent = new RecentEntries();
  const log = noting(written, (level, what, facts) => recent.note(level, what, facts));
  const store = openStore(loaded, log.log);
  const traces = configuration.tracing === undefined ? undefined : tracing(configuration.tracing);
  const shared = { store, traces };
  const { router, realms, templates } = await prepare(loaded, insecureDev, log.log as Log, shared);
  measureProcess(router.metrics);
  if (store !== undefined) measureStore(router.metrics, store);
  if (router.cluster !== undefined) measureCluster(router.metrics, router.cluster);
  traces?.attach(router);
  if (!insecureDev) refuseExposure(await resolveHosts(configuration.listeners), loaded);
  warnOfFew(configuration, log);
  const [health, about, pages] = [healthOf(router, store), aboutThis(router), new PageCache()];
  const offers = (): Offered => offered(router, reloader.configuration);
  const answers = answersFor(offers, pages, group?.health ?? { health, about });
  const listeners = new Listeners(router, answers);
  measureReadiness(router.metrics, health, listeners);
  const served = { listeners, webhooks: new Webhooks(router) };
  const byPattern = new Map(templates.map((template) => [template.uri, template]));
  const parts = { router, ...served, pages, log, rights: rightsOf(realms), templates: byPattern, shared };
  const reloader = new Reloader(parts, { load: () => again(loaded, group), insecureDev }, loaded);
  return serve({ ...parts, store, recent, health, about, reloader, group });
}

/** Everything that serves. */
interface Assembled extends Omit<Administered, 'configuration' | 'reload' | 'drain'> {
  readonly health: Health;
  readonly reloader: Reloader;
  readonly group: Group | undefined;
  readonly webhooks: Webhooks;
  readonly shared: SharedParts;
}

/** Opens all listeners, and tells how it goes on. */
async function serve({ reloader, health, group, ...rest }: Assembled): Promise<Running> {
  const { router, listeners, log, about, store, shared } = rest;
  const { configuration } = reloader;
  const drain = new Drain(health);
  const reload = async (dryRun?: boolean): Promise<Reloaded> => {
    const reloaded = await reloader.reload(dryRun);
    administration.follow();
    return reloaded;
  };
  const current = (): Configuration => reloader.configuration;
  const administered = { ...rest, drain, configuration: current, reload, ...group };
  const administration = new Administration(administered);
  const metrics = (): string => prometheusText(router.metrics);
  const admin = await openAdminServers(configuration.admin, { health, about, metrics, reload });
  const close = (): Promise<void> => {
    administration.close();
    return closeAll(admin, store, shared.traces);
  };
  await openAll(rest, configuration, close);
  const unwatch = whenFilesChange(
    () => (current().reload.watch ? reloader.files : []),
    () => void reload(),
  );
  const urls = listeners.reached.map(({ url }) => url);
  log.log('info', 'listening', { code: 'router_started', version: version(), urls });
  return {
    greeting: banner(listeners.reached, configuration),
    adminUrl: admin.map(({ url }) => url).find((url) => url.startsWith('http:')),
    reload,
    own: ownFacts(rest, { health, administration, current }),
    async stop() {
      unwatch();
      await stop({ router, drain, log, listeners }, current().drain);
      await close();
      log.log('info', 'stopped', { code: 'router_stopped' });
    },
  };
}

/** What workers tell each other. */
function ownFacts(
  { router, about }: Pick<Assembled, 'router' | 'about'>,
  {
    health,
    administration,
    current,
  }: { health: Health; administration: Administration; current: () => Configuration },
): OwnFacts {
  return {
    about,
    metrics: router.metrics,
    unready: () => health.unready(),
    serve: (uri, given) => administration.serveHere(uri, given),
    drain: () => current().drain,
  };
}

function healthOf(router: Router, store: SqliteStore | undefined): Health {
  const health = new Health();
  health.add(memoryCheck(router));
  if (store !== undefined) health.add(storeCheck(store));
  if (router.cluster !== undefined) health.add(clusterCheck(router.cluster));
  return health;
}

async function closeAll(
  admin: readonly AdminServer[],
  store: SqliteStore | undefined,
  traces: Tracing | undefined,
): Promise<void> {
  await store?.close();
  // A collector that does not answer does not delay the end.
  await Promise.race([traces?.close(), sleep(FAREWELL, undefined, { ref: false })]);
  for (const server of admin) server.close();
}

/** Joins the cluster, starts the webhooks, then opens all listeners. @param undo called if one of them cannot be opened */
async function openAll(
  { router, listeners, webhooks }: Pick<Assembled, 'router' | 'listeners' | 'webhooks'>,
  configuration: Configuration,
  undo: () => Promise<void>,
): Promise<void> {
  try {
    await joinCluster(router);
    await webhooks.apply(configuration.realms);
    const places = byPlace(configuration.listeners);
    await listeners.open(places, places.size);
  } catch (error) {
    await webhooks.apply([]);
    await undo();
    throw error;
  }
}

/** @throws CannotStart that says why the cluster cannot be joined */
async function joinCluster(router: Router): Promise<void> {
  try {
    await router.start();
  } catch (error) {
    throw new CannotStart(
      `cannot join the cluster: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function warnOfFew({ limits }: Configuration, log: OperatorLog): void {
  const few = fewDescriptors(roomForConnections(), limits);
  if (few !== undefined) log.log('warn', 'few file descriptors', { code: 'few_descriptors', ...few });
}

/** The running parts. */
interface RunningParts {
  readonly router: Router;
  readonly drain: Drain;
  readonly log: OperatorLog;
  readonly listeners: Listeners;
}

/** Disconnects clients in order, within time limits. @param patience for calls in flight (ms) */
async function stop({ router, drain, log, listeners }: RunningParts, patience: number): Promise<void> {
  drain.announce();
  log.log('info', 'stopping', { code: 'router_stopping' });
  const parted = listeners.closeAll();
  await drain.begin(router, patience);
  // A client that does not answer GOODBYE does not delay the others.
  await Promise.race([Promise.all([router.close(), parted]), sleep(FAREWELL, undefined, { ref: false })]);
  // Nodes that hear no goodbye would wait until they declare this one dead.
  await Promise.race([router.cluster?.leave(), sleep(GOODBYE_TO_NODES, undefined, { ref: false })]);
  listeners.closeIdle();
}

/** The permissions by realm, which a reload can replace. */
function rightsOf(realms: readonly PreparedRealm[]): Map<string, RightsSwitch> {
  const rights = new Map<string, RightsSwitch>();
  for (const { name, authorizer } of realms) if (authorizer !== undefined) rights.set(name, authorizer);
  return rights;
}

/** @throws CannotStart if the file is missing or invalid */
function again({ file }: LoadedConfiguration, group: Group | undefined): LoadedConfiguration {
  if (file === undefined)
    throw new CannotStart('there is no configuration file to read again: start with --config');
  const loaded = loadConfiguration(file);
  return group?.adapt(loaded) ?? loaded;
}

/** What `/health` reports of the process. */
function aboutThis({ cluster }: Router): () => About {
  const started = performance.now();
  const running = version();
  return () => ({
    version: running,
    uptime_ms: Math.round(performance.now() - started),
    ...(cluster === undefined ? {} : { cluster: cluster.status() }),
  });
}

/** The HTTP request handlers, by listener. */
function answersFor(
  offers: () => Offered,
  cache: PageCache,
  { health, about }: HealthAnswers,
): (listener: Listener) => RequestListener {
  return ({ pages: configured, transports, websocketPaths, paths }) => {
    const spoken = [...websocketPaths, ...Object.keys(paths)];
    const webSocketPaths = transports.includes('websocket') ? spoken : [];
    const pages = (): Pages => cache.of(configured);
    // Read at the start, so that errors are reported before the first request.
    pages();
    return answerHttp({ pages, webSocketPaths, offered: offers, health, about });
  };
}
