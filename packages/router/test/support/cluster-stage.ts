/** Several routers in one process that form a cluster, with clients in memory, and a clock that the test rules. */
import { ManualClock } from '@wamp/router/testing';
import type { Clock } from '../../src/core/clock.ts';
import type { Router } from '../../src/host.ts';
import type { RouterOptions } from '../../src/router-options.ts';
import { createRouter } from '../../src/create-router.ts';
import type { ClusterOptions } from '../../src/cluster/options.ts';
import type { WireVersions } from '../../src/cluster/wire.ts';
import { Client, Quiet } from './client.ts';
import { MemoryNetwork, type MemoryEngine } from './memory-cluster.ts';

/** A node of the cluster. */
export interface Node {
  readonly name: string;
  readonly router: Router;
  readonly engine: MemoryEngine;
  /** Has its timers end with it. */
  readonly clock: MortalClock;
}

/** The clock of a process: once it is dead, none of its timers runs. */
class MortalClock implements Clock {
  readonly #clock: Clock;
  readonly #pending = new Set<() => void>();
  #isDead = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  elapsed(): number {
    return this.#clock.elapsed();
  }

  after(delay: number, task: () => void): () => void {
    if (this.#isDead) return () => undefined;
    const dismiss = this.#clock.after(delay, () => {
      this.#pending.delete(dismiss);
      task();
    });
    this.#pending.add(dismiss);
    return () => {
      this.#pending.delete(dismiss);
      dismiss();
    };
  }

  die(): void {
    this.#isDead = true;
    for (const dismiss of this.#pending) dismiss();
    this.#pending.clear();
  }
}

export class ClusterStage {
  readonly clock: ManualClock = new ManualClock(Date.UTC(2026, 0, 1));
  readonly network: MemoryNetwork = new MemoryNetwork(this.clock);
  readonly nodes: Map<string, Node> = new Map();
  readonly faults: unknown[] = [];
  /** What nodes do that are cut off; applies to those that are started from now on. */
  cutOff: Pick<ClusterOptions, 'isolated' | 'deadAfter'> = {};
  /** Called at every instant of the time that passes. */
  watch: () => void = () => undefined;
  readonly options: Partial<RouterOptions>;
  readonly #quiet = new Quiet();
  #lastId = 1000;

  constructor(options: Partial<RouterOptions> = {}) {
    this.options = options;
  }

  /** Starts nodes of these names, one after the other. */
  static async of(names: readonly string[], options: Partial<RouterOptions> = {}): Promise<ClusterStage> {
    const stage = new ClusterStage(options);
    for (const name of names) await stage.start(name);
    return stage;
  }

  /** @param wire the versions of the wire that the node speaks, if they are others than those of this router */
  async start(name: string, wire?: WireVersions): Promise<Node> {
    const engine = this.network.engine();
    const clock = new MortalClock(this.clock);
    const router = createRouter({
      realms: ['realm1'],
      clock,
      globalId: () => (this.#lastId += 1),
      cluster: { node: name, engine, ...this.cutOff, ...(wire === undefined ? {} : { wire }) },
      log: (level, what, facts) => {
        if (level === 'error') this.faults.push([what, facts]);
      },
      ...this.options,
    });
    this.#quiet.watch(router);
    const node = { name, router, engine, clock };
    const started = router.start();
    const outcome = { isOver: false };
    const over = (): void => {
      outcome.isOver = true;
    };
    started.then(over, over);
    while (!outcome.isOver) await this.pass(20);
    await started;
    this.nodes.set(name, node);
    await this.pass(50);
    return node;
  }

  /** The process of a node is gone, and with it its clients. */
  kill(name: string): void {
    const { engine, clock } = this.node(name);
    engine.kill();
    clock.die();
    this.nodes.delete(name);
  }

  node(name: string): Node {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`there is no node ${name}`);
    return node;
  }

  join(name: string, details: Readonly<Record<string, unknown>> = {}): Promise<Client> {
    return Client.join(this.node(name).router, undefined, details);
  }

  /** Lets time pass (ms), and all happen that comes of it. */
  async pass(ms: number): Promise<void> {
    await this.settle();
    for (let left = ms; left > 0;) {
      const step = Math.max(1, Math.min(left, this.clock.untilNext ?? left));
      this.clock.advance(step);
      left -= step;
      await this.settle();
    }
  }

  /** Lets all happen that takes no time. */
  async settle(): Promise<void> {
    await this.#quiet.settle();
    this.watch();
  }
}
