/** Brings the router up: realms, pages, and every transport on every listener. */
import type { RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { openAdmin, type AdminServer } from './admin-server.ts';
import type { Listener } from './config/listeners.ts';
import type { LoadedConfiguration } from './config/load.ts';
import type { Configuration } from './config/schema.ts';
import { fewDescriptors, roomForConnections } from './descriptors.ts';
import { Health, memoryCheck } from './health.ts';
import type { HealthAnswers } from './health-answers.ts';
import { answerHttp } from './http.ts';
import { assembleListener, type OpenListener } from './listener.ts';
import { resolveHost } from './listening.ts';
import { entranceTo } from './check.ts';
import { LineWriter } from './line-writer.ts';
import { logTo, type OperatorLog } from './log.ts';
import { prepare, refuseExposure } from './prepare.ts';
import { measureProcess } from './process-metrics.ts';
import type { Stoppable } from './shutdown.ts';
import { grantsEverything } from './rights.ts';
import { loadSites, type Site } from './static-sites.ts';
import { version } from './version.ts';

/** How long clients may take to part once they were sent GOODBYE (ms). */
const FAREWELL = 1_500;

/** A router that clients can reach. */
export interface Running extends Stoppable {
  /** One line: where it listens, and for whom. */
  readonly greeting: string;
  /** Where metrics are told; undefined where they are not. */
  readonly adminUrl: string | undefined;
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
  { log }: OperatorLog = logTo(new LineWriter(process.stderr), loaded.configuration.log.level),
): Promise<Running> {
  const { configuration } = loaded;
  const router = await prepare(loaded, insecureDev, log);
  measureProcess(router.metrics);
  const health = new Health();
  health.add(memoryCheck(router));
  const told = { health, about: aboutThis(), metrics: router.metrics };
  const listeners = await resolve(configuration.listeners);
  if (!insecureDev) refuseExposure(listeners, loaded);
  const answers = answersFor(configuration, told);
  const room = roomForConnections();
  const few = fewDescriptors(room, configuration.limits);
  if (few !== undefined) log('warn', 'few file descriptors', few);
  const open: OpenListener[] = [];
  let admin: AdminServer | undefined;
  const close = (): Promise<unknown> => Promise.all(open.map((listener) => listener.close()));
  try {
    const { listener: place } = configuration.admin;
    if (place !== undefined) admin = await openAdmin(place, told);
    for (const listener of listeners) {
      open.push(
        await assembleListener(router, listener, answers(listener)).open(shareOf(room, listeners.length)),
      );
    }
  } catch (error) {
    admin?.close();
    await close();
    throw error;
  }
  log('info', 'listening', {
    code: 'router_started',
    version: version(),
    urls: open.flatMap(({ urls }) => urls),
  });
  return {
    greeting: greeting(open, configuration),
    adminUrl: admin?.url,
    async stop() {
      health.add(() => ({ code: 'draining', why: 'the router is about to end' }));
      log('info', 'stopping', { code: 'router_stopping' });
      const parted = close();
      await router.drain(configuration.drain);
      // A client that does not say GOODBYE in turn keeps nobody waiting.
      await Promise.race([Promise.all([router.close(), parted]), sleep(FAREWELL, undefined, { ref: false })]);
      for (const listener of open) listener.closeIdle();
      admin?.close();
      log('info', 'stopped', { code: 'router_stopped' });
    },
  };
}

/** What `/health` tells of the process. */
function aboutThis(): HealthAnswers['about'] {
  const started = performance.now();
  const running = version();
  return () => ({ version: running, uptime_ms: Math.round(performance.now() - started) });
}

/** What one of several listeners may have of the room for connections. */
function shareOf(room: number | undefined, listeners: number): number | undefined {
  return room === undefined ? undefined : Math.max(1, Math.floor(room / listeners));
}

/** The listeners with the addresses that their host names stand for. */
function resolve(listeners: readonly Listener[]): Promise<readonly Listener[]> {
  return Promise.all(
    listeners.map(async (listener) =>
      listener.unix === undefined ? { ...listener, address: await resolveHost(listener.address) } : listener,
    ),
  );
}

/** What is answered over HTTP, by listener. */
function answersFor(
  { listeners, realms }: Configuration,
  { health, about }: HealthAnswers,
): (listener: Listener) => RequestListener {
  const nothing: Site = new Map();
  const site = listeners.some(({ pages }) => pages) ? loadSites() : nothing;
  const told = realms.map((realm) => ({ name: realm.name, entrance: entranceTo(realm) }));
  return ({ pages, transports, websocketPaths }) => {
    const webSocketPaths = transports.includes('websocket') ? websocketPaths : [];
    return answerHttp({ site: pages ? site : nothing, webSocketPaths, realms: told, health, about });
  };
}

function greeting(open: readonly OpenListener[], { realms }: Configuration): string {
  const urls = open.flatMap((listener) => listener.urls);
  const note = ' (development default: anonymous, everything allowed)';
  const isOpen = realms.map(grantsEverything);
  const all = isOpen.every(Boolean);
  const names = realms.map(({ name }, index) => (isOpen[index] === true && !all ? name + note : name));
  const rights = all ? note : '';
  return `wamp-router listening: ${urls.join('  ')}  ${names.join(', ')}${rights}`;
}
