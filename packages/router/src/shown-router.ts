/** Builds the `Router` that applications see. */
import type { Cluster } from './cluster/options.ts';
import type { ProcessAccounts } from './core/kept.ts';
import type { CoreRealm } from './core/core-realm.ts';
import type { Host, Router } from './host.ts';

/** A router with what only its own parts use. */
interface WholeRouter extends Omit<Router, 'realm' | 'realms' | 'kept' | 'open' | 'limited'>, Host {
  readonly kept: ProcessAccounts;
  realm(name: string): CoreRealm | undefined;
  realms(): ReturnType<Router['realms']>;
}

/** The interface of a router for applications. */
export function shownRouter(core: WholeRouter): Router {
  const { events, metrics, limits, limited, log, clock } = core;
  return Object.freeze<Router>({
    ...{ events, metrics, limits, limited, log, clock },
    kept: {
      get limit() {
        return core.kept.all.limit;
      },
      get used() {
        return core.kept.all.used;
      },
    },
    realm: (name) => core.realm(name)?.shown,
    realms: () => core.realms(),
    open: core.open.bind(core),
    reconfigure: core.reconfigure.bind(core),
    addRealm: core.addRealm.bind(core),
    reconfigureRealm: core.reconfigureRealm.bind(core),
    removeRealm: (name, reason) => core.removeRealm(name, reason),
    join: (name, options) => core.join(name, options),
    logIn: (name, credentials, options) => core.logIn(name, credentials, options),
    cluster: shownCluster(core.cluster),
    start: () => core.start(),
    drain: (patience, except) => core.drain(patience, except),
    close: (reason) => core.close(reason),
  });
}

function shownCluster(cluster: Cluster | undefined): Cluster | undefined {
  return (
    cluster &&
    Object.freeze<Cluster>({
      status: () => cluster.status(),
      claimed: () => cluster.claimed(),
      leave: () => cluster.leave(),
    })
  );
}
