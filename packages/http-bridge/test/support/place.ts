/** A router with a bridge on a port of its own, and requests to it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRouter, type Router, type RouterOptions } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import { onTestFinished } from 'vitest';
import { bridgeHttp, type BridgeOptions, type HttpBridge } from '../../src/index.ts';

export interface Place {
  readonly router: Router;
  readonly clock: ManualClock;
  readonly bridge: HttpBridge;
  /** Of the bridge, such as `http://127.0.0.1:41234/api`. */
  readonly url: string;
  /** The entries of the log, as `level what`. */
  readonly log: readonly string[];
  /** Posts a body as JSON. */
  readonly post: (
    operation: string,
    body: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Told>;
}

/** An answer, as tests look at it. */
export interface Told {
  readonly status: number;
  readonly headers: Headers;
  /** The value of JSON; otherwise text. */
  readonly body: unknown;
}

/** Opens a place for the rest of the test. */
export async function place(
  bridge: Partial<BridgeOptions> = {},
  options: Partial<RouterOptions> = {},
): Promise<Place> {
  const clock = new ManualClock();
  const log: string[] = [];
  const router = createRouter({
    realms: ['realm1'],
    clock,
    log: (level, what) => log.push(`${level} ${what}`),
    ...options,
  });
  const server = createServer();
  const bridged = bridgeHttp(router, { server, realm: 'realm1', ...bridge });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    bridged.close();
    await router.close();
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
  return {
    ...{ router, clock, bridge: bridged, url, log },
    post: (operation, body, headers) => post(url, operation, body, headers),
  };
}

async function post(
  url: string,
  operation: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Told> {
  return toldOf(
    await fetch(`${url}/${operation}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );
}

export async function toldOf(response: Response): Promise<Told> {
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}
