/** Clients whose processes are killed in the middle of everything (F1): whoever waits for them is told. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Fort } from '../support/fort.ts';
import type { Holdings } from '../support/fort-questions.ts';
import { Random, SEED } from '../../../protocol/test/random.ts';
import { ask, join, rawSocket, type Stranger } from '../support/stranger.ts';

const DEEP = process.env['WAMP_DEEP'] === '1';
const ROUNDS = DEEP ? 500 : 50;
/** Sessions that stay: two witnesses, and four that take part. */
const STAYING = 6;
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
  /** Whether the process has ended. */
  gone = false;

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
    this.gone = true;
  }
}

/** What the router holds once the six who stay are all that are there. */
async function settledHoldings(): Promise<Holdings> {
  for (;;) {
    const holds = await fort.holdings();
    if (holds['sessions'] === STAYING) return holds;
  }
}

/** For loops that run very often: `expect` takes much longer. */
function insist(isTrue: boolean, otherwise: string): void {
  if (!isTrue) throw new Error(otherwise);
}

/** What became of those who waited, over all rounds. */
const waits = { canceled: 0, interrupted: 0, finished: 0 };

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
      insist(open.has(id as number), `progress of call ${String(id)}, which is not open`);
      continue;
    }
    // One answer each: a second would be for a call that is not open.
    const answered = (type === 50 ? id : third) as number;
    insist(open.delete(answered), `an answer to call ${answered}, which is not open`);
    if (type === 50) waits.finished += 1;
    else if (error === 'wamp.error.canceled') waits.canceled += 1;
    else insist(error === 'wamp.error.no_such_procedure', `call ${answered} ended with ${String(error)}`);
    if (type === 50 && !callee.gone) call();
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
      callee.send([8, 68, id, {}, 'wamp.error.canceled']);
    } else {
      insist(type === 50, `a message of type ${String(type)} instead of RESULT`);
      if (caller.gone && open.size === 0) return;
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
    if (subscriber.gone) after += 1;
    const [type] = await ask(publisher, [16, event, { acknowledge: true }, topic, [event]]);
    insist(type === 17, `publication ${event} was answered by type ${String(type)}`);
    const args = (await other.heard())?.[4];
    insist(JSON.stringify(args) === `[${event}]`, `event ${event} had ${JSON.stringify(args)}`);
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
    let holds: Holdings | undefined;
    for (let round = 1; round <= ROUNDS; round += 1) {
      const [procedure, topic] = [`com.victim.${round}`, `com.news.${round}`];
      const [one, two, three] = await Promise.all([
        Victim.start('callee', procedure),
        Victim.start('caller', 'com.service'),
        Victim.start('subscriber', topic),
      ]);
      const dying = [one, two, three].map(async (victim) => {
        for (let turns = random.below(20); turns > 0; turns -= 1) await fort.holdings();
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
      expect(await settledHoldings()).toEqual(holds);
    }
  });
  console.log(
    `F1: ${ROUNDS} rounds: ${waits.canceled} calls canceled, ${waits.finished} finished, ` +
      `${waits.interrupted} invocations interrupted`,
  );
  expect(waits.canceled).toBeGreaterThan(ROUNDS);
  expect(waits.interrupted).toBeGreaterThan(ROUNDS);
}, 1_800_000);
