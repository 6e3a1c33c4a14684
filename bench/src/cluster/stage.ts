/** Three routers and three NATS servers, which keep running from one schedule to the next. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterStatus } from '@wamp/router';
import { sleep } from '../sleep.ts';
import { NatsServers } from './nats.ts';
import { RouterNode } from './nodes.ts';
import type { Fault } from './plan.ts';

const NAMES = ['a', 'b', 'c'];
const LOOK = 0.1;

export class Stage {
  readonly nats: NatsServers;
  readonly nodes: readonly RouterNode[];
  readonly folder: string;
  /** The number of current faults of each process or connection, which recovers when the last of them ends. */
  readonly #held = new Map<object, number>();

  private constructor(nats: NatsServers, nodes: readonly RouterNode[], folder: string) {
    this.nats = nats;
    this.nodes = nodes;
    this.folder = folder;
  }

  /** @param isDirect true to have no proxies */
  static async start(deadAfterMs: number, isDirect = false): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), 'wamp-cluster-'));
    const nats = await NatsServers.start(3, folder, isDirect);
    const ports = nats.servers.map(({ port }) => port);
    const nodes: RouterNode[] = [];
    for (const name of NAMES)
      nodes.push(await RouterNode.make({ name, folder, nats: ports, isDirect, deadAfterMs }));
    const stage = new Stage(nats, nodes, folder);
    // JetStream elects a leader first.
    await sleep(3);
    for (const { child } of nodes) child.start();
    return stage;
  }

  /** Inflicts a fault, and resolves once it is over. */
  async inflict(fault: Fault): Promise<void> {
    const node = this.nodes[fault.target];
    const server = this.nats.servers[fault.target];
    if (node === undefined || server === undefined) return;
    const lasting = sleep(fault.lasts / 1000);
    const { children, stop } = this.#concerned(fault);
    if (children.length > 0) {
      await Promise.all(
        children.map((child) =>
          this.#hold(
            child,
            lasting,
            () => child.stop(stop),
            () => {
              child.start();
            },
          ),
        ),
      );
    } else await this.#disturb(fault, lasting);
  }

  /** The processes that a fault ends. */
  #concerned({ kind, target }: Fault) {
    const nats = this.nats.servers.map(({ child }) => child);
    const router = this.nodes.filter((_, index) => index === target).map(({ child }) => child);
    const stop = kind === 'router restarted' ? 'SIGTERM' : 'SIGKILL';
    if (kind === 'router killed' || kind === 'router restarted') return { children: router, stop } as const;
    if (kind === 'NATS server killed')
      return { children: nats.filter((_, index) => index === target), stop } as const;
    if (kind === 'two NATS servers killed')
      return { children: nats.filter((_, index) => index !== target), stop } as const;
    if (kind === 'all NATS servers killed') return { children: nats, stop } as const;
    return { children: [], stop } as const;
  }

  async #disturb({ kind, target, direction }: Fault, lasting: Promise<void>): Promise<void> {
    const node = this.nodes[target];
    const server = this.nats.servers[target];
    if (node === undefined || server === undefined) return;
    if (kind === 'router frozen' || kind === 'NATS server frozen') {
      const { child } = kind === 'router frozen' ? node : server;
      await this.#hold(
        child,
        lasting,
        () => {
          child.freeze();
        },
        () => {
          child.thaw();
        },
      );
    } else if (kind === 'NATS server isolated')
      await this.#hold(
        this.nats,
        lasting,
        () => {
          this.nats.isolate(target);
        },
        () => {
          this.nats.heal();
        },
      );
    else if (kind === 'router cut from NATS')
      await this.#hold(
        node.ways,
        lasting,
        () => {
          node.cut();
        },
        () => {
          node.heal();
        },
      );
    else if (kind === 'router silenced')
      await this.#hold(
        node.ways,
        lasting,
        () => {
          node.silence(direction);
        },
        () => {
          node.heal();
        },
      );
    else if (kind === 'all NATS servers emptied') {
      for (const { child } of this.nats.servers) await child.stop('SIGKILL');
      for (const { servers } of [this.nats]) for (const each of servers) each.wipe();
      await lasting;
      for (const { child } of this.nats.servers) child.start();
    }
  }

  async #hold(
    what: object,
    lasting: Promise<void>,
    begin: () => void | Promise<void>,
    end: () => void,
  ): Promise<void> {
    this.#held.set(what, (this.#held.get(what) ?? 0) + 1);
    await begin();
    await lasting;
    const left = (this.#held.get(what) ?? 1) - 1;
    this.#held.set(what, left);
    if (left === 0) end();
  }

  /** Ends all faults. Routers that have given up are started again, as a service manager would. */
  heal(): void {
    this.nats.heal();
    for (const { child } of this.nats.servers) {
      child.thaw();
      child.start();
    }
    for (const node of this.nodes) {
      node.heal();
      node.child.thaw();
      node.child.start();
    }
  }

  /** Queries the status of all nodes. */
  async look(): Promise<(ClusterStatus | undefined)[]> {
    const found = await Promise.all(this.nodes.map((node) => node.status()));
    found.forEach((status, index) => {
      const node = this.nodes[index];
      if (node !== undefined && status !== undefined) node.epoch = status.epoch;
    });
    return found;
  }

  /** Waits until all nodes have joined and reach each other. @returns the time it took (s), or why they do not */
  async recover(patience: number): Promise<number | string> {
    const began = performance.now();
    for (;;) {
      this.heal();
      const found = await this.look();
      const elapsed = (performance.now() - began) / 1000;
      const epochs = new Set(found.map((status) => status?.epoch));
      const areWell = found.every(
        (status) =>
          status?.state === 'joined' &&
          status.members.length === NAMES.length - 1 &&
          status.members.every(({ reachable, epoch }) => reachable && epochs.has(epoch)),
      );
      if (areWell) return elapsed;
      if (elapsed > patience)
        return found
          .map((status, index) => {
            if (status === undefined) return `${NAMES[index]}: no answer`;
            const members = status.members.map(
              ({ node, reachable }) => `${node}${reachable ? '' : ' (unreachable)'}`,
            );
            return `${status.node}: ${status.state} ${status.why ?? ''} with ${members.join(', ') || 'nobody'}`;
          })
          .join('; ');
      await sleep(LOOK);
    }
  }

  /** The end of the output of the routers. */
  get logs(): string {
    return this.nodes.map(({ child }) => `--- ${child.name}\n${child.log}`).join('\n');
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) await node.stop();
    await this.nats.stop();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
