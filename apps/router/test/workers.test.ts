/** Several workers of one machine: real processes that share a port, over a nats-server of their own. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { connect, ticket, type Session } from '../../../packages/client/src/index.ts';
import { whyNoNats } from '../../../packages/cluster-nats/test/support/nats-servers.ts';
import { readExposition } from './exposition.ts';
import { Workshop, type RunningRouter } from './workshop.ts';

const missing = whyNoNats();
if (missing !== undefined && process.env['CI'] === 'true') throw new Error(missing);
const title = `workers${missing === undefined ? '' : `: ${missing}`}`;

let folder: string;
let workshop: Workshop;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wamp-workers-test-'));
  workshop = await Workshop.open({});
});
afterAll(async () => {
  await workshop[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** A file, and a socket for operators, of its own for each router. */
let files = 0;
const socketPath = (): string => join(folder, `${files}.sock`);

const yaml = (realms: string): string => `
listeners: [{ port: 0, transports: [websocket], pages: false }]
realms: [${realms}]
admin:
  socket: ${socketPath()}
  realm:
    auth: { ticket: { principals: { olga: { ticket: pencil-and-paper, role: operator } } } }
    roles: { operator: { permissions: [{ uri: wamp.admin.*, allow: [call] }] } }
log: { format: json }
`;

function write(realms: string): string {
  files += 1;
  return writeText(yaml(realms));
}

function writeText(text: string): string {
  const file = join(folder, `${files}.yaml`);
  writeFileSync(file, text);
  return file;
}

/** What `/health` of a worker, or of all of them, tells of each. */
interface ToldWorker {
  readonly worker: number;
  readonly state: string;
  readonly pid: number;
  readonly restarts: number;
  readonly cluster: { readonly members: readonly { readonly node: string }[] };
}

async function workersOf({ origin }: RunningRouter): Promise<readonly ToldWorker[]> {
  const answer = await fetch(`${origin.replace('ws', 'http')}/health`);
  return ((await answer.json()) as { readonly workers: readonly ToldWorker[] }).workers;
}

/** What the supervisor answers at its socket for operators. */
async function operator(path: string): Promise<string> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    request({ socketPath: socketPath(), path }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => (body += part));
      response.on('end', () => {
        resolve(body);
      });
    })
      .on('error', reject)
      .end();
  });
}

/** How many sessions each worker has, by its number. */
async function sessionsByWorker(realm: string): Promise<ReadonlyMap<string, number>> {
  const metric = readExposition(await operator('/metrics')).get('wamp_sessions');
  const samples = metric?.samples.filter(({ labels }) => labels['realm'] === realm) ?? [];
  return new Map(samples.map(({ labels, value }) => [labels['worker'] ?? '', value]));
}

/** Several sessions: the first process hands sockets to the workers in turn. */
async function join4(router: RunningRouter, realm = 'realm1'): Promise<[Session, Session, Session, Session]> {
  const one = async (): Promise<Session> => {
    const session = await connect(`${router.origin}/ws`, { realm, reconnect: false });
    onTestFinished(async () => {
      await session.close();
    });
    return session;
  };
  return [await one(), await one(), await one(), await one()];
}

