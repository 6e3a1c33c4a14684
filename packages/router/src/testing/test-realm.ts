/** A realm for tests of applications: a real router, clients in memory, and a network and a clock that the test rules. */
/// <reference lib="esnext.disposable" preserve="true" />
import { json, type Dict, type Serializer, type Transport, type Uri } from '@wamp/protocol';
import { anonymous } from '../auth/anonymous.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { systemClock } from '../connection/system-clock.ts';
import type { Clock } from '../core/clock.ts';
import type { Router } from '../host.ts';
import { createRouter } from '../router.ts';
import type { RouterOptions } from '../router-options.ts';
import { inMemory } from '../transports/in-memory.ts';
import { ManualClock } from './manual-clock.ts';
import { TestLine } from './test-line.ts';
import { TestNetwork, type TestFrame } from './test-network.ts';

/** How a test realm differs from the default. */
export interface TestRealmOptions {
  /** Its name: default `realm1`. */
  readonly realm?: Uri | undefined;
  /** Options of its router, such as `authorizer`. */
  readonly router?: Partial<RouterOptions> | undefined;
  /** `manual`, the default: time passes by `advance` only. `real`: it is the system's. */
  readonly time?: 'manual' | 'real' | undefined;
}

/** The principal of a client of a test realm; it is not verified. */
export interface TestClient {
  /** Default: the router makes one up. */
  readonly authid?: string | undefined;
  /** Default `anonymous`. */
  readonly authrole?: string | undefined;
}

/** What a client needs to join a test realm: options for `connect` of `@wamp/client`. */
export interface TestConnectOptions {
  readonly realm: Uri;
  readonly clock: Clock;
  readonly auth: {
    readonly method: string;
    readonly hello: () => { readonly authid?: string; readonly authextra?: Dict };
  };
  readonly transport: {
    readonly name: string;
    readonly open: (url: URL, options: { readonly serializers: readonly Serializer[] }) => Promise<Transport>;
  };
}

const METHOD = 'x_test';

/** Admits every client with the identity that it claims. */
const trusting: Authenticator = {
  method: METHOD,
  begin({ details }, { session }) {
    const { authid = `client-${session}`, authextra } = details;
    const { authrole } = (authextra ?? {}) as { readonly authrole?: string };
    return {
      welcome: { authid, authrole: authrole ?? 'anonymous', authmethod: METHOD, authprovider: 'testing' },
    };
  },
};

/**
 * Creates a realm for tests. Nothing leaves the process, no port is used, and time stands still unless told otherwise.
 *
 * @example const realm = createTestRealm();
 *   const session = await realm.connect(connect<Api>, { authid: 'joe' });
 */
export function createTestRealm(options: TestRealmOptions = {}): TestRealm {
  return new TestRealm(options);
}

export class TestRealm implements AsyncDisposable {
  readonly realm: Uri;
  /** What `connect` takes for an address; nothing is looked up. */
  readonly url: string = 'ws://test-realm/';
  readonly router: Router;
  readonly clock: Clock;
  readonly #manual: ManualClock | undefined;
  readonly #network: TestNetwork;
  readonly #lines = new Set<TestLine>();
  readonly #lineOf = new WeakMap<object, () => TestLine | undefined>();
  #isDown = false;
  #connections = 0;

  constructor({ realm = 'realm1', router = {}, time = 'manual' }: TestRealmOptions) {
    this.realm = realm;
    this.#manual = time === 'manual' ? new ManualClock(Date.UTC(2026, 0, 1)) : undefined;
    this.clock = this.#manual ?? systemClock;
    this.#network = new TestNetwork(this.clock);
    this.router = createRouter({
      realms: [realm],
      clock: this.clock,
      ...router,
      authenticators: [trusting, ...(router.authenticators ?? [anonymous()])],
    });
  }

  /** The latest 10,000 frames of all its clients, as messages, in the order in which they were sent. */
  get frames(): readonly TestFrame[] {
    return this.#network.frames;
  }

