/** The router of fault schedules, in a separate process that is killed, stopped and frozen; all transports share one port. */
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { acceptLongPolls, acceptWebSockets, createRouter, defaultFeatures, shareOnePort } from '@wamp/router';
import { LOG } from './agreed.ts';

/** The interval of pings, and the time for their answers (ms). */
const ping = Number(process.argv[2]);
const router = createRouter({
  realms: ['realm1'],
  features: defaultFeatures({ history: [{ topic: LOG, depth: 10_000 }] }),
  limits: { pingInterval: ping, pingTimeout: ping },
});
const server = createServer({ allowHalfOpen: true, noDelay: true });
const http = createHttpServer();
acceptWebSockets(router, { server: http, listener: server });
acceptLongPolls(router, { server: http, listener: server });
shareOnePort(router, { server, http });

process.on('message', () => {
  server.close();
  void router.close().then(() => process.exit());
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
