/** The parts of workers that need no processes: the channel, and how long is waited before a restart. */
import { expect, test } from 'vitest';
import { drainOfAll, realmsOfAll, samplesOfAll, statusOfAll } from '../src/admin-realm/everywhere.ts';
import { BackOff } from '../src/workers/back-off.ts';
import { Channel } from '../src/workers/channel.ts';

interface Questions {
  readonly double: readonly [number, number];
  readonly fail: readonly [null, null];
  readonly hang: readonly [null, null];
}

type None = unknown;

/** Two ends whose messages go through JSON, as those of processes do. */
function pair(): Channel<Questions, None> {
  const copied = (message: object): unknown => JSON.parse(JSON.stringify(message));
  const asking: Channel<Questions, None> = new Channel<Questions, None>(
    {
      send: (message) => {
        answering.received(copied(message));
      },
    },
    {},
  );
  const answering: Channel<None, Questions> = new Channel<None, Questions>(
    {
      send: (message) => {
        asking.received(copied(message));
      },
    },
    {
      double: (number) => Promise.resolve(2 * number),
      fail: () => Promise.reject(new Error('it cannot')),
      hang: () => new Promise(() => undefined),
    },
  );
  return asking;
}

test('questions are answered, each once, whatever the order', async () => {
  const channel = pair();
  await expect(Promise.all([1, 2, 3].map((number) => channel.ask('double', number)))).resolves.toEqual([
    2, 4, 6,
  ]);
  await expect(channel.ask('fail', null)).rejects.toThrow('it cannot');
});

test('a question that is not answered fails, in time or when the other end is gone', async () => {
  const channel = pair();
  await expect(channel.ask('hang', null, 5)).rejects.toThrow('hang: no answer within 5 ms');
  const open = channel.ask('hang', null);
  channel.close('worker 1 has ended');
  await expect(open).rejects.toThrow('worker 1 has ended');
  await expect(channel.ask('double', 1)).rejects.toThrow('worker 1 has ended');
});

test('what is no message of a channel is ignored', () => {
  const channel = pair();
  for (const message of [null, 1, 'text', {}, { wamp: 'other' }, { wamp: 'answer', number: 99 }])
    channel.received(message);
});

test('each restart waits twice as long, up to 30 s, and from 100 ms again after a minute without trouble', () => {
  const backOff = new BackOff();
  expect([0, 0, 0, 0].map((ranFor) => backOff.next(ranFor))).toEqual([100, 200, 400, 800]);
  for (let time = 0; time < 20; time += 1) backOff.next(59_000);
  expect(backOff.next(59_000)).toBe(30_000);
  expect(backOff.next(60_000)).toBe(100);
});

test('answers of several workers are added up, or the worst of them counts', () => {
  const status = (sessions: number, utilization: number): object => ({
    ...{ version: '1', pid: sessions, sessions, event_loop_utilization: utilization },
    ...{ messages: { received: sessions }, event_loop_lag_ms: { p99: utilization } },
  });
  expect(statusOfAll([status(2, 0.1), status(3, 0.7)])).toMatchObject({
    ...{ version: '1', pid: 2, sessions: 5, event_loop_utilization: 0.7, workers: 2 },
    ...{ messages: { received: 5 }, event_loop_lag_ms: { p99: 0.7 } },
  });
  const realm = (name: string, sessions: number): object => ({ realm: name, sessions });
  expect(realmsOfAll([[realm('one', 1), realm('two', 2)], [realm('one', 3)]])).toEqual([
    { realm: 'one', sessions: 4 },
    { realm: 'two', sessions: 2 },
  ]);
  expect(drainOfAll([{ calls_in_flight: 1 }, { calls_in_flight: 2 }])).toEqual({ calls_in_flight: 3 });
});

test('samples of several workers are added up by their times; the worst latency counts', () => {
  const columns = ['time', 'calls', 'call_p99_ms'];
  const of = (...rows: readonly (number | null)[][]): object => ({ columns, rows });
  expect(samplesOfAll([of([10, 1, 5], [15, 2, null]), of([9, 100, 7], [14, 200, 6], [19, 300, 9])])).toEqual({
    columns,
    rows: [
      [10, 101, 7],
      [15, 202, 6],
    ],
  });
});
