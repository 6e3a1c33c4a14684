/** The router of the soak, with all features, and all transports on one port; it reports its health to its parent. */
import { readdirSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { getHeapCodeStatistics } from 'node:v8';
import {
  acceptLongPolls,
  acceptWebSockets,
  anonymous,
  createRouter,
  cryptosign,
  defaultFeatures,
  scram,
  scramCredentials,
  shareOnePort,
  ticket,
  wampcra,
  type SlowConsumerPolicy,
} from '@wamp/router';
import { CRYPTOSIGN, NAME, PASSWORD, PAST, QUEUE_SIZE } from './agreed.ts';

/** The health of the router. */
export interface Health {
  /** The heap without garbage, and without compiled code, whose size varies at any time (bytes). */
  readonly heap: number;
  readonly external: number;
  readonly rss: number;
  /** Open file descriptors. */
  readonly descriptors: number;
  /** Sizes of maps. */
  readonly holds: Readonly<Record<string, number>>;
  /** The errors that it has logged. */
  readonly faults: readonly string[];
  /** Messages dropped, by type. */
  readonly dropped: Readonly<Record<string, number>>;
}

export interface Ready {
  readonly port: number;
}

const policy = process.argv[2] as SlowConsumerPolicy | undefined;
/** Set by --expose-gc. */
const collect = (globalThis as { gc?: () => void }).gc;
const faults: string[] = [];

const derived = await scramCredentials(PASSWORD, { kdf: 'pbkdf2', iterations: 4096 });
const people = { [NAME]: { authrole: 'user' } };
const router = createRouter({
  realms: ['realm1'],
  attempts: false,
  features: defaultFeatures({ history: [{ topic: PAST, depth: 100 }] }),
  // Log-ins may be slow on a busy machine, which is not a fault.
  limits: {
    queueSize: QUEUE_SIZE,
    helloTimeout: 60_000,
    authenticateTimeout: 60_000,
    connectionsPerAddress: Infinity,
    handshakes: Infinity,
  },
  slowConsumers: policy,
  authenticators: [
    anonymous(),
    ticket(new Map([[NAME, { ...people[NAME], authrole: 'user', ticket: PASSWORD }]])),
    wampcra(new Map([[NAME, { authrole: 'user', secret: PASSWORD, salt: 'salt', iterations: 1000 }]])),
    scram(new Map([[NAME, { authrole: 'user', ...derived }]])),
    cryptosign(new Map([[NAME, { authrole: 'user', authorizedKeys: [CRYPTOSIGN.publicKey] }]])),
  ],
  log: (level, what, facts) => {
    if (level === 'error')
      faults.push(`${what} ${JSON.stringify({ ...facts, error: String(facts['error']) })}`);
  },
});
const server = createServer({ allowHalfOpen: true, noDelay: true });
const http = createHttpServer();
acceptWebSockets(router, { server: http, listener: server });
acceptLongPolls(router, { server: http, listener: server });
shareOnePort(router, { server, http });

function health(connections: number): Health {
  collect?.();
  const { heapUsed, rss, external } = process.memoryUsage();
  const realm = router.realm('realm1');
  if (realm === undefined) throw new Error('there is no realm');
  const { broker, dealer, sessions, traffic } = realm;
  return {
    heap: heapUsed - getHeapCodeStatistics().code_and_metadata_size,
    external,
    rss,
    descriptors: readdirSync('/proc/self/fd').length,
    holds: {
      connections,
      sessions: sessions.size,
      subscriptions: broker.subscriptions.size,
      registrations: dealer.registrations.size - realm.ownProcedures,
      // Without the router's own session, which is added when it is first called.
      callers: Math.max(0, dealer.calls.parties - 1),
    },
    faults,
    dropped: traffic.dropped.toObject(),
  };
}

process.on('message', () => {
  server.getConnections((_error, count) => process.send?.(health(count)));
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => {
  const ready: Ready = { port: (server.address() as AddressInfo).port };
  process.send?.(ready);
});
