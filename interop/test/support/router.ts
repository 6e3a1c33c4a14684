/** A router inside the test's process, listening on a port of its own. */
import { createServer, type Server } from 'node:http';
import { createServer as createNetServer, type AddressInfo, type Server as NetServer } from 'node:net';
import {
  acceptRawSockets,
  acceptWebSockets,
  createRouter,
  type Realm,
  type Router,
  type RouterOptions,
} from '@wamp/router';

export const REALM = 'com.example.interop';

export interface Listening {
  readonly router: Router;
  readonly realm: Realm;
  readonly server: Server;
  readonly port: number;
  readonly rawServer: NetServer;
  /** Where RawSockets are taken. */
  readonly rawPort: number;
  readonly url: string;
  /** Warnings and errors that the router has logged. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** Starts a router with the one realm {@link REALM}, unless `options` say otherwise. */
export async function startRouter(options: Partial<RouterOptions> = {}): Promise<Listening> {
  const complaints: string[] = [];
  const realms = options.realms ?? [REALM];
  const router = createRouter({
    ...options,
    realms,
    log: (level, what, facts) => {
      options.log?.(level, what, facts);
      if (level === 'warn' || level === 'error') complaints.push(`${level} ${what} ${JSON.stringify(facts)}`);
    },
  });
  const server = createServer();
  const sockets = acceptWebSockets(router, { server });
  const rawServer = createNetServer();
  const rawSockets = acceptRawSockets(router, { server: rawServer });
  const [port, rawPort] = [await listen(server), await listen(rawServer)];
  const [first = REALM] = realms.map((one) => (typeof one === 'string' ? one : one.name));
  const realm = router.realm(first);
  if (realm === undefined) throw new Error('a router without its realm');
  return {
    router,
    realm,
    server,
    port,
    rawServer,
    rawPort,
    url: `ws://127.0.0.1:${port}/ws`,
    complaints,
    close: async () => {
      const closed = [server, rawServer].map(
        (one) =>
          new Promise<void>((resolve) => {
            one.close(() => {
              resolve();
            });
          }),
      );
      await router.close();
      await sockets.close();
      await rawSockets.close();
      server.closeAllConnections();
      await Promise.all(closed);
    },
  };
}

/** Opens a port of the server's own. */
async function listen(server: NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** What a realm holds: equal before and after, when nothing was left behind. */
export function holdings({ broker, dealer, sessions }: Realm): Readonly<Record<string, number>> {
  return {
    sessions: sessions.size,
    subscriptions: broker.subscriptions.size,
    registrations: dealer.registrations.size,
    calling: dealer.calls.parties,
  };
}

/** How many sockets the router's servers have open. */
export async function connectionsOf({ server, rawServer }: Listening): Promise<number> {
  const [web = 0, raw = 0] = await Promise.all([server, rawServer].map(countConnections));
  return web + raw;
}

function countConnections(server: NetServer): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}
