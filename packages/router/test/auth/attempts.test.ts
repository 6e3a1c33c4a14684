/** Who guesses has to wait: the bookkeeping against a naive model, and conversations. */
import { ticket, createRouter, type AttemptLimits, type Router } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Attempts, DEFAULT_ATTEMPT_LIMITS, type Claim } from '../../src/auth/attempts.ts';
import { AttemptTurns } from '../../src/auth/attempt-turns.ts';
import { settle } from '../support/client.ts';
import { coreOf } from '../support/core.ts';
import { DENIED, Login, welcomed } from '../support/login.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('attempts', () => {
  function start(limits: Partial<AttemptLimits> = {}): { clock: ManualClock; attempts: Attempts } {
    const clock = new ManualClock(1_000_000);
    return { clock, attempts: new Attempts(clock, limits) };
  }

  const joe = (address?: string): Claim => ({ realm: 'realm1', authid: 'joe', address });

  function fail(attempts: Attempts, claim: Claim, times: number): void {
    for (let time = 0; time < times; time += 1) attempts.failed(claim);
  }

  const HERE = '192.0.2.1';
  const THERE = '198.51.100.7';

  test('the tenth failure of an address for an authid makes the next one wait, and each further one twice as long', () => {
    const { attempts } = start();
    fail(attempts, joe(HERE), 9);
    expect(attempts.wait(joe(HERE))).toBe(0);
    const waits = Array.from({ length: 8 }, () => {
      attempts.failed(joe(HERE));
      return attempts.wait(joe(HERE));
    });
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, MINUTE, MINUTE]);
  });

  test('an address that has waited may try again, once', () => {
    const { attempts, clock } = start();
    fail(attempts, joe(HERE), 12);
    clock.advance(3999);
    expect(attempts.wait(joe(HERE))).toBe(1);
    clock.advance(1);
    expect(attempts.wait(joe(HERE))).toBe(0);
    attempts.failed(joe(HERE));
    expect(attempts.wait(joe(HERE))).toBe(8000);
  });

  test('A9 an address that guesses is refused, and others are not, known or not', () => {
    const { attempts } = start();
    fail(attempts, joe(THERE), 50);
    expect(attempts.wait(joe(THERE))).toBe(MINUTE);
    expect(attempts.wait(joe(HERE))).toBe(0);
    expect(attempts.expected(joe(HERE))).toBe(1000);
    expect(attempts.wait(joe())).toBe(0);
  });

  test('A9 the time between attempts for an authid grows with the failures, to ten seconds', () => {
    const { attempts } = start();
    const paces = [9, 1, 90, 100, 300, 500, 5000].map((more) => {
      fail(attempts, joe(), more);
      return attempts.expected(joe());
    });
    expect(paces).toEqual([0, 1000, 1000, 2000, 5000, 10_000, 10_000]);
  });

  test('an address may fail for many, and then waits up to 15 minutes, for any authid', () => {
    const { attempts } = start();
    for (let number = 0; number < 99; number += 1) {
      attempts.failed({ realm: 'realm1', authid: `user${number}`, address: '192.0.2.1' });
    }
    expect(attempts.wait({ realm: 'realm1', authid: 'ann', address: '192.0.2.1' })).toBe(0);
    attempts.failed(joe('192.0.2.1'));
    expect(attempts.wait({ realm: 'realm1', authid: 'ann', address: '192.0.2.1' })).toBe(1000);
    fail(attempts, joe('192.0.2.1'), 100);
    expect(attempts.wait({ realm: 'realm2', authid: undefined, address: '192.0.2.1' })).toBe(15 * MINUTE);
    expect(attempts.wait({ realm: 'realm1', authid: 'ann', address: '192.0.2.2' })).toBe(0);
  });

  test('a user does not wait at an address from which it has logged in, whatever others do elsewhere', () => {
    const { attempts } = start();
    attempts.succeeded(joe('192.0.2.1'));
    fail(attempts, joe('198.51.100.7'), 50);
    expect(attempts.expected(joe('192.0.2.1'))).toBe(0);
    expect(attempts.expected(joe('192.0.2.2'))).toBe(1000);
    expect(attempts.wait(joe('198.51.100.7'))).toBe(MINUTE);
  });

  test('a successful attempt does not end the delay of other addresses', () => {
    const { attempts } = start();
    fail(attempts, joe('198.51.100.7'), 20);
    attempts.succeeded(joe('192.0.2.1'));
    expect(attempts.wait(joe('198.51.100.7'))).toBe(MINUTE);
  });

  test('where a user has come in is known of the last eight addresses', () => {
    const { attempts } = start();
    for (let number = 1; number <= 9; number += 1) attempts.succeeded(joe(`192.0.2.${number}`));
    fail(attempts, joe('198.51.100.7'), 20);
    expect(attempts.expected(joe('192.0.2.1'))).toBe(1000);
    for (let number = 2; number <= 9; number += 1) {
      expect(attempts.expected(joe(`192.0.2.${number}`))).toBe(0);
    }
  });

  test('names are one realm’s', () => {
    const { attempts } = start();
    fail(attempts, joe(), 20);
    expect(attempts.expected(joe())).toBe(1000);
    expect(attempts.expected({ realm: 'realm2', authid: 'joe' })).toBe(0);
  });

  test('after an hour without a failure, all is forgotten', () => {
    const { attempts, clock } = start({ longestWaitOfAuthid: 10 * HOUR });
    fail(attempts, joe(HERE), 60);
    clock.advance(HOUR - 1);
    expect(attempts.wait(joe(HERE))).toBeGreaterThan(0);
    clock.advance(1);
    expect(attempts.wait(joe(HERE))).toBe(0);
    attempts.failed(joe(HERE));
    expect(attempts.wait(joe(HERE))).toBe(0);
  });

  test.each([
    ['2001:db8::1', '2001:db8::ffff:ffff:ffff:ffff', true],
    ['2001:db8:0:1::1', '2001:db8:0:2::1', false],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::', true],
    ['fe80::1%eth0', 'fe80::2', true],
    ['::ffff:192.0.2.1', '192.0.2.1', true],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
    ['::1', '::2', true],
    ['1::', '::1', false],
  ])('%s and %s are of one network: %s', (one, other, same) => {
    const { attempts } = start({ perAddress: 1 });
    attempts.failed({ realm: 'realm1', address: one });
    expect(attempts.wait({ realm: 'realm1', address: other }) > 0).toBe(same);
  });

  test('keeps a bounded number of entries, and drops the least recently active', () => {
    const { attempts } = start({ size: 3, perAuthid: 1 });
    for (const authid of ['a', 'b', 'c']) attempts.failed({ realm: 'r', authid });
    attempts.failed({ realm: 'r', authid: 'a' });
    attempts.failed({ realm: 'r', authid: 'd' });
    const waits = ['a', 'b', 'c', 'd'].map((authid) => attempts.expected({ realm: 'r', authid }) > 0);
    expect(waits).toEqual([true, false, true, true]);
  });

  test('is what a naive model says', () => {
    const limits = { ...DEFAULT_ATTEMPT_LIMITS, perAuthid: 2, perAddress: 4 };
    const names = fc.constantFrom('joe', 'ann');
    const addresses = fc.constantFrom('192.0.2.1', '192.0.2.2', undefined);
    const step = fc.oneof(
      fc.record({ what: fc.constantFrom('failed', 'succeeded'), authid: names, address: addresses }),
      fc.record({ what: fc.constant('wait'), ms: fc.integer({ min: 1, max: 2 * HOUR }) }),
    );
    interface Event {
      what: string;
      at: number;
      authid: string;
      address: string | undefined;
    }
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { clock, attempts } = start(limits);
        const events: Event[] = [];
        const wait = (most: number, longest: number, mine: (event: Event) => boolean): number => {
          const heard = events.filter(mine);
          // Only what follows the last silence of an hour counts.
          let from = 0;
          heard.forEach((event, index) => {
            if (index > 0 && event.at - (heard[index - 1]?.at ?? 0) >= limits.memory) from = index;
          });
          const failures = heard.slice(from).filter(({ what }) => what === 'failed');
          const last = failures.at(-1);
          if (last === undefined || clock.now() - (heard.at(-1)?.at ?? 0) >= limits.memory) return 0;
          if (failures.length < most) return 0;
          const length = Math.min(longest, 1000 * 2 ** (failures.length - most));
          return Math.max(0, last.at + length - clock.now());
        };
        for (const next of steps) {
          if ('ms' in next) clock.advance(next.ms);
          else {
            const claim = { realm: 'r', ...next };
            if (next.what === 'failed') attempts.failed(claim);
            else attempts.succeeded(claim);
            // A success is heard of an authid only when it has an address.
            const isHeard = next.what === 'failed' || next.address !== undefined;
            if (isHeard) events.push({ ...next, at: clock.now() });
          }
          for (const authid of ['joe', 'ann']) {
            for (const address of ['192.0.2.1', '192.0.2.2', undefined]) {
              const known = events.some(
                (event, index) =>
                  event.what === 'succeeded' &&
                  event.authid === authid &&
                  event.address === address &&
                  isRecent(events.slice(index), authid),
              );
              const ofPair =
                address === undefined
                  ? 0
                  : wait(
                      limits.perAuthid,
                      MINUTE,
                      (event) =>
                        event.authid === authid && event.address === address && event.what === 'failed',
                    );
              const ofAddress =
                address === undefined
                  ? 0
                  : wait(
                      limits.perAddress,
                      15 * MINUTE,
                      (event) => event.address === address && event.what === 'failed',
                    );
              const expected = Math.max(ofAddress, known ? 0 : ofPair);
              expect(attempts.wait({ realm: 'r', authid, address })).toBe(expected);
            }
          }
        }

        /** Whether no hour of silence has followed the first of these. */
        function isRecent(following: readonly Event[], authid: string): boolean {
          const times = following.filter((event) => event.authid === authid).map(({ at }) => at);
          return [...times.slice(1), clock.now()].every(
            (at, index) => at - (times[index] ?? 0) < limits.memory,
          );
        }
      }),
    );
  });
});

