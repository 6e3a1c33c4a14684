/** Brings the router up: realms, pages, and every transport on every listener. */
import type { RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Router } from '@wamp/router';
import type { SqliteStore } from '@wamp/store-sqlite';
import { openAdmin, type AdminServer } from './admin-server.ts';
import type { PreparedRealm } from './authenticators.ts';
import { banner } from './banner.ts';
import { entranceTo } from './check.ts';
import type { Listener } from './config/listeners.ts';
import { loadConfiguration, type LoadedConfiguration } from './config/load.ts';
import type { Configuration } from './config/schema.ts';
import { fewDescriptors, roomForConnections } from './descriptors.ts';
import { CannotStart } from './failure.ts';
import { openStore, storeCheck } from './event-file.ts';
import { Health, memoryCheck } from './health.ts';
import type { HealthAnswers } from './health-answers.ts';
import { answerHttp } from './http.ts';
import { LineWriter } from './line-writer.ts';
import { Listeners, resolveHosts } from './listeners.ts';
import { logTo, type OperatorLog } from './log.ts';
import { PageCache } from './page-cache.ts';
import { byPlace } from './plan.ts';
import { prepare, refuseExposure } from './prepare.ts';
import { measureProcess } from './process-metrics.ts';
import { Reloader, type Reloaded } from './reload.ts';
import type { RightsSwitch } from './rights-switch.ts';
import type { Stoppable } from './shutdown.ts';
import type { Pages } from './static-sites.ts';
import { version } from './version.ts';
import { whenFilesChange } from './watch.ts';

/** How long clients may take to part once they were sent GOODBYE (ms). */
const FAREWELL = 1_500;

/** A router that clients can reach. */
export interface Running extends Stoppable {
  /** Several lines: where it listens, for whom, and what to try. */
  readonly greeting: string;
  /** Where metrics are told; undefined where they are not. */
  readonly adminUrl: string | undefined;
  /** Reads the configuration again. @param dryRun true to say what would change, and change nothing */
  reload(dryRun?: boolean): Promise<Reloaded>;
}

/**
 * Resolves once clients can connect.
 * @param insecureDev whether anyone who reaches this machine may do everything
 * @param log JSON on stderr by default
 * @throws CannotStart when they never will
 */
export async function start(
  loaded: LoadedConfiguration,
  insecureDev: boolean,
  log: OperatorLog = logTo(new LineWriter(process.stderr), loaded.configuration.log.level),
): Promise<Running> {
  const { configuration } = loaded;
  const store = openStore(loaded, log.log);
  const { router, realms } = await prepare(loaded, insecureDev, log.log, store);
  measureProcess(router.metrics);
  const health = healthOf(router, store);
  if (!insecureDev) refuseExposure(await resolveHosts(configuration.listeners), loaded);
  warnOfFew(configuration, log);
  const about = aboutThis();
  const pages = new PageCache();
  const answers = answersFor(() => reloader.configuration, pages, { health, about });
  const listeners = new Listeners(router, answers);
  const parts = { router, listeners, pages, log, rights: rightsOf(realms), store };
  const reloader = new Reloader(parts, { load: () => again(loaded), insecureDev }, loaded);
  const reload = (dryRun?: boolean): Promise<Reloaded> => reloader.reload(dryRun);
  const admin = await openAdminServers(configuration, { health, about, metrics: router.metrics, reload });
  const close = (): Promise<void> => closeAll(admin, store);
  await openAll(listeners, configuration, close);
  const unwatch = whenFilesChange(
    () => (reloader.configuration.reload.watch ? reloader.files : []),
    () => void reload(),
  );
  const urls = listeners.reached.map(({ url }) => url);
  log.log('info', 'listening', { code: 'router_started', version: version(), urls });
  return {
    greeting: banner(listeners.reached, configuration),
    adminUrl: admin.map(({ url }) => url).find((url) => url.startsWith('http:')),
    reload,
    async stop() {
      unwatch();
      await stop({ router, health, log, listeners }, reloader.configuration.drain);
      await close();
      log.log('info', 'stopped', { code: 'router_stopped' });
    },
  };
}

