/** A router in a process of its own, every transport on one port; its parent asks how it is. */
import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import {
  acceptLongPolls,
  acceptWebSockets,
  createRouter,
  shareOnePort,
  type Realm,
  type Router,
} from '@wamp/router';
import { coreRealmOf } from './core.ts';
import { SETUPS } from './fort-setups.ts';
import { HOLDINGS, type Health, type Holdings } from './fort-questions.ts';

/** So that a memory leak is no garbage: this process runs with --expose-gc. */
const collect = (globalThis as { gc?: () => void }).gc;
/** What the router has logged as an error: a fault of its own. */
const faults: string[] = [];

/** On a busy machine, a HELLO that comes octet by octet may take long (ms); nothing is to be concluded from that. */
const PATIENT = { helloTimeout: 300_000, authenticateTimeout: 300_000 };

function open(): void {
  const setup = SETUPS[process.argv[2] ?? '']?.();
  if (setup === undefined) throw new Error(`there is no setup ${process.argv[2] ?? ''}`);
  const router = createRouter({
    realms: ['realm1'],
    log: (level, what, facts) => {
      if (level === 'error')
        faults.push(`${what} ${JSON.stringify({ ...facts, error: String(facts['error']) })}`);
    },
    ...setup.router,
    limits: { ...PATIENT, ...setup.router.limits },
  });
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  const http = createHttpServer({ connectionsCheckingInterval: 100, ...setup.http });
  acceptWebSockets(router, { server: http, listener: server, ...setup.webSocket });
  acceptLongPolls(router, { server: http, listener: server });
  shareOnePort(router, { server, http });
  const connections = (): Promise<number> =>
    new Promise((resolve, reject) => {
      server.getConnections((error, count) => {
        if (error === null) resolve(count);
        else reject(error);
      });
    });
  server.listen(0, '127.0.0.1', () => {
    process.send?.({ port: (server.address() as AddressInfo).port });
  });
  process.on('message', (question) => {
    void connections().then((count) => {
      process.send?.(question === HOLDINGS ? holdings(router, count) : health(router, count));
    });
  });
  process.on('disconnect', () => process.exit());
}

function realmOf(router: Router): Realm {
  const realm = router.realm('realm1');
  if (realm === undefined) throw new Error('there is no realm1');
  return realm;
}

function holdings(router: Router, connections: number): Holdings {
  const { broker, dealer, sessions } = realmOf(router);
  return {
    connections,
    sessions: sessions.size,
    subscriptions: broker.subscriptions.size,
    registrations: dealer.registrations.size,
    // The router's own session stays among those who call.
    callers: dealer.calls.parties,
  };
}

function health(router: Router, connections: number): Health {
  collect?.();
  const { heapUsed, rss, external } = process.memoryUsage();
  return {
    holds: holdings(router, connections),
    visits: coreRealmOf(router).broker.subscriptions.visits,
    heap: heapUsed + external,
    rss,
    peak: process.resourceUsage().maxRSS * 1024,
    dropped: realmOf(router).traffic.dropped.toObject(),
    faults,
  };
}

if (process.argv[2] === 'traced') {
  // With hooks for asynchronous calls, a stack overflow cannot be caught (CVE-2025-59466): there must be none.
  createHook({ init: () => undefined }).enable();
  new AsyncLocalStorage().run({}, open);
} else open();
