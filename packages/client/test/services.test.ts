/** The service of docs/client/node-services.md as a process, as its supervisor sees it, while its router comes and goes. */
import { readFile } from 'node:fs/promises';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { afterEach, expect, test } from 'vitest';
import { connect } from '../src/index.ts';
import { CLIENT, Program, ROUTER_PROCESS } from './programs.ts';

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
  const program = started([ROUTER_PROCESS, String(port), realm]);
  return { program, port: Number(await program.line(/^\d+$/)) };
}

/** The service as the guide has it. */
async function service(port: number): Promise<Program> {
  const [, sample = ''] = /```ts\n(.*?)```/s.exec(await readFile(guide, 'utf8')) ?? [];
  const { outputText } = transpileModule(sample, {
    compilerOptions: { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 },
  });
  const code = outputText.replace("'@wamp/client'", JSON.stringify(CLIENT));
  return started(['--input-type=module', '--eval', code], { ROUTER_URL: `ws://127.0.0.1:${port}/ws` });
}

/** Resolves when the service serves. */
async function served(port: number): Promise<void> {
  const session = await connect(`ws://127.0.0.1:${port}/`, { realm: 'realm1' });
  await new Promise<void>((resolve, reject) => {
    const look = async (): Promise<void> => {
      if ((await session.call('wamp.registration.lookup', ['com.example.add'])) !== null) resolve();
      else setImmediate(() => void look().catch(reject));
    };
    look().catch(reject);
  });
  expect(await session.call('com.example.add', [2, 3])).toBe(5);
  await session.close();
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

test('D1 a supervisor sees exit code 1 when the session ends for good: the realm is gone', async () => {
  const before = await router();
  const running = await service(before.port);
  await served(before.port);
  await before.program.end('SIGTERM');
  await router(before.port, 'another');
  await running.line(/no_such_realm/);
  expect(await running.exitCode).toBe(1);
});