describe.skipIf(missing !== undefined)(title, () => {
  describe('two that run', () => {
    let router: RunningRouter;
    let file: string;
    beforeAll(async () => {
      file = write('{ name: realm1 }');
      router = await workshop.startWorkers(file, 2);
    });
    afterAll(() => router[Symbol.asyncDispose]());

    test('share the port and the realm: calls and events go from one to the other', async () => {
      expect(router.greeting).toMatch(/\n {2}workers +2\n {2}stop/);
      const [one, ...others] = await join4(router);
      expect(await sessionsByWorker('realm1')).toEqual(new Map([['1', 2], ['2', 2]])); // prettier-ignore
      await one.register('com.add', ([a = 0, b = 0]: number[]) => a + b);
      for (const other of others) await expect(other.call('com.add', [2, 3])).resolves.toBe(5);
      const heard: unknown[] = [];
      for (const other of others)
        await other.subscribe('com.news', ([text]: string[]) => {
          heard.push(text);
        });
      await one.publish('com.news', ['hello'], { acknowledge: true });
      await expect.poll(() => heard).toEqual(['hello', 'hello', 'hello']);
      await expect(others[0].register('com.add', () => 0)).rejects.toMatchObject({
        uri: 'wamp.error.procedure_already_exists',
      });
    });

    test('tell one /metrics, in which each sample says of which worker it is', async () => {
      const metrics = readExposition(await operator('/metrics'));
      const workers = new Set(
        [...metrics.values()].flatMap(({ samples }) => samples.map(({ labels }) => labels['worker'])),
      );
      expect(workers).toEqual(new Set(['supervisor', '1', '2']));
      const of = (name: string): unknown =>
        metrics.get(name)?.samples.map(({ labels: { worker, node }, value }) => [worker, node ?? '', value]);
      expect(of('wamp_worker_up')).toEqual([['1', '', 1], ['2', '', 1]]); // prettier-ignore
      expect(of('wamp_worker_restarts_total')).toEqual([['1', '', 0], ['2', '', 0]]); // prettier-ignore
      expect(of('wamp_cluster_reachable_members')).toEqual([['1', '', 1], ['2', '', 1]]); // prettier-ignore
      expect(of('wamp_cluster_link_gaps')).toEqual([['1', 'worker-2', 0], ['2', 'worker-1', 0]]); // prettier-ignore
    });

    test('speak for each other about health, to clients and to operators', async () => {
      for (const told of [
        await workersOf(router),
        (JSON.parse(await operator('/health')) as { workers: readonly ToldWorker[] }).workers,
      ]) {
        expect(told.map(({ worker, state, restarts }) => ({ worker, state, restarts }))).toEqual([
          { worker: 1, state: 'listening', restarts: 0 },
          { worker: 2, state: 'listening', restarts: 0 },
        ]);
        expect(told.map(({ cluster }) => cluster.members.map(({ node }) => node))).toEqual([
          ['worker-2'],
          ['worker-1'],
        ]);
      }
      expect(JSON.parse(await operator('/health/ready'))).toEqual({ status: 'ready' });
    });

    test('answer operators together, whichever of them an operator reaches', async () => {
      await join4(router);
      const auth = ticket('olga', 'pencil-and-paper');
      for (let worker = 1; worker <= 2; worker += 1) {
        await using session = await connect(`${router.origin}/ws`, { realm: 'wamp.admin', auth });
        const status = await session.call('wamp.admin.status', [], { kwargs: { exclude_own: true } });
        expect(status).toMatchObject({ workers: 2, sessions: 4 });
        const realms = (await session.call('wamp.admin.realm.list')) as { realm: string }[];
        expect(realms.find(({ realm }) => realm === 'realm1')).toMatchObject({ sessions: 4 });
        await expect(session.call('wamp.admin.log.set_level', ['warn'])).resolves.toBe('warn');
        const cluster = await session.call('wamp.admin.cluster.status');
        expect(cluster).toMatchObject({ state: 'joined', members: [{ reachable: true, gaps: 0 }] });
        expect(await session.call('wamp.admin.reload', [true])).toEqual({ ok: true, lines: [] });
      }
    });

    test('reload together, on SIGHUP and on demand; what one refuses, none does', async () => {
      const before = yaml('{ name: realm1 }');
      writeFileSync(file, yaml('{ name: realm1 }, { name: realm2 }'));
      router.kill('SIGHUP');
      await expect
        .poll(() =>
          connect(`${router.origin}/ws`, { realm: 'realm2', reconnect: false })
            .then((session) => session.close())
            .then(
              () => 'in',
              () => 'out',
            ),
        )
        .toBe('in');
      await join4(router, 'realm2');
      expect(await sessionsByWorker('realm2')).toEqual(new Map([['1', 2], ['2', 2]])); // prettier-ignore
      writeFileSync(file, before);
      const { stdout } = await workshop.run(['reload', '--config', file]);
      expect(stdout).toBe('realm realm2: closed; its sessions end\n');
      for (let time = 0; time < 4; time += 1)
        await expect(
          connect(`${router.origin}/ws`, { realm: 'realm2', reconnect: false }),
        ).rejects.toMatchObject({ uri: 'wamp.error.no_such_realm' });
    });
  });

  test('one that is killed is started again; its sessions leave once, and its calls end', async () => {
    const router = await workshop.startWorkers(write('{ name: realm1 }'), 2);
    try {
      const sessions = await join4(router);
      const [victim, survivor] = await workersOf(router);
      const ids = sessions.map(({ id }) => id);
      const left: unknown[] = [];
      const fates: unknown[] = [];
      await Promise.all(
        sessions.map((session, index) =>
          session.register(`com.wait.${index}`, () => new Promise(() => undefined)),
        ),
      );
      const calls = sessions.flatMap((session, index) =>
        sessions.map((_, other) =>
          session.call(`com.wait.${other}`).catch((error: unknown) => fates.push([index, other, error])),
        ),
      );
      await Promise.all(sessions.map((session, index) => session.subscribe('wamp.session.on_leave', ([id]: number[]) => { left.push([index, ids.indexOf(id ?? 0)]); }))); // prettier-ignore
      process.kill(victim?.pid ?? 0, 'SIGKILL');
      await expect.poll(() => sessions.filter(({ state }) => state === 'open').length).toBe(2);
      const stayed = sessions.filter(({ state }) => state === 'open');
      const isGone = (index: number): boolean => sessions[index]?.state !== 'open';
      const pairs = sessions.flatMap((_, one) => sessions.map((__, other) => [one, other] as const));
      const expected = pairs.filter(([one, other]) => !isGone(one) && isGone(other));
      await expect.poll(() => left.length).toBe(4);
      expect(new Set(left)).toEqual(new Set(expected));
      await expect
        .poll(async () => (await workersOf(router))[0])
        .toMatchObject({ state: 'listening', restarts: 1 });
      const [again, same] = await workersOf(router);
      expect(again?.pid).not.toBe(victim?.pid);
      expect(same?.pid).toBe(survivor?.pid);
      // Of the 16 calls, those between the two that stayed are still open.
      await expect.poll(() => fates.length).toBe(12);
      const [later] = await join4(router);
      await later
        .register('com.wait.0', () => 'free again')
        .catch(() => later.register('com.wait.1', () => 'free again'));
      await Promise.all([...stayed.map((session) => session.close()), ...calls]);
    } finally {
      router.kill('SIGTERM');
    }
    const { code, stderr } = await router.ended;
    expect(code).toBe(0);
    const codes = stderr.trim().split('\n').map((line) => (JSON.parse(line) as { code: string }).code); // prettier-ignore
    expect(codes.filter((each) => each === 'worker_ended')).toHaveLength(1);
  });

  test('their NATS server is started again when it ends', async () => {
    const router = await workshop.startWorkers(write('{ name: realm1 }'), 2);
    try {
      const [one, two, three] = await join4(router);
      process.kill(natsOf(router), 'SIGKILL');
      const registered = async (): Promise<string> => {
        const registration = await one.register('com.after', () => 'here');
        await registration.unregister();
        return 'yes';
      };
      await expect.poll(() => registered().catch(() => 'no')).toBe('yes');
      await one.register('com.found', () => 'found');
      for (const other of [two, three])
        await expect.poll(() => other.call('com.found').catch(() => '')).toBe('found');
    } finally {
      router.kill('SIGTERM');
    }
    const { code, stderr } = await router.ended;
    expect(code).toBe(0);
    expect(stderr).toContain('"code":"nats_server_ended"');
  });

  test('SIGTERM lets the calls between workers end, then stops all of them, and leaves nothing', async () => {
    const router = await workshop.startWorkers(write('{ name: realm1 }'), 2);
    const [one, ...others] = await join4(router);
    const invoked: ((answer: string) => void)[] = [];
    await one.register('com.slow', () => new Promise<string>((resolve) => invoked.push(resolve)));
    const calls = others.map((other) => other.call('com.slow'));
    // They come over different ways, in any order.
    await expect.poll(() => invoked.length).toBe(3);
    const workers = await workersOf(router);
    const nats = natsOf(router);
    router.kill('SIGTERM');
    await expect
      .poll(async () => (JSON.parse(await operator('/health/ready')) as { status: string }).status)
      .toBe('not ready');
    for (const answer of invoked) answer('last');
    expect(await Promise.all(calls)).toEqual(['last', 'last', 'last']);
    const { code, stderr } = await router.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const pid of [...workers.map((worker) => worker.pid), nats]) expect(isRunning(pid)).toBe(false);
  });

  test('all end when the first process is killed, and so does their NATS server', async () => {
    const router = await workshop.startWorkers(write('{ name: realm1 }'), 2);
    const pids = [...(await workersOf(router)).map(({ pid }) => pid), natsOf(router)];
    router.kill('SIGKILL');
    await router.ended;
    await expect.poll(() => pids.filter(isRunning)).toEqual([]);
  });
});

