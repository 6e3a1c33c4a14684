/** The topologies of docs/clustering.md: each of its files is started by real processes over real NATS servers, and used by clients. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { connect, type Session } from '../../../packages/client/src/index.ts';
import { NatsServers, whyNoNats } from '../../../packages/cluster-nats/test/support/nats-servers.ts';
import { Workshop, type RunningRouter } from './workshop.ts';

const missing = whyNoNats();
if (missing !== undefined && process.env['CI'] === 'true') throw new Error(missing);
const title = `topologies of docs/clustering.md${missing === undefined ? '' : `: ${missing}`}`;
const page = readFileSync(new URL('../../../docs/clustering.md', import.meta.url), 'utf8');
const REALM = 'com.example';

/** A file of the page, with servers that this machine has, and ports that are free. @param name as its first line has it */
function fileOf(name: string, servers: readonly string[]): string {
  const [, yaml] = new RegExp(`\`\`\`yaml\\n# ${name}\\n([^\`]*)\`\`\``).exec(page) ?? [];
  if (yaml === undefined) throw new Error(`docs/clustering.md has no file ${name}`);
  return yaml
    .replace(/servers: \[.*?\]/, `servers: [${servers.join(', ')}]`)
    .replace('0.0.0.0', '127.0.0.1')
    .replace('port: 8080', 'port: 0')
    .replace('name: prod', `name: t${(runs += 1)}`);
}
let runs = 0;

