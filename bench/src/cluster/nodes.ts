/** The nodes of the cluster: routers, each a process with a configuration file, and the proxies between them and NATS. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClusterStatus } from '@wamp/router';
import { FaultProxy } from '../faults/proxy.ts';
import { freePort } from '../siege/free-port.ts';
import { Child } from './process.ts';

const PROGRAM = fileURLToPath(new URL('../../../apps/router/dist/main.js', import.meta.url));
/** The time within which a node must answer `/health` (ms). */
const HEALTH = 1000;

export class RouterNode {
  readonly name: string;
  readonly child: Child;
  readonly port: number;
  readonly #health: number;
  /** The proxies of its connections to each NATS server. */
  readonly ways: readonly FaultProxy[];
  /** The epoch of its run, when it last answered. */
  epoch: string | undefined;

  private constructor(name: string, child: Child, ports: readonly number[], ways: readonly FaultProxy[]) {
    this.name = name;
    this.child = child;
    [this.port, this.#health] = [ports[0] ?? 0, ports[1] ?? 0];
    this.ways = ways;
  }

  static async make(setup: NodeSetup): Promise<RouterNode> {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} does not exist: run \`npm run build\` first`);
    const ports = [await freePort(), await freePort()];
    const ways: FaultProxy[] = [];
    if (!setup.isDirect) for (const port of setup.nats) ways.push(await FaultProxy.start(() => port));
    const file = join(setup.folder, `${setup.name}.yaml`);
    await writeFile(file, configuration(setup, ports, ways));
    const child = new Child(`router ${setup.name}`, process.execPath, [PROGRAM, 'start', '--config', file]);
    return new RouterNode(setup.name, child, ports, ways);
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  /** The status of the cluster according to the node; undefined when it does not answer. */
  async status(): Promise<ClusterStatus | undefined> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.#health}/health`, {
        signal: AbortSignal.timeout(HEALTH),
      });
      return ((await response.json()) as { cluster?: ClusterStatus }).cluster;
    } catch {
      return undefined;
    }
  }

  /** Breaks its connections to NATS, and refuses new ones until {@link heal}. */
  cut(): void {
    for (const way of this.ways) {
      way.refusals = Infinity;
      for (const link of way.links) link.cut();
    }
  }

  /** Keeps its connections to NATS open, but carries no data on them; new connections work. */
  silence(direction: 'both' | 'up' | 'down'): void {
    for (const way of this.ways) for (const link of way.links) link.change(direction, { isSilent: true });
  }

  heal(): void {
    for (const way of this.ways) way.heal();
  }

  async stop(): Promise<void> {
    await this.child.stop('SIGKILL');
    for (const way of this.ways) await way.close();
  }
}

export interface NodeSetup {
  readonly name: string;
  readonly folder: string;
  /** The ports of the NATS servers; none for a router on its own. */
  readonly nats: readonly number[];
  /** True to have no proxies. */
  readonly isDirect: boolean;
  readonly deadAfterMs: number;
}

function configuration(
  setup: NodeSetup,
  [port, health]: readonly number[],
  ways: readonly FaultProxy[],
): string {
  return `
listeners:
  - { address: 127.0.0.1, port: ${String(port)}, pages: false, transports: [websocket] }
admin: { listener: { address: 127.0.0.1, port: ${String(health)} } }
log: { level: info }
realms:
  - name: realm1
    auth: { anonymous: { role: guest } }
    roles:
      guest:
        permissions:
          - { uri: com.*, allow: [call, register, publish, subscribe] }
          - { uri: bench.*, allow: [call, register, publish, subscribe] }
          - { uri: wamp.*, allow: [call, subscribe] }
${setup.nats.length === 0 ? '' : clusterSection(setup, ways)}`;
}

function clusterSection(
  { name, nats, isDirect, deadAfterMs }: NodeSetup,
  ways: readonly FaultProxy[],
): string {
  const ports = isDirect ? nats : ways.map((way) => way.port);
  return `cluster:
  name: bench
  node: ${name}
  nats:
    servers: [${ports.map((port) => `nats://127.0.0.1:${port}`).join(', ')}]
    replicas: ${nats.length < 3 ? 1 : 3}
  dead_after: ${deadAfterMs}ms
`;
}