describe('what workers cannot have is refused', () => {
  const start = (file: string, ...more: readonly string[]): ReturnType<Workshop['run']> =>
    workshop.run(['start', '--config', file, '--workers', '2', ...more]);

  test('without nats-server', async () => {
    const { code, stderr } = await start(write('{ name: realm1 }'), '--nats-server', '/nowhere/nats-server');
    expect(code).toBe(2);
    expect(stderr).toBe(
      'wamp-router: --workers: there is no /nowhere/nats-server to run; the workers reach each other over a NATS server of ' +
        'their own: install nats-server (2.9 or later), name it with --nats-server, or configure a cluster\n',
    );
  });

  test.each([
    ['long-poll', 'listeners: [{ port: 0 }]\nrealms: [{ name: realm1 }]', ':1:13: listeners[0].transports: '],
    [
      'a realm of each',
      'listeners: [{ port: 0, transports: [websocket] }]\nrealms: [{ name: realm1, cluster: false }]',
      ':2:',
    ],
    [
      'a store',
      'listeners: [{ port: 0, transports: [websocket] }]\nrealms: [{ name: realm1 }]\nstore: { path: events.db }',
      ':3:',
    ],
  ])('%s', async (_, text, place) => {
    const { code, stderr } = await start(writeText(text));
    expect(code).toBe(2);
    expect(stderr).toContain(place);
    expect(stderr).toContain('--workers');
  });

  test('a number out of range', async () => {
    const { code, stderr } = await workshop.run(['start', '--workers', '0']);
    expect(code).toBe(2);
    expect(stderr).toContain('It must be a number from 1 to 16.');
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The nats-server that a process has started. */
function natsOf({ pid }: RunningRouter): number {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) => childrenOf(pid, task));
  const found = children.find((child) => commandOf(child).includes('nats'));
  if (found === undefined) throw new Error(`process ${pid} has started no nats-server`);
  return found;
}

function childrenOf(pid: number, task: string): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number); // prettier-ignore
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, 'utf8');
}