  /**
   * Options for `connect` of `@wamp/client`, beside which others may stand:
   * `connect(realm.url, { ...realm.client({ authid: 'joe' }), contract })`.
   */
  client({ authid, authrole }: TestClient = {}): TestConnectOptions {
    let current: TestLine | undefined;
    const options: TestConnectOptions = {
      realm: this.realm,
      clock: this.clock,
      auth: {
        method: METHOD,
        hello: () => ({
          ...(authid !== undefined && { authid }),
          ...(authrole !== undefined && { authextra: { authrole } }),
        }),
      },
      transport: {
        name: 'test realm',
        open: async (_url, { serializers: [serializer = json] }) => (current = await this.#open(serializer)),
      },
    };
    this.#lineOf.set(options, () => current);
    return options;
  }

  /**
   * Connects a client.
   * @param connect `connect` of `@wamp/client`, of what contract there is: `connect<Api>`
   * @param who who it is
   * @param more further options of `connect`, such as `exposeErrors`
   * @returns what `connect` resolves with, a session
   */
  async connect<S extends object>(
    connect: (url: string, options: never) => Promise<S>,
    who: TestClient = {},
    more: object = {},
  ): Promise<S> {
    const options = this.client(who);
    const session = await connect(this.url, { ...more, ...options } as never);
    const line = this.#lineOf.get(options);
    if (line !== undefined) this.#lineOf.set(session, line);
    return session;
  }

  /**
   * Ends the connection of a client: at once and without a word, or, if `clean`, with a GOODBYE.
   * @param client a session that `connect` gave, or options that `client` gave
   * @param how.reason the URI of that GOODBYE: default `wamp.close.system_shutdown`
   * @throws Error for a client that is not connected
   */
  drop(client: object, how: { readonly clean?: boolean; readonly reason?: Uri } = {}): void {
    const line = this.#lineOf.get(client)?.();
    if (line?.isOpen !== true) throw new Error('The client to drop has no connection to this realm.');
    if (how.clean === true) line.dismiss(how.reason ?? 'wamp.close.system_shutdown');
    else line.cut('connection reset');
    this.#lines.delete(line);
  }

  /** From now on, each frame is so long under way, in each direction (ms); 0 at first. */
  latency(ms: number): void {
    this.#network.latency = ms;
  }

  /** Simulates a dead connection: nothing arrives any more, and neither side is notified. */
  pause(): void {
    this.#network.pause();
  }

  /** What was held back arrives, in its order. */
  resume(): void {
    this.#network.resume();
  }

  /** All connections break, and no other is accepted until `up`. */
  down(): void {
    this.#isDown = true;
    for (const line of this.#lines) line.cut('connection reset');
    this.#lines.clear();
  }

  /** Connections are accepted again. */
  up(): void {
    this.#isDown = false;
  }

  /**
   * Lets time pass (ms), and everything happen that comes of it.
   * @throws Error for a realm of real time
   */
  async advance(ms: number): Promise<void> {
    if (this.#manual === undefined) throw new Error('The time of this realm is real: it advances by itself.');
    await this.settle();
    // From timer to timer: what one sends must arrive before the next is due, as in real time.
    for (let left = ms; left > 0;) {
      const step = Math.min(left, this.#manual.untilNext ?? left);
      this.#manual.advance(step);
      left -= step;
      await this.settle();
    }
  }

  /** Resolves when what is under way has arrived, as far as no time has to pass for it. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Ends all sessions. */
  async close(): Promise<void> {
    this.resume();
    this.#network.latency = 0;
    await this.router.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @throws Error while the realm is down */
  async #open(serializer: Serializer): Promise<TestLine> {
    await Promise.resolve();
    if (this.#isDown) throw new Error('connection refused');
    this.#connections += 1;
    // The client's JSON decodes all of it; the router's passes payloads on.
    const inner = inMemory(this.router, serializer.name === json.name ? json : serializer);
    const line = new TestLine(serializer, inner, this.#network, this.#connections);
    this.#lines.add(line);
    return line;
  }
}
