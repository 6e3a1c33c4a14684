/** NATS servers with JetStream, each a process, whose connections among each other go through proxies. */
import { rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FaultProxy } from '../faults/proxy.ts';
import { freePort } from '../siege/free-port.ts';
import { Child } from './process.ts';

const PROGRAM = process.env['NATS_SERVER'] ?? 'nats-server';

/** One server. Clients and other servers reach its ports by way of proxies. */
export class NatsServer {
  readonly child: Child;
  readonly port: number;
  readonly #store: string;

  constructor(child: Child, port: number, store: string) {
    this.child = child;
    this.port = port;
    this.#store = store;
  }

  /** Deletes what JetStream has stored. The server must not be running. */
  wipe(): void {
    rmSync(this.#store, { recursive: true, force: true });
  }
}

export class NatsServers {
  readonly servers: readonly NatsServer[];
  /** The proxies of each server's connections to the others. */
  readonly #routes: readonly (readonly FaultProxy[])[];

  private constructor(servers: readonly NatsServer[], routes: readonly (readonly FaultProxy[])[]) {
    this.servers = servers;
    this.#routes = routes;
  }

  /**
   * @param folder where the files of the servers are kept
   * @param isDirect true to have no proxies
   */
  static async start(count: number, folder: string, isDirect: boolean): Promise<NatsServers> {
    const [ports, clusterPorts] = [await freePorts(count), await freePorts(count)];
    const routes: FaultProxy[][] = ports.map(() => []);
    const servers: NatsServer[] = [];
    for (const [index, port] of ports.entries()) {
      const urls: string[] = [];
      for (const [other, clusterPort] of clusterPorts.entries()) {
        if (other === index) continue;
        if (isDirect) {
          urls.push(`nats://127.0.0.1:${clusterPort}`);
          continue;
        }
        const proxy = await FaultProxy.start(() => clusterPort);
        routes[index]?.push(proxy);
        routes[other]?.push(proxy);
        urls.push(`nats://127.0.0.1:${proxy.port}`);
      }
      const store = join(folder, `nats-${index}`);
      const file = join(folder, `nats-${index}.conf`);
      const clusterPort = clusterPorts[index] ?? 0;
      await writeFile(file, configuration({ index, port, clusterPort, store, urls }));
      servers.push(new NatsServer(new Child(`NATS ${index}`, PROGRAM, ['-c', file]), port, store));
    }
    for (const { child } of servers) child.start();
    return new NatsServers(servers, routes);
  }

  /** Separates a server from the others: breaks its connections with them, and refuses new ones. */
  isolate(index: number): void {
    for (const proxy of this.#routes[index] ?? []) {
      proxy.refusals = Infinity;
      for (const link of proxy.links) link.cut();
    }
  }

  heal(): void {
    for (const proxy of this.#routes.flat()) proxy.heal();
  }

  async stop(): Promise<void> {
    for (const { child } of this.servers) await child.stop('SIGKILL');
    for (const proxy of new Set(this.#routes.flat())) await proxy.close();
  }
}

interface ServerPlace {
  readonly index: number;
  readonly port: number;
  readonly clusterPort: number;
  readonly store: string;
  /** The ports at which it reaches the others. */
  readonly urls: readonly string[];
}

function configuration({ index, port, clusterPort, store, urls }: ServerPlace): string {
  // No process listens on port 1, so the others must use the proxies that they know.
  return `
server_name: nats${index}
listen: 127.0.0.1:${port}
jetstream { store_dir: ${JSON.stringify(store)}, max_mem: 64M, max_file: 512M }
cluster {
  name: bench
  listen: 127.0.0.1:${clusterPort}
  advertise: 127.0.0.1:1
  no_advertise: true
  routes: [${urls.map((url) => JSON.stringify(url)).join(', ')}]
}
`;
}

async function freePorts(count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, () => freePort()));
}
