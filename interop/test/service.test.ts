/** The service of docs/client/node-services.md as a process of its own: how it waits, serves again, and ends. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { connect, type Session } from '@wamp/client';
import { sessions } from '@wamp/client/meta';
import { acceptWebSockets, createRouter, type Router } from '@wamp/router';
import ts from 'typescript';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { guidesIn } from './support/guide.ts';

let folder: string;
let service: Service | undefined;

beforeAll(async () => {
  folder = await mkdtemp(fileURLToPath(new URL('../node_modules/service-', import.meta.url)));
  const [program] = guidesIn('docs/client/node-services.md');
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const { outputText } = ts.transpileModule(program?.code ?? '', { compilerOptions });
  await writeFile(`${folder}/service.mjs`, outputText);
});
afterEach(() => service?.kill('SIGKILL'));
afterAll(() => rm(folder, { recursive: true }));

/** A router at a port that is the same when it is started again. */
class RestartableRouter implements AsyncDisposable {
  port = 0;
  #router: Router | undefined;
  #server: Server | undefined;

  async start(): Promise<void> {
    this.#router = createRouter({ realms: ['realm1'] });
    this.#server = createServer();
    acceptWebSockets(this.#router, { server: this.#server });
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await this.#router?.close();
    this.#server?.closeAllConnections();
    this.#server?.close();
    if (this.#server?.listening === true) await once(this.#server, 'close');
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  join(): Promise<Session> {
    return connect(this.url, { realm: 'realm1', reconnect: false });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** The process. */
class Service {
  printed = '';
  readonly exitCode: Promise<unknown>;
  readonly #child: ChildProcess;

  constructor(url: string, realm = 'realm1') {
    const args = [
      '--conditions=@wamp/source',
      '--import',
      import.meta.resolve('tsx'),
      `${folder}/service.mjs`,
    ];
    this.#child = spawn(process.execPath, args, {
      env: { ...process.env, ROUTER_URL: url, ROUTER_REALM: realm },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk) => (this.printed += String(chunk)));
    this.exitCode = once(this.#child, 'exit').then(([code]: unknown[]) => code);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

/** Waits until the service has registered, and has it add. */
async function addedBy(router: RestartableRouter): Promise<unknown> {
  await using session = await router.join();
  const lookup = (): Promise<unknown> => session.call('wamp.registration.lookup', ['com.example.add']);
  await expect.poll(lookup).toEqual(expect.any(Number));
  return await session.call('com.example.add', [2, 3]);
}

test('a service waits for its router, serves again when it was stopped and started, and ends with 0', async () => {
  await using router = new RestartableRouter();
  await router.start();
  await router.stop();
  service = new Service(router.url);
  await expect.poll(() => service?.printed).toMatch(/^WAMP: no connection to .*, trying again/);
  for (let restart = 0; restart < 2; restart += 1) {
    await router.start();
    expect(await addedBy(router)).toBe(5);
    if (restart === 0) await router.stop();
  }
  service.kill('SIGTERM');
  expect(await service.exitCode).toBe(0);
});

test('a service that may not join its realm ends with 1, and says why', async () => {
  await using router = new RestartableRouter();
  await router.start();
  service = new Service(router.url, 'com.example.elsewhere');
  expect(await service.exitCode).toBe(1);
  expect(service.printed).toContain('wamp.error.no_such_realm');
});

test('a service whose session an operator ends, ends with 1, and says why', async () => {
  await using router = new RestartableRouter();
  await router.start();
  service = new Service(router.url);
  expect(await addedBy(router)).toBe(5);
  await using operator = await router.join();
  await sessions(operator).killAll();
  expect(await service.exitCode).toBe(1);
  expect(service.printed).toContain('wamp.close.killed');
});