describe('clients that guess', () => {
  const TOO_MANY = (seconds: number): readonly unknown[] => [
    3,
    { message: `too many attempts have failed; the next one may be in ${seconds} s` },
    'wamp.error.unavailable',
  ];

  function start(): { router: Router; clock: ManualClock } {
    const clock = new ManualClock();
    const tickets = new Map([['joe', { ticket: 'secret', authrole: 'user' }]]);
    return { router: createRouter({ realms: ['realm1'], clock, authenticators: [ticket(tickets)] }), clock };
  }

  async function attempt(
    router: Router,
    authid: string,
    secret: string,
    address?: string,
  ): Promise<readonly unknown[]> {
    const login = new Login(router, { address });
    await login.challenge('ticket', { authid });
    return login.authenticate(secret);
  }

  test.each(['joe', 'eve'])(
    'T-25 %s: after ten failures of an address, it waits, and learns nothing of who exists',
    async (authid) => {
      const { router, clock } = start();
      for (let number = 0; number < 10; number += 1) {
        expect(await attempt(router, authid, `guess ${number}`, '192.0.2.1')).toEqual(DENIED);
      }
      expect(await attempt(router, authid, 'guess', '192.0.2.1')).toEqual(TOO_MANY(1));
      expect(await attempt(router, 'ann', 'guess', '192.0.2.1')).toEqual(DENIED);
      clock.advance(1000);
      expect(await attempt(router, authid, 'guess', '192.0.2.1')).toEqual(DENIED);
      expect(await attempt(router, authid, 'guess', '192.0.2.1')).toEqual(TOO_MANY(2));
    },
  );

  test('A9 the user comes in from an address that has not been known before, while another one guesses', async () => {
    const { router, clock } = start();
    for (let number = 0; number < 50; number += 1) await attempt(router, 'joe', 'guess', '198.51.100.7');
    const login = attempt(router, 'joe', 'secret', '192.0.2.1');
    await settle();
    await settle();
    clock.advance(1000);
    expect(await login).toEqual(welcomed({ authid: 'joe' }));
  });

  /** Ten who guess from the loopback, each again as soon as it is answered, and who counts what is judged. */
  class Guessers {
    readonly clock = new ManualClock();
    readonly router: Router;
    judged = 0;
    readonly #stopped = { value: false };

    constructor(authid: string) {
      const verify = (shown: string): { authrole: string } | undefined => {
        this.judged += 1;
        return shown === 'secret' ? { authrole: 'user' } : undefined;
      };
      const authenticators = [ticket({ verify })];
      this.router = createRouter({ realms: ['realm1'], clock: this.clock, authenticators });
      for (let number = 0; number < 10; number += 1) void this.#guess(authid);
    }

    async #guess(authid: string): Promise<void> {
      while (!this.#stopped.value) await attempt(this.router, authid, 'guess', '127.0.0.1');
    }

    /** @returns what somebody is told who tries `secret`, and after how long (ms); undefined when it is nothing in time */
    async login(
      secret: string,
      patience: number,
    ): Promise<{ readonly answer: unknown; readonly after: number }> {
      let answer: unknown;
      void attempt(this.router, 'joe', secret, '127.0.0.1').then((told) => (answer = told));
      let after = 0;
      for (; answer === undefined && after < patience; after += 250) await this.pass(250);
      return { answer, after };
    }

    /** In steps: each of the guessers says what it says in time. */
    async pass(ms: number): Promise<void> {
      for (let step = 0; step < ms; step += 250) {
        this.clock.advance(Math.min(250, ms - step));
        for (let turn = 0; turn < 12; turn += 1) await settle();
      }
    }

    async stop(): Promise<void> {
      this.#stopped.value = true;
      await this.pass(40_000);
    }
  }

  test('A9 ten clients that guess without a pause do not lock the user out: it waits for those before it', async () => {
    const guessers = new Guessers('joe');
    await guessers.pass(10_000);
    for (let retry = 0; retry < 3; retry += 1) {
      const { answer, after } = await guessers.login('secret', 20_000);
      expect(answer).toEqual(welcomed({ authid: 'joe' }));
      expect(after).toBeLessThanOrEqual(12_000);
    }
    await guessers.stop();
  });

  test('A9 and they get no more answers than one a second', async () => {
    const guessers = new Guessers('joe');
    await guessers.pass(1);
    const first = guessers.judged;
    expect(first).toBeLessThanOrEqual(11);
    await guessers.pass(60_000);
    expect(guessers.judged - first).toBeLessThanOrEqual(61);
    expect(guessers.judged - first).toBeGreaterThan(30);
    await guessers.stop();
  });

  test('A9 a full queue refuses further attempts, and says how long it is', async () => {
    const { router, clock } = start();
    for (let number = 0; number < 10; number += 1) await attempt(router, 'joe', 'guess');
    const logins = Array.from({ length: 40 }, () => new Login(router));
    for (const login of logins) await login.challenge('ticket', { authid: 'joe' });
    for (const login of logins) login.client.send([5, 'guess', {}]);
    await settle();
    expect(logins.filter(({ client }) => client.closed)).toHaveLength(10);
    expect(await logins[39]?.heard()).toEqual(TOO_MANY(31));
    for (const login of logins) login.client.transport.close();
    await settle();
    expect(coreOf(router).attempts?.underWay).toBe(0);
    expect(clock.pending).toBeLessThanOrEqual(1);
  });

  describe('in a burst', () => {
    /** A router whose verdicts come when the test says so. */
    class Slow {
      readonly clock = new ManualClock();
      readonly router: Router;
      readonly #undecided: (() => void)[] = [];
      asked = 0;
      #most = 0;

      constructor() {
        const verify = async (shown: string): Promise<{ authrole: string } | undefined> => {
          this.asked += 1;
          await new Promise<void>((resolve) => this.#undecided.push(resolve));
          return shown === 'secret' ? { authrole: 'user' } : undefined;
        };
        const authenticators = [ticket({ verify })];
        this.router = createRouter({ realms: ['realm1'], clock: this.clock, authenticators });
      }

      /** All say AUTHENTICATE before any is judged; returns what each is told, in order. */
      async burst(logins: readonly Login[], secret: string): Promise<readonly unknown[]> {
        for (const login of logins) await login.challenge('ticket', { authid: 'joe' });
        for (const login of logins) login.client.send([5, secret, {}]);
        const answers = Promise.all(logins.map(async (login) => login.heard()));
        await this.decideAll();
        return answers;
      }

      /** How many were judged at a time, at most. */
      get most(): number {
        return this.#most;
      }

      async decideAll(): Promise<void> {
        for (let idle = 0; idle < 20; idle += 1) {
          await settle();
          this.#most = Math.max(this.#most, this.#undecided.length);
          if (this.#undecided.length > 0) idle = 0;
          for (const decide of this.#undecided.splice(0)) decide();
        }
      }
    }

    const logins = (router: Router, count: number, address?: string): readonly Login[] =>
      Array.from({ length: count }, () => new Login(router, { address }));

    test('no more are judged than one by one, of one address', async () => {
      const slow = new Slow();
      const answers = await slow.burst(logins(slow.router, 60, '192.0.2.1'), 'guess');
      expect(slow.asked).toBe(10);
      expect(answers.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => DENIED));
      expect(answers.slice(10)).toEqual(Array.from({ length: 50 }, () => TOO_MANY(1)));
    });

    test('one is judged when the wait is over, however many come', async () => {
      const slow = new Slow();
      await slow.burst(logins(slow.router, 10, '192.0.2.1'), 'guess');
      slow.clock.advance(1000);
      const answers = await slow.burst(logins(slow.router, 5, '192.0.2.1'), 'guess');
      expect(slow.asked).toBe(11);
      expect(answers.filter((answer) => JSON.stringify(answer) === JSON.stringify(DENIED))).toHaveLength(1);
    });

    test('all valid clients are accepted, ten at a time', async () => {
      const slow = new Slow();
      const answers = await slow.burst(logins(slow.router, 35), 'secret');
      expect(answers).toEqual(Array.from({ length: 35 }, () => welcomed({ authid: 'joe' })));
      expect(slow.most).toBe(10);
    });

    test('a client at an address from which the user has logged in does not wait', async () => {
      const slow = new Slow();
      await slow.burst(logins(slow.router, 1, '192.0.2.1'), 'secret');
      await slow.burst(logins(slow.router, 30, '192.0.2.1'), 'secret');
      expect(slow.most).toBe(30);
    });

    test('a client that has left is not verified, and a slow verification does not delay others', async () => {
      const slow = new Slow();
      const first = logins(slow.router, 10);
      const second = logins(slow.router, 3);
      for (const login of [...first, ...second]) await login.challenge('ticket', { authid: 'joe' });
      for (const login of [...first, ...second]) login.client.send([5, 'secret', {}]);
      await settle();
      second[0]?.client.transport.close();
      await settle();
      expect(slow.asked).toBe(10);
      for (const login of first) login.client.transport.close();
      await settle();
      await settle();
      // The two that are left of those who have waited.
      expect(slow.asked).toBe(12);
      await slow.decideAll();
      expect(await second[1]?.heard()).toEqual(welcomed({ authid: 'joe' }));
      expect(await second[2]?.heard()).toEqual(welcomed({ authid: 'joe' }));
    });
  });

  test('a user is not kept out by others, nor delayed where it has come in before', async () => {
    const { router } = start();
    expect(await attempt(router, 'joe', 'secret', '192.0.2.1')).toEqual(welcomed({ authid: 'joe' }));
    for (let number = 0; number < 50; number += 1) await attempt(router, 'joe', 'guess', '198.51.100.7');
    expect(await attempt(router, 'joe', 'secret', '192.0.2.1')).toEqual(welcomed({ authid: 'joe' }));
  });

  test('behind a proxy on this machine, an address says nothing', async () => {
    const { router } = start();
    for (let number = 0; number < 150; number += 1) {
      await attempt(router, `user${number}`, 'guess', '::ffff:127.0.0.1');
    }
    expect(await attempt(router, 'joe', 'secret', '127.0.0.1')).toEqual(welcomed({ authid: 'joe' }));
  });

  test('a claimed authid alone does not make an address known', async () => {
    const clock = new ManualClock();
    const tickets = new Map([['joe', { ticket: 'secret', authrole: 'user' }]]);
    const { anonymous } = await import('@wamp/router');
    const authenticators = [ticket(tickets), anonymous()];
    const router = createRouter({ realms: ['realm1'], clock, authenticators });
    const claim = new Login(router, { address: '198.51.100.7' });
    expect(await claim.hello('anonymous', { authid: 'joe' })).toEqual(welcomed({ authrole: 'anonymous' }));
    for (let number = 0; number < 10; number += 1) await attempt(router, 'joe', 'guess', '198.51.100.7');
    expect(await attempt(router, 'joe', 'guess', '198.51.100.7')).toEqual(TOO_MANY(1));
  });

  test('an error of an authenticator does not count as a failed attempt', async () => {
    const clock = new ManualClock();
    const broken = ticket({ verify: () => Promise.reject(new Error('the database is down')) });
    const router = createRouter({ realms: ['realm1'], clock, authenticators: [broken] });
    for (let number = 0; number < 20; number += 1) {
      const [, , reason] = await attempt(router, 'joe', 'secret', '192.0.2.1');
      expect(reason).toBe('wamp.error.authentication_failed');
    }
  });

  test('delays can be turned off', async () => {
    const tickets = new Map([['joe', { ticket: 'secret', authrole: 'user' }]]);
    const router = createRouter({ realms: ['realm1'], attempts: false, authenticators: [ticket(tickets)] });
    for (let number = 0; number < 30; number += 1) await attempt(router, 'joe', 'guess');
    expect(await attempt(router, 'joe', 'secret')).toEqual(welcomed({ authid: 'joe' }));
  });
});

describe('turns', () => {
  interface Item {
    readonly kinds: readonly string[];
  }

  test('no kind exceeds its bound, and no attempt waits while there is room', async () => {
    const bounds = { a: 1, b: 2, c: 3 };
    const kinds = fc.subarray(['a', 'b', 'c'] as const);
    const step = fc.oneof(fc.record({ take: kinds }), fc.record({ giveBack: fc.nat(20) }));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const turns = new AttemptTurns<Item>(
          ({ kinds: of }) => new Map(of.map((kind: string) => [kind, bounds[kind as 'a']])),
          new ManualClock(),
        );
        const underWay = new Set<Item>();
        const waiting = new Set<Item>();
        const hasRoom = (item: Item): boolean =>
          item.kinds.every((kind) => {
            const taken = [...underWay].filter((other) => other.kinds.includes(kind)).length;
            return taken < bounds[kind as 'a'];
          });
        for (const next of steps) {
          if ('take' in next) {
            const item = { kinds: next.take };
            const turn = turns.take(item);
            expect(turn === undefined).toBe(hasRoom(item));
            (turn === undefined ? underWay : waiting).add(item);
            void turn?.then(() => {
              expect(hasRoom(item)).toBe(true);
              waiting.delete(item);
              underWay.add(item);
            });
          } else {
            const items = [...underWay];
            const item = items[next.giveBack % Math.max(1, items.length)];
            if (item === undefined) continue;
            underWay.delete(item);
            turns.giveBack(item);
            turns.giveBack(item);
            await settle();
          }
          expect([...waiting].some(hasRoom)).toBe(false);
          expect(turns.size).toBe(underWay.size + waiting.size);
        }
        for (let item; (item = [...underWay][0]) !== undefined;) {
          underWay.delete(item);
          turns.giveBack(item);
          await settle();
        }
        expect([waiting.size, turns.size]).toEqual([0, 0]);
      }),
      { numRuns: 100 },
    );
  });
});
