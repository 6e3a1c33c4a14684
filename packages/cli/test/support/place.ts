/** A router on a port of its own, and `wamp` run against it within the process. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  acceptWebSockets,
  createRouter,
  type Router,
  type RouterOptions,
} from '../../../router/src/index.ts';
import { connect, type Session } from '@wamp/client';
import { startWamp, type Circumstances, type Outcome, type Running } from './terminal.ts';

/** The router, and the person at the keyboard. */
export class Place implements AsyncDisposable {
  readonly url: string;
  readonly router: Router;
  /** The home of the person at the keyboard. */
  readonly home: string;
  readonly #stop: () => Promise<void>;

  private constructor(url: string, router: Router, stop: () => Promise<void>) {
    this.url = url;
    this.router = router;
    this.home = mkdtempSync(join(tmpdir(), 'wamp-cli-'));
    this.#stop = stop;
  }

  static async open(options: RouterOptions = { realms: ['realm1'] }): Promise<Place> {
    const router = createRouter(options);
    const server = createServer();
    const acceptor = acceptWebSockets(router, { server });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return new Place(`ws://127.0.0.1:${port}/ws`, router, async () => {
      await router.close();
      await acceptor.close();
      server.close();
    });
  }

  /** Somebody else in the realm. */
  join(realm = 'realm1'): Promise<Session> {
    return connect(this.url, { realm });
  }

  /** Runs `wamp` until it ends. */
  wamp(words: readonly string[], circumstances: Circumstances = {}): Promise<Outcome> {
    const running = this.start(words, { stdin: '', ...circumstances });
    return running.ended;
  }

  /** Starts `wamp`, which finds this router unless it is told otherwise. */
  start(words: readonly string[], circumstances: Circumstances = {}): Running {
    return startWamp(words, { HOME: this.home, WAMP_URL: this.url }, circumstances);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
    rmSync(this.home, { recursive: true });
  }
}
