/** Administration: serves the admin realm of the configuration, and provides it with facts about the process. */
import { performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { memoryUsage, pid, version as nodeVersion } from 'node:process';
import type { Router } from '@wamp/router';
import type { SqliteStore } from '@wamp/store-sqlite';
import { AdminRealm } from './admin-realm/admin-realm.ts';
import type { RecentEntries } from './admin-realm/recent-entries.ts';
import type { AdminSurroundings, Given } from './admin-realm/surroundings.ts';
import type { Configuration } from './config/schema.ts';
import type { Drain } from './drain.ts';
import type { About } from './health-answers.ts';
import type { Listeners } from './listeners.ts';
import type { OperatorLog } from './log.ts';
import type { Reloaded } from './reload.ts';

/** The parts of the program that the admin realm reports on and controls. */
export interface Administered {
  readonly router: Router;
  readonly listeners: Listeners;
  readonly log: OperatorLog;
  readonly recent: RecentEntries;
  readonly about: () => About;
  readonly drain: Drain;
  /** The store of past events; undefined for memory. */
  readonly store: SqliteStore | undefined;
  /** The current configuration. */
  readonly configuration: () => Configuration;
  readonly reload: (dryRun: boolean) => Promise<Reloaded>;
  /** Asks the other workers; undefined without any. */
  readonly elsewhere?: AdminSurroundings['elsewhere'];
}

/** Serves the admin realm as long as the configuration has one. */
export class Administration {
  readonly #administered: Administered;
  #realm: AdminRealm | undefined;

  constructor(administered: Administered) {
    this.#administered = administered;
    this.follow();
  }

  /** Applies the current configuration: opens, changes or closes the admin realm. */
  follow(): void {
    const { router, configuration } = this.#administered;
    const name = configuration().admin.realm?.name;
    if (this.#realm?.name === name && this.#realm?.isServing === true) return;
    this.close();
    if (name !== undefined && router.realm(name) !== undefined) {
      this.#realm = new AdminRealm(name, surroundingsOf(this.#administered));
    }
  }

  /** Serves a call of the admin realm that came to another worker. @throws Error without an admin realm */
  serveHere(uri: string, given: Given): Promise<unknown> {
    if (this.#realm === undefined) throw new Error('there is no admin realm');
    return this.#realm.serveHere(uri, given);
  }

  /** Closes the admin realm. */
  close(): void {
    this.#realm?.close();
    this.#realm = undefined;
  }
}

function surroundingsOf(administered: Administered): AdminSurroundings {
  const { router, log, recent, reload, elsewhere, drain, configuration } = administered;
  return {
    ...{ router, log, recent, reload, elsewhere },
    about: () => aboutProcess(administered),
    readProcess: readProcess(),
    drain: () => {
      const { drain: patience, admin } = configuration();
      void drain.begin(router, patience, admin.realm === undefined ? [] : [admin.realm.name]);
    },
    seesPayloads: (role) => configuration().admin.payloads?.includes(role) === true,
  };
}

/** Reads the figures of the process for the samples; the utilization is that of the time since the last reading. */
function readProcess(): AdminSurroundings['readProcess'] {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    const { user, system } = process.cpuUsage();
    return [memoryUsage.rss(), memoryUsage().heapUsed, (user + system) / 1000, utilization];
  };
}

function aboutProcess({ about, listeners, store, drain }: Administered): Readonly<Record<string, unknown>> {
  const { rss, heapUsed } = memoryUsage();
  const { utilization } = performance.eventLoopUtilization();
  return {
    ...about(),
    node: nodeVersion,
    pid,
    draining: drain.isDraining,
    listeners: listeners.told(),
    memory: { rss, heap_used: heapUsed, heap_limit: getHeapStatistics().heap_size_limit },
    event_loop_utilization: Math.round(utilization * 1e4) / 1e4,
    store: store === undefined ? null : { ...store.status, failing: store.status.failing ?? null },
  };
}