/** Forwards connections to several routers in turn, as a load balancer does that asks them for their health. */
async function balance(routers: readonly RunningRouter[]): Promise<string> {
  let turn = 0;
  const server: Server = createServer((socket) => {
    void (async () => {
      turn += 1;
      for (const tried of routers.keys()) {
        const router = routers[(turn + tried) % routers.length];
        if (router === undefined || !(await isReady(router))) continue;
        const { hostname, port } = new URL(router.origin);
        const behind = connectTcp(Number(port), hostname);
        socket.pipe(behind).pipe(socket);
        for (const [one, other] of [[socket, behind], [behind, socket]] as const) one.on('error', () => other.destroy()); // prettier-ignore
        return;
      }
      socket.destroy();
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`;
}

async function isReady({ origin }: RunningRouter): Promise<boolean> {
  try {
    return (await fetch(`${origin.replace('ws', 'http')}/health/ready`)).ok;
  } catch {
    return false;
  }
}

/** A client that is gone at the end of the test. */
async function client(url: string | readonly string[], realm = REALM): Promise<Session> {
  const urls = typeof url === 'string' ? [url] : [...url];
  const session = await connect(urls, { realm, reconnect: { min: 50, max: 200 } });
  onTestFinished(() => session.close());
  return session;
}

const socketOf = ({ origin }: RunningRouter): string => `${origin.replace('http', 'ws')}/ws`;

describe.skipIf(missing !== undefined)(title, () => {
  let folder: string;
  let workshop: Workshop;
  let nats: NatsServers;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wamp-topologies-'));
    [workshop, nats] = await Promise.all([Workshop.open({}), NatsServers.start(3)]);
  });
  afterAll(async () => {
    await nats.stop();
    await workshop[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  function write(name: string): string {
    const file = join(folder, name);
    writeFileSync(file, fileOf(name, nats.urls));
    return file;
  }

  /** Starts a node for each environment, one after the other. */
  async function start(
    file: string,
    environments: readonly Record<string, string>[],
  ): Promise<RunningRouter[]> {
    const routers: RunningRouter[] = [];
    for (const environment of environments) {
      const router = await workshop.startFrom(file, environment);
      onTestFinished(async () => {
        router.kill('SIGTERM');
        await router.ended;
      });
      routers.push(router);
    }
    return routers;
  }

  test('two nodes behind one load balancer are one realm, and the balancer leaves out the one that stops', async () => {
    const routers = await start(write('two-nodes.yaml'), [{ NODE: 'a' }, { NODE: 'b' }]);
    const url = await balance(routers);
    const [callee, ...callers] = [await client(url), await client(url), await client(url)];
    await callee.register('com.example.double', ([value = 0]: number[]) => 2 * value);
    for (const caller of callers)
      await expect.poll(() => caller.call('com.example.double', [21]).catch(() => 0)).toBe(42);
    const heard: unknown[] = [];
    for (const caller of callers)
      await caller.subscribe('com.example.news', ([text]: string[]) => void heard.push(text));
    await callee.publish('com.example.news', ['hello'], { acknowledge: true });
    await expect.poll(() => heard).toEqual(['hello', 'hello']);
    routers[0]?.kill('SIGTERM');
    await routers[0]?.ended;
    const later = [await client(url), await client(url)];
    for (const caller of later)
      await expect.poll(() => caller.call('com.example.double', [4]).catch(() => 0)).toBe(8);
  });

  test('a subscriber of a topic with history gets at another node what it has missed, once', async () => {
    const [a, b] = await start(write('history.yaml'), [{ NODE: 'a' }, { NODE: 'b' }]);
    if (a === undefined || b === undefined) throw new Error('there are no two nodes');
    const subscriber = await client([socketOf(a), socketOf(b)]);
    const publisher = await client(socketOf(b));
    const heard: unknown[] = [];
    const log = await subscriber.subscribe(
      'com.example.log',
      ([number]: number[]) => void heard.push(number),
    );
    log.on('gap', (gap) => void heard.push(gap));
    let last = 0;
    const publish = async (count: number): Promise<void> => {
      for (let left = count; left > 0; left -= 1)
        await publisher.publish('com.example.log', [(last += 1)], { acknowledge: true });
    };
    await publish(3);
    await expect.poll(() => heard).toHaveLength(3);
    const lost = new Promise<void>((resolve) => {
      subscriber.on('lost', () => {
        resolve();
      });
    });
    a.kill('SIGTERM');
    await lost;
    await publish(5);
    await expect.poll(() => heard.length).toBeGreaterThanOrEqual(8);
    await publish(1);
    await expect.poll(() => heard).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('nodes in several regions answer calls of their own region, and those of another that has no callee', async () => {
    const [eu, us] = await start(write('regions.yaml'), [{ REGION: 'eu' }, { REGION: 'us' }]);
    if (eu === undefined || us === undefined) throw new Error('there are no two nodes');
    const [inEu, inUs] = [await client(socketOf(eu)), await client(socketOf(us))];
    const work = await inEu.register('com.example.where', () => 'eu', { invoke: 'roundrobin' });
    await inUs.register('com.example.where', () => 'us', { invoke: 'roundrobin' });
    const [fromEu, fromUs] = [await client(socketOf(eu)), await client(socketOf(us))];
    for (let time = 0; time < 10; time += 1) {
      await expect(fromEu.call('com.example.where')).resolves.toBe('eu');
      await expect(fromUs.call('com.example.where')).resolves.toBe('us');
    }
    await work.unregister();
    await expect(fromEu.call('com.example.where')).resolves.toBe('us');
  });

  test('workers on one machine are one realm', async () => {
    const router = await workshop.startWorkers(write('workers.yaml'), 2);
    onTestFinished(async () => {
      router.kill('SIGTERM');
      await router.ended;
    });
    const url = socketOf(router);
    const [callee, ...callers] = [await client(url), await client(url), await client(url)];
    await callee.register('com.example.double', ([value = 0]: number[]) => 2 * value);
    for (const caller of callers)
      await expect.poll(() => caller.call('com.example.double', [21]).catch(() => 0)).toBe(42);
  });

  test('of two realms, the one that is not shared is one of each node', async () => {
    const [a, b] = await start(write('shared-and-local.yaml'), [{ NODE: 'a' }, { NODE: 'b' }]);
    if (a === undefined || b === undefined) throw new Error('there are no two nodes');
    for (const [realm, outcome] of [
      [REALM, 'found'],
      ['com.example.local', 'wamp.error.no_such_procedure'],
    ] as const) {
      // prettier-ignore
      const [callee, near, far] = [await client(socketOf(a), realm), await client(socketOf(a), realm), await client(socketOf(b), realm)];
      await callee.register('com.example.find', () => 'found');
      await expect(near.call('com.example.find')).resolves.toBe('found');
      await expect(far.call('com.example.find').catch(uriOf)).resolves.toBe(outcome);
    }
  });

  test('a rolling restart of all nodes under load fails no call', async () => {
    const file = write('rolling.yaml');
    const names = ['a', 'b', 'c'];
    const ports = await freePorts(names.length);
    const environments = names.map((NODE, index) => ({ NODE, PORT: String(ports[index]) }));
    const routers = await start(file, environments);
    const urls = ports.map((port) => `ws://127.0.0.1:${port}/ws`);
    /** All URLs, beginning with one of them; in the other direction than that of the restarts. */
    const from = (first: number): readonly string[] =>
      urls.map((_, step) => urls[(first - step + urls.length) % urls.length] ?? '');
    let answered = 0;
    /** Which services have answered since a restart. */
    const servants = new Set<unknown>();
    for (const index of urls.keys()) {
      const service = await client(from(index));
      await service.register('com.example.work', () => index, { invoke: 'roundrobin' });
    }
    const load = { isOn: true };
    const failures: unknown[] = [];
    const callers = await Promise.all([...urls.keys(), ...urls.keys()].map((index) => client(from(index))));
    const calling = callers.map(async (caller) => {
      while (load.isOn) {
        const calls = [1, 2, 3, 4].map((value) => caller.call('com.example.work', [value]));
        for (const outcome of await Promise.allSettled(calls)) {
          answered += 1;
          if (outcome.status === 'fulfilled') servants.add(outcome.value);
          else failures.push(outcome.reason);
        }
      }
    });
    for (const [index, environment] of environments.entries()) {
      routers[index]?.kill('SIGTERM');
      await routers[index]?.ended;
      await start(file, [environment]);
      servants.clear();
      await expect.poll(() => servants.size).toBe(urls.length);
    }
    load.isOn = false;
    await Promise.all(calling);
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(1000);
  });
});

function uriOf(error: unknown): unknown {
  return (error as { readonly uri?: string }).uri;
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.push((server.address() as AddressInfo).port);
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return ports;
}