function healthOf(router: Router, store: SqliteStore | undefined): Health {
  const health = new Health();
  health.add(memoryCheck(router));
  if (store !== undefined) health.add(storeCheck(store));
  return health;
}

async function closeAll(admin: readonly AdminServer[], store: SqliteStore | undefined): Promise<void> {
  await store?.close();
  for (const server of admin) server.close();
}

/** Opens all listeners. @param undo called when one of them cannot be opened */
async function openAll(
  listeners: Listeners,
  configuration: Configuration,
  undo: () => Promise<void>,
): Promise<void> {
  try {
    const places = byPlace(configuration.listeners);
    await listeners.open(places, places.size);
  } catch (error) {
    await undo();
    throw error;
  }
}

function warnOfFew({ limits }: Configuration, log: OperatorLog): void {
  const few = fewDescriptors(roomForConnections(), limits);
  if (few !== undefined) log.log('warn', 'few file descriptors', few);
}

/** What runs. */
interface Parts {
  readonly router: Router;
  readonly health: Health;
  readonly log: OperatorLog;
  readonly listeners: Listeners;
}

/** Has clients part, within bounds. @param patience for calls that are in flight (ms) */
async function stop({ router, health, log, listeners }: Parts, patience: number): Promise<void> {
  health.add(() => ({ code: 'draining', why: 'the router is about to end' }));
  log.log('info', 'stopping', { code: 'router_stopping' });
  const parted = listeners.closeAll();
  await router.drain(patience);
  // A client that does not say GOODBYE in turn keeps nobody waiting.
  await Promise.race([Promise.all([router.close(), parted]), sleep(FAREWELL, undefined, { ref: false })]);
  listeners.closeIdle();
}

/** The rights that a reload may change, by realm. */
function rightsOf(realms: readonly PreparedRealm[]): Map<string, RightsSwitch> {
  const rights = new Map<string, RightsSwitch>();
  for (const { name, authorizer } of realms) if (authorizer !== undefined) rights.set(name, authorizer);
  return rights;
}

/** @throws CannotStart when there is no file, or a broken one */
function again({ file }: LoadedConfiguration): LoadedConfiguration {
  if (file === undefined)
    throw new CannotStart('there is no configuration file to read again: start with --config');
  return loadConfiguration(file);
}

/** All or none. */
async function openAdminServers(
  { admin: { listener, socket } }: Configuration,
  answers: Parameters<typeof openAdmin>[1] & { readonly reload: Running['reload'] },
): Promise<readonly AdminServer[]> {
  const { reload, ...told } = answers;
  const open: AdminServer[] = [];
  try {
    if (listener !== undefined) open.push(await openAdmin(listener, told));
    // Who may write to the socket may give orders.
    if (socket !== undefined) open.push(await openAdmin({ address: '', port: 0, unix: socket }, answers));
    return open;
  } catch (error) {
    for (const server of open) server.close();
    throw error;
  }
}

/** What `/health` tells of the process. */
function aboutThis(): HealthAnswers['about'] {
  const started = performance.now();
  const running = version();
  return () => ({ version: running, uptime_ms: Math.round(performance.now() - started) });
}

/** What is answered over HTTP, by listener. @param current the configuration that runs */
function answersFor(
  current: () => Configuration,
  cache: PageCache,
  { health, about }: HealthAnswers,
): (listener: Listener) => RequestListener {
  return ({ pages: configured, transports, websocketPaths }) => {
    const webSocketPaths = transports.includes('websocket') ? websocketPaths : [];
    const pages = (): Pages => cache.of(configured);
    // What cannot be read is told before anybody asks for it.
    pages();
    const realms = () => current().realms.map((realm) => ({ name: realm.name, entrance: entranceTo(realm) }));
    return answerHttp({ pages, webSocketPaths, realms, health, about });
  };
}
