/** Clients whose processes are killed in the middle of everything (F1): whoever waits for them is told. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Fort } from '../support/fort.ts';
import { Random, SEED } from '../../../protocol/test/random.ts';
import { ask, join, rawSocket, type Stranger } from '../support/stranger.ts';

const DEEP = process.env['WAMP_DEEP'] === '1';
const ROUNDS = DEEP ? 500 : 50;
/** How long after the end of a process those who wait for it may wait (ms). A busy machine is given more. */
const BOUND = DEEP ? 1000 : 10_000;
/** Calls that are kept in flight to a callee. */
const IN_FLIGHT = 20;

let fort: Fort;
beforeAll(async () => {
  fort = await Fort.open();
});
afterAll(() => fort[Symbol.asyncDispose]());

/** A client in a process of its own. */
class Victim {
  readonly #child: ChildProcess;
  /** When it was gone, in ms; undefined while it is there. */
  gone: number | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when it has joined, and does what it is there for. */
  static async start(role: 'callee' | 'caller' | 'subscriber', uri: string): Promise<Victim> {
    const file = fileURLToPath(new URL('../support/victim.mjs', import.meta.url));
    const child = spawn(process.execPath, [file, role, String(fort.port), uri], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    return new Victim(child);
  }

  async kill(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
    this.gone = performance.now();
  }
}

/** What the router holds once the six who stay are all that are there. */
async function settledHoldings(): Promise<Readonly<Record<string, number>>> {
  const settled = async (): Promise<unknown> => (await fort.health()).holds['sessions'];
  await expect.poll(settled, { timeout: BOUND }).toBe(6);
  return (await fort.health()).holds;
}

/** How long those who waited were left waiting, over all rounds (ms), and how many they were. */
const waits = { canceled: 0, interrupted: 0, finished: 0, longest: 0 };

function waited({ gone }: Victim): void {
  if (gone !== undefined) waits.longest = Math.max(waits.longest, performance.now() - gone);
}

/** Calls the victim again and again; resolves when it is gone and every call has had its one answer. */
async function keepCalling(caller: Stranger, callee: Victim, procedure: string): Promise<void> {
  const open = new Set<number>();
  const call = (): void => {
    open.add((request += 1));
    caller.send([48, request, { receive_progress: true }, procedure, [request]]);
  };
  while (open.size < IN_FLIGHT) call();
  while (open.size > 0) {
    const [type, id, third, , error] = (await caller.heard()) ?? [];
    if (type === 50 && (third as { progress?: boolean }).progress === true) {
      expect(open.has(id as number)).toBe(true);
      continue;
    }
    // One answer each: a second would be for a call that is not open.
    expect(open.delete((type === 50 ? id : third) as number)).toBe(true);
    if (type === 50) waits.finished += 1;
    else if (error === 'wamp.error.canceled') waits.canceled += 1;
    else expect(error).toBe('wamp.error.no_such_procedure');
    if (type === 8) waited(callee);
    else if (callee.gone === undefined) call();
  }
}
let request = 0;

/** Serves the victim, some calls at once and some never; resolves when all that are left were interrupted. */
async function keepServing(callee: Stranger, caller: Victim): Promise<void> {
  const open = new Set<unknown>();
  const probe = (): void => callee.send([48, (probes += 1), {}, 'wamp.session.count']);
  probe();
  for (;;) {
    const [type, id] = (await callee.heard()) ?? [];
    if (type === 68) {
      if ((id as number) % 2 === 0) callee.send([70, id, { progress: true }, [1]]);
      if ((id as number) % 4 === 0) callee.send([70, id, {}, [2]]);
      else open.add(id);
    } else if (type === 69) {
      // Or its answer and the interruption have crossed.
      if (!open.delete(id)) continue;
      waits.interrupted += 1;
      waited(caller);
      callee.send([8, 68, id, {}, 'wamp.error.canceled']);
    } else {
      expect(type).toBe(50);
      if (caller.gone !== undefined && open.size === 0) return;
      if (caller.gone !== undefined) expect(performance.now() - caller.gone).toBeLessThan(BOUND);
      await sleep(2);
      probe();
    }
  }
}
let probes = 0;

/** Publishes to the victim and to somebody else, who misses nothing. */
async function keepPublishing(
  publisher: Stranger,
  other: Stranger,
  subscriber: Victim,
  topic: string,
): Promise<void> {
  for (let event = 1, after = 0; after < 3; event += 1) {
    if (subscriber.gone !== undefined) after += 1;
    expect((await ask(publisher, [16, event, { acknowledge: true }, topic, [event]]))[0]).toBe(17);
    expect((await other.heard())?.[4]).toEqual([event]);
  }
}

test(`F1 ${ROUNDS} rounds of kill -9 for callee, caller and subscriber: everybody is answered, nothing is left (WAMP_FUZZ_SEED=${SEED})`, async () => {
  const random = new Random(SEED);
  await fort.withstands(async () => {
    const [caller, callee, publisher, other] = [
      await join(rawSocket, fort.port),
      await join(rawSocket, fort.port),
      await join(rawSocket, fort.port),
      await join(rawSocket, fort.port),
    ];
    await ask(callee, [64, 1, {}, 'com.service']);
    await ask(other, [32, 1, { match: 'prefix' }, 'com.news.']);
    let holds: Readonly<Record<string, number>> | undefined;
    for (let round = 1; round <= ROUNDS; round += 1) {
      const [procedure, topic] = [`com.victim.${round}`, `com.news.${round}`];
      const [one, two, three] = await Promise.all([
        Victim.start('callee', procedure),
        Victim.start('caller', 'com.service'),
        Victim.start('subscriber', topic),
      ]);
      const dying = [one, two, three].map(async (victim) => {
        await sleep(random.below(20));
        await victim.kill();
      });
      await Promise.all([
        ...dying,
        keepCalling(caller, one, procedure),
        keepServing(callee, two),
        keepPublishing(publisher, other, three, topic),
      ]);
      // Everything is as it was after the first round, when those who stay had done all that they do.
      holds ??= await settledHoldings();
      await expect.poll(async () => (await fort.health()).holds, { timeout: BOUND }).toEqual(holds);
    }
  });
  console.log(
    `F1: ${ROUNDS} rounds: ${waits.canceled} calls canceled, ${waits.finished} finished, ` +
      `${waits.interrupted} invocations interrupted; the longest wait was ${waits.longest.toFixed(0)} ms`,
  );
  expect(waits.canceled).toBeGreaterThan(ROUNDS);
  expect(waits.interrupted).toBeGreaterThan(ROUNDS);
  expect(waits.longest).toBeLessThan(BOUND);
}, 1_800_000);
