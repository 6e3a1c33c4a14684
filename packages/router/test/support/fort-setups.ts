/** The routers that are attacked: their settings by name. */
import type { ServerOptions } from 'node:http';
import type { RouterOptions, WebSocketOptions } from '@wamp/router';

export interface Setup {
  readonly router: Partial<RouterOptions>;
  readonly webSocket?: Partial<WebSocketOptions>;
  readonly http?: ServerOptions;
}

export const SETUPS: Readonly<Record<string, () => Setup>> = {
  /** As it comes. */
  plain: () => ({ router: {} }),
  /** As it comes, in a process that traces asynchronous calls. */
  traced: () => ({ router: {} }),
  compressing: () => ({ router: {}, webSocket: { compression: true } }),
  /** Little patience, and little room. */
  tight: () => ({
    router: {
      limits: { helloTimeout: 500, authenticateTimeout: 500, goodbyeTimeout: 500, queueSize: 1024 * 1024 },
      quotas: { subscriptions: 1000, registrations: 1000, calls: 1000, invocations: 1000 },
    },
    http: { headersTimeout: 500, requestTimeout: 1000 },
  }),
};
