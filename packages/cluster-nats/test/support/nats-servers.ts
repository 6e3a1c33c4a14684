/** NATS servers for tests: real ones, each a process, as a cluster with JetStream. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { jetstreamManager } from '@nats-io/jetstream';

const PROGRAM = process.env['NATS_SERVER'] ?? 'nats-server';

/** Why there are no NATS servers; undefined when there are. */
export function whyNoNats(): string | undefined {
  if (spawnSync(PROGRAM, ['--version']).status === 0) return undefined;
  return 'there is no nats-server on the PATH (apt-get install nats-server)';
}

interface NatsServer {
  readonly url: string;
  readonly start: () => void;
  process: ChildProcess | undefined;
}

export class NatsServers {
  readonly servers: readonly NatsServer[];
  readonly #folder: string;

  private constructor(servers: readonly NatsServer[], folder: string) {
    this.servers = servers;
    this.#folder = folder;
  }

  get urls(): readonly string[] {
    return this.servers.map(({ url }) => url);
  }

  /** Starts one server with JetStream and more settings, in the language of its configuration files. */
  static async startWith(settings: string): Promise<NatsServers> {
    const folder = mkdtempSync(join(tmpdir(), 'wamp-nats-'));
    const [port = 0] = await freePorts(1);
    const file = join(folder, 'nats.conf');
    const store = JSON.stringify(join(folder, 'store'));
    writeFileSync(file, `listen: 127.0.0.1:${port}\njetstream { store_dir: ${store} }\n${settings}\n`);
    const server: NatsServer = {
      url: `nats://127.0.0.1:${port}`,
      process: undefined,
      start: () => {
        server.process = spawn(PROGRAM, ['-c', file], { stdio: 'ignore' });
      },
    };
    server.start();
    return new NatsServers([server], folder);
  }

  /** Starts `count` servers, and waits until JetStream answers. */
  static async start(count: number): Promise<NatsServers> {
    const folder = mkdtempSync(join(tmpdir(), 'wamp-nats-'));
    const ports = await freePorts(2 * count);
    const routes = ports.slice(count).map((port) => `nats://127.0.0.1:${port}`);
    const servers = Array.from({ length: count }, (_, index): NatsServer => {
      const [port = 0, routePort = 0] = [ports[index], ports[count + index]];
      const clustered = [
        ...['--cluster_name', 'test', '--cluster', `nats://127.0.0.1:${routePort}`],
        ...['--routes', routes.join(',')],
      ];
      const server: NatsServer = {
        url: `nats://127.0.0.1:${port}`,
        process: undefined,
        start: () => {
          server.process = spawn(
            PROGRAM,
            [
              ...['-a', '127.0.0.1', '-p', String(port), '-n', `n${index}`],
              ...['--jetstream', '--store_dir', join(folder, `n${index}`)],
              ...(count > 1 ? clustered : []),
            ],
            { stdio: 'ignore' },
          );
        },
      };
      server.start();
      return server;
    });
    const started = new NatsServers(servers, folder);
    await started.ready();
    return started;
  }

  /** Resolves once JetStream has a leader. */
  async ready(): Promise<void> {
    for (;;) {
      try {
        const connection = await connect({ servers: [...this.urls], timeout: 1000, maxReconnectAttempts: 0 });
        try {
          const manager = await jetstreamManager(connection, { timeout: 1000 });
          await manager.getAccountInfo();
          return;
        } finally {
          await connection.close();
        }
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  signal(index: number, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.servers[index]?.process?.kill(signal);
  }

  restart(index: number): void {
    this.servers[index]?.start();
  }

  async stop(): Promise<void> {
    for (const { process } of this.servers) {
      if (process?.exitCode !== null || process.signalCode !== null) continue;
      const ended = new Promise((resolve) => process.once('exit', resolve));
      process.kill('SIGCONT');
      process.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address === 'object' && address !== null) ports.push(address.port);
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return ports;
}
