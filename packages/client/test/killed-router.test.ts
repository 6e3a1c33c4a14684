/** A router that is killed and started again, while a service serves and a client calls: `WAMP_SCHEDULES` says how often. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { connect, ConnectionLostError, WampError, type ConnectOptions } from '../src/index.ts';
import { Program, ROUTER_PROCESS } from './programs.ts';

const SCHEDULES = Number(process.env['WAMP_SCHEDULES'] ?? 3);

class RouterProcess {
  port = 0;
  #program: Program | undefined;

  async start(): Promise<void> {
    this.#program = new Program([ROUTER_PROCESS, String(this.port)]);
    this.port = Number(await this.#program.line(/^\d+$/));
  }

  async kill(): Promise<void> {
    await this.#program?.end('SIGKILL');
    this.#program = undefined;
  }
}

const isLost = (error: unknown): boolean => error instanceof ConnectionLostError && error.sent;

/** How many calls before each kill, and how many while the router is away. */
const schedules = fc.array(fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 10 })), {
  minLength: 1,
  maxLength: 3,
});

test('D1 a router killed at any moment and started again: nothing hangs, and nothing is carried out twice', async () => {
  const router = new RouterProcess();
  try {
    await fc.assert(
      fc.asyncProperty(schedules, async (schedule) => {
        await router.start();
        const options: ConnectOptions = {
          realm: 'realm1',
          reconnect: { min: 10, max: 50 },
          logger: { error: () => undefined },
        };
        const url = `ws://127.0.0.1:${router.port}/`;
        const service = await connect(url, options);
        const client = await connect(url, options);
        const served = new Map<number, number>();
        const registration = await service.register('echo', ([n]: [number]) => {
          served.set(n, (served.get(n) ?? 0) + 1);
          return n;
        });
        let last = 0;
        const calls: Promise<unknown>[] = [];
        const call = (count: number): void => {
          for (let n = 0; n < count; n += 1) {
            const mine = (last += 1);
            calls.push(
              client.call('echo', [mine]).then(
                (n: unknown) => n === mine,
                (error: unknown) => WampError.is(error, 'wamp.error.no_such_procedure') || isLost(error),
              ),
            );
          }
        };
        for (const [before, away] of schedule) {
          call(before);
          await Promise.race([calls.at(-1), new Promise((resolve) => setImmediate(resolve))]);
          call(before);
          await router.kill();
          call(away);
          await router.start();
        }
        await Promise.all([service.ready, client.ready]);
        expect(new Set(await Promise.all(calls))).toEqual(new Set(calls.length === 0 ? [] : [true]));
        await expect.poll(() => registration.state).toBe('active');
        expect(await client.call('echo', [0])).toBe(0);
        expect([...served.values()].filter((times) => times !== 1)).toEqual([]);
        await Promise.all([service.close(), client.close()]);
        await router.kill();
      }),
      { numRuns: SCHEDULES },
    );
  } finally {
    await router.kill();
  }
});
