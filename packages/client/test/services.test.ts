/** The service of docs/client/node-services.md as a process, as its supervisor sees it, while its router comes and goes. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { afterEach, expect, test } from 'vitest';
import { connect } from '../src/index.ts';
import { Program } from './programs.ts';

const routerProgram = fileURLToPath(new URL('router-process.ts', import.meta.url));
const guide = new URL('../../../docs/client/node-services.md', import.meta.url);

const programs: Program[] = [];
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.end('SIGKILL')));
});

function started(...parameters: ConstructorParameters<typeof Program>): Program {
  const program = new Program(...parameters);
  programs.push(program);
  return program;
}

/** A router on that port, or on a free one. */
async function router(port = 0, realm = 'realm1'): Promise<{ program: Program; port: number }> {
  const program = started([routerProgram, String(port), realm]);
  return { program, port: Number(await program.line(/^\d+$/)) };
}

/** The service as the guide has it. */
async function service(port: number): Promise<Program> {
  const [, sample = ''] = /```ts\n(.*?)```/s.exec(await readFile(guide, 'utf8')) ?? [];
  const { outputText } = transpileModule(sample, {
    compilerOptions: { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 },
  });
  return started(['--input-type=module', '--eval', outputText], { ROUTER_URL: `ws://127.0.0.1:${port}/ws` });
}

/** The sum that the service computes, as soon as it serves; and the id of its session. */
async function served(port: number): Promise<number> {
  const session = await connect(`ws://127.0.0.1:${port}/`, { realm: 'realm1' });
  const ids = await new Promise<unknown[]>((resolve, reject) => {
    const look = async (): Promise<void> => {
      const found = await session.call('wamp.registration.lookup', ['com.example.add']);
      if (found !== null) {
        resolve((await session.call('wamp.registration.list_callees', [found])) as unknown[]);
        return;
      }
      setImmediate(() => void look().catch(reject));
    };
    look().catch(reject);
  });
  expect(await session.call('com.example.add', [2, 3])).toBe(5);
  await session.close();
  return Number(ids[0]);
}

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'D1 a service outlives a router that ends by %s and comes back, and exits with 0 when it is told to stop',
  async (signal) => {
    const before = await router();
    const running = await service(before.port);
    await served(before.port);
    await before.program.end(signal);
    await running.line(/no connection|trying again/i);
    const after = await router(before.port);
    await served(after.port);
    expect(running.isRunning).toBe(true);
    expect(await running.end('SIGTERM')).toBe(0);
  },
);

test('D1 a service that starts before its router waits for it', async () => {
  const { program, port } = await router();
  await program.end('SIGKILL');
  const running = await service(port);
  await running.line(/no connection|trying again/i);
  await router(port);
  await served(port);
  expect(await running.end('SIGINT')).toBe(0);
});

test('D1 a service exits with 1 for what does not pass: no such realm, or an operator who ends its session', async () => {
  const { program, port } = await router(0, 'other');
  const lost = await service(port);
  await lost.line(/no_such_realm/);
  expect(await lost.exitCode).toBe(1);
  await program.end('SIGKILL');
  await router(port);
  const killed = await service(port);
  const id = await served(port);
  const operator = await connect(`ws://127.0.0.1:${port}/`, { realm: 'realm1' });
  await operator.call('wamp.session.kill', [id]);
  expect(await killed.exitCode).toBe(1);
  await operator.close();
});
