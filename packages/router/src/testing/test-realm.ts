/** A realm for tests of applications: a real router, clients in memory, and a network and a clock that the test controls. */
/// <reference lib="esnext.disposable" preserve="true" />
import { json, type Dict, type Serializer, type Transport, type Uri } from '@wamp/protocol';
import { anonymous } from '../auth/anonymous.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { systemClock } from '../connection/system-clock.ts';
import type { Clock } from '../core/clock.ts';
import type { Router } from '../host.ts';
import { createRouter } from '../create-router.ts';
import type { RouterOptions } from '../router-options.ts';
import { inMemory } from '../transports/in-memory.ts';
import { ManualClock } from './manual-clock.ts';
import { TestLine } from './test-line.ts';
import { TestNetwork, type TestFrame } from './test-network.ts';

/** Options of {@link createTestRealm}. */
export interface TestRealmOptions {
  /** The name of the realm; `realm1` by default. */
  readonly realm?: Uri | undefined;
  /** Options of the router, such as `authorizer`. */
  readonly router?: Partial<RouterOptions> | undefined;
  /** `manual`, the default: time passes only by `advance`. `real`: the clock of the machine. */
  readonly time?: 'manual' | 'real' | undefined;
}

/** The principal of a client of a test realm; it is not verified. */
export interface TestClient {
  /** The authid; chosen by the router by default. */
  readonly authid?: string | undefined;
  /** The authrole; `anonymous` by default. */
  readonly authrole?: string | undefined;
}

/** Options for `connect` of `@wamp/client` with which a client joins a test realm. */
export interface TestConnectOptions {
  readonly realm: Uri;
  readonly clock: Clock;
  readonly auth: {
    readonly method: string;
    readonly hello: () => { readonly authid?: string; readonly authextra?: Dict };
  };
  readonly transport: {
    readonly name: string;
    readonly eager: true;
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
 * Creates a realm for tests. Nothing leaves the process, no port is used, and by default time passes only by `advance`.
 *
 * @example const realm = createTestRealm();
 *   const session = await realm.connect(connect<Api>, { authid: 'joe' });
 */
export function createTestRealm(options: TestRealmOptions = {}): TestRealm {
  return new TestRealm(options);
}

export class TestRealm implements AsyncDisposable {
  readonly realm: Uri;
  /** The URL to pass to `connect`; it is not used to open a connection. */
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

  /** The latest 10,000 frames of all clients, as messages, in the order in which they were sent. */
  get frames(): readonly TestFrame[] {
    return this.#network.frames;
  }

  /**
   * Options for `connect` of `@wamp/client`, to which you can add others:
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
        eager: true,
        open: async (_url, { serializers: [serializer = json] }) => (current = await this.#open(serializer)),
      },
    };
    this.#lineOf.set(options, () => current);
    return options;
  }

  /**
   * Connects a client.
   * @param connect `connect` of `@wamp/client`, with the type of your contract, if any: `connect<Api>`
   * @param who the principal of the client
   * @param more further options of `connect`, such as `exposeErrors`
   * @returns the session with which `connect` resolves
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
   * Ends the connection of a client: abruptly, or, if `clean`, with GOODBYE.
   * @param client a session that `connect` returned, or options that `client` returned
   * @param how.reason the URI of that GOODBYE; `wamp.close.system_shutdown` by default
   * @throws Error for a client that is not connected
   */
  drop(client: object, how: { readonly clean?: boolean; readonly reason?: Uri } = {}): void {
    const line = this.#lineOf.get(client)?.();
    if (line?.isOpen !== true) throw new Error('The client to drop has no connection to this realm.');
    if (how.clean === true) line.dismiss(how.reason ?? 'wamp.close.system_shutdown');
    else line.cut('connection reset');
    this.#lines.delete(line);
  }

  /** Sets the time that each frame takes from now on, in each direction (ms); 0 at first. */
  latency(ms: number): void {
    this.#network.latency = ms;
  }

  /** Simulates a dead connection: nothing arrives any more, and neither side is notified. */
  pause(): void {
    this.#network.pause();
  }

  /** Ends {@link pause}: frames that were held back are delivered, in order. */
  resume(): void {
    this.#network.resume();
  }

  /** Breaks all connections, and accepts no new ones until `up`. */
  down(): void {
    this.#isDown = true;
    for (const line of this.#lines) line.cut('connection reset');
    this.#lines.clear();
  }

  /** Accepts connections again. */
  up(): void {
    this.#isDown = false;
  }

  /**
   * Advances the clock by `ms`; timers run and frames are delivered as in real time.
   * @throws Error for a realm with `time: 'real'`
   */
  async advance(ms: number): Promise<void> {
    if (this.#manual === undefined) throw new Error('The time of this realm is real: it advances by itself.');
    await this.settle();
    // Advances from timer to timer, because the frames that one timer sends must arrive before the next timer is due.
    for (let left = ms; left > 0;) {
      const step = Math.min(left, this.#manual.untilNext ?? left);
      this.#manual.advance(step);
      left -= step;
      await this.settle();
    }
  }

  /** Resolves when all frames that can be delivered without advancing the clock have arrived. */
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
    // The client's JSON serializer decodes whole messages, whereas the router's passes payloads on undecoded.
    const inner = inMemory(this.router, serializer.name === json.name ? json : serializer);
    const line = new TestLine(serializer, inner, this.#network, this.#connections);
    this.#lines.add(line);
    return line;
  }
}
