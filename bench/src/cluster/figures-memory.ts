/** Measures how much memory of a node a session of another node takes. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { natsEngine } from '@wamp/cluster-nats';
import { createRouter } from '@wamp/router';
import { sleep } from '../sleep.ts';
import { until } from './schedule.ts';
import type { Stage } from './stage.ts';

const MEMBER = fileURLToPath(new URL('member.ts', import.meta.url));
const FROM_SOURCE = ['--conditions=@wamp/source', '--import', 'tsx'];

/** Makes this process a node, beside another one with many sessions. @returns the heap per session (bytes) */
export async function memoryOfSessions(stage: Stage, sessions: number): Promise<number> {
  const servers = stage.nats.servers.map(({ port }) => `nats://127.0.0.1:${port}`);
  const engine = natsEngine({ cluster: 'bench', servers, replicas: 3 });
  const router = createRouter({ realms: ['realm1'], cluster: { node: 'observer', engine, deadAfter: 5000 } });
  await router.start();
  const before = await heap();
  const member = fork(MEMBER, [servers.join(','), String(sessions)], { execArgv: FROM_SOURCE });
  await once(member, 'message');
  const known = (): number =>
    router.cluster?.status().members.find(({ node }) => node === 'many')?.sessions ?? 0;
  const isKnown = await until(() => known() >= sessions, 60);
  const bytes = ((await heap()) - before) / sessions;
  member.kill('SIGKILL');
  await router.close();
  if (!isKnown) throw new Error('the sessions have not become known to the other node');
  return bytes;
}

/** The heap in use after a garbage collection (bytes). */
async function heap(): Promise<number> {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round += 1) {
    collect();
    await sleep(0.2);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
