/** A router that listens on one port for WebSocket, RawSocket and, with a page, for HTTP. */
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import {
  acceptWebSockets,
  createRouter,
  defaultFeatures,
  shareOnePort,
  type Router,
  type RouterOptions,
} from '@wamp/router';
import type { Traces } from './traces.ts';

export interface StartOptions extends RouterOptions {
  /** Default: 0, any free port. */
  readonly port?: number | undefined;
  /** Answers the requests for the page. */
  readonly page?: RequestListener;
  /** Where the calls of its realms are traced. */
  readonly traces?: Traces;
}

/** A router that is listening on the loopback interface. */
export interface Running extends AsyncDisposable {
  readonly router: Router;
  readonly port: number;
  /** `ws://127.0.0.1:…/ws` */
  readonly url: string;
  /** `rs://127.0.0.1:…`, for RawSocket. */
  readonly rawUrl: string;
  /** `http://127.0.0.1:…/`, for browsers. */
  readonly origin: string;
}

/** Starts a router; dispose what it resolves with to stop it. */
export async function startRouter({ port = 0, page, traces, ...options }: StartOptions): Promise<Running> {
  const features = traces && { features: [...defaultFeatures(), traces.tracing.feature] };
  const router = createRouter({ ...options, ...features });
  const server = createServer();
  const http = createHttpServer(page);
  acceptWebSockets(router, { server: http, listener: server, paths: ['/ws'] });
  shareOnePort(router, { server, http });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    router,
    port: (server.address() as AddressInfo).port,
    url: `ws://${address}/ws`,
    rawUrl: `rs://${address}`,
    origin: `http://${address}/`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      await router.close();
      http.closeAllConnections();
      await closed;
    },
  };
}
