/** Options for TanStack Query, as it calls them. */
import { connect } from '@wamp/client';
import { expect, expectTypeOf, test } from 'vitest';
import { createTestRealm } from '../../router/src/testing/index.ts';
import { callOptions, invalidateAfterGaps, streamOptions, wampHooks } from '../src/index.ts';

interface Api {
  procedures: {
    'math.add2': (a: number, b: number) => number;
    count: { args: [to: number]; progress: number; result: string };
  };
  topics: { news: [text: string] };
}

test('a query is a call, which its signal cancels', async () => {
  await using realm = createTestRealm();
  const session = await realm.connect(connect<Api>);
  await session.register('math.add2', ([a, b]) => a + b);
  const { queryKey, queryFn } = callOptions(session, 'math.add2', [2, 3]);
  expect(queryKey).toEqual(['wamp', 'realm1', 'math.add2', [2, 3], undefined]);
  const sum = await queryFn({ signal: new AbortController().signal });
  expectTypeOf(sum).toBeNumber();
  expect(sum).toBe(5);
  await expect(queryFn({ signal: AbortSignal.abort(new RangeError('left')) })).rejects.toThrow('left');
  // @ts-expect-error wrong argument type
  callOptions(session, 'math.add2', ['2', 3]);
});

test('a streamed query is the progress of a call', async () => {
  await using realm = createTestRealm();
  const session = await realm.connect(connect<Api>);
  await session.register('count', async function* ([to]) {
    for (let n = 1; n <= to; n += 1) yield await Promise.resolve(n);
    return 'done';
  });
  const { streamFn } = streamOptions(session, 'count', [3]);
  const seen: number[] = [];
  for await (const n of streamFn({ signal: new AbortController().signal })) seen.push(n);
  expect(seen).toEqual([1, 2, 3]);
});

test('queries are fetched again after events that could not be recovered, and only then', async () => {
  await using realm = createTestRealm();
  const session = await realm.connect(connect);
  const invalidated: unknown[] = [];
  const stop = invalidateAfterGaps(session, { invalidateQueries: (filters) => invalidated.push(filters) });
  const restored = (): Promise<unknown> => new Promise((resolve) => session.on('restored', resolve));
  const subscription = await session.subscribe('news', () => undefined);
  for (const count of [1, 1, 1]) {
    const back = restored();
    session.reconnect();
    await back;
    expect(invalidated).toEqual(Array.from({ length: count }, () => ({ queryKey: ['wamp', 'realm1'] })));
    // Without a subscription, nothing is missed; and nobody hears of it when it is not wanted any more.
    if (subscription.state === 'ended') stop();
    else await subscription.unsubscribe();
  }
});

export function typed(): void {
  const { useEvents, useCall, useRegistration } = wampHooks<Api>();
  expectTypeOf(useEvents('news', (all: string[], { args: [text] }) => [...all, text], [])).toEqualTypeOf<
    string[]
  >();
  expectTypeOf(useCall('math.add2', [2, 3]).value).toEqualTypeOf<number | undefined>();
  useRegistration('math.add2', ([a, b]) => a + b);
  // @ts-expect-error no such topic
  useEvents('olds', (all: string[]) => all, []);
  // @ts-expect-error wrong argument type
  useCall('math.add2', ['2', 3]);
}
