/** Stores for frameworks: one subscription for many readers, and work only while somebody listens. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { callStore, eventsStore, stateStore } from '../src/store/index.ts';
import { joined, settle } from './scripted-peer.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('stateStore', () => {
  test('has the state of the session for each subscriber, and is one store', async () => {
    const { session } = await joined({ reconnect: false });
    const store = stateStore(session);
    expect(stateStore(session)).toBe(store);
    const seen: string[] = [];
    const stop = store.subscribe((state) => seen.push(state));
    expect([store.get(), seen]).toEqual(['open', ['open']]);
    void session.close();
    stop();
    expect(seen[1]).toBe('closing');
  });
});

describe('eventsStore', () => {
  const texts = {
    initial: [] as unknown[],
    reduce: (all: unknown[], { args: [text] }: { args: unknown[] }): unknown[] => [...all, text],
  };

  test('subscribes once for many readers, and leaves a second after the last', async () => {
    const { session, peer } = await joined();
    const [one, other] = [eventsStore(session, 'news', texts), eventsStore(session, 'news', texts)];
    peer.expectNothing();
    const seen: unknown[] = [];
    const stopOne = one.subscribe((all) => seen.push(all.length));
    const stopOther = other.subscribe(() => undefined);
    await peer.expect([32, 1, {}, 'news']);
    peer.send([33, 1, 5]);
    await settle();
    peer.send([36, 5, 1, {}, ['hi']]);
    expect([one.get(), other.get(), seen]).toEqual([['hi'], ['hi'], [0, 1]]);
    stopOne();
    stopOther();
    vi.advanceTimersByTime(999);
    // A strict mode, or the next page: back in time.
    const stopAgain = one.subscribe(() => undefined);
    vi.advanceTimersByTime(5_000);
    await settle();
    peer.expectNothing();
    stopAgain();
    vi.advanceTimersByTime(1_000);
    await peer.expect([34, 2, 5]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('has the error of a refused subscription, and subscribes again for a new subscriber', async () => {
    const { session, peer } = await joined();
    const store = eventsStore(session, 'news', { ...texts, linger: 0 });
    const seen: unknown[] = [];
    const stop = store.subscribe(() => seen.push(store.error?.message));
    await peer.next();
    peer.send([8, 32, 1, {}, 'wamp.error.not_authorized']);
    await settle();
    expect(seen).toEqual([undefined, expect.stringContaining('wamp.error.not_authorized')]);
    stop();
    vi.advanceTimersByTime(0);
    store.subscribe(() => undefined);
    await peer.expect([32, 2, {}, 'news']);
    expect(store.error).toBeUndefined();
  });
});

describe('callStore', () => {
  test('calls for the first subscriber, once for all with the same request', async () => {
    const { session, peer } = await joined();
    const store = callStore(session, 'user.get', { id: '7' }, { timeout: 5_000 });
    expect(callStore(session, 'user.get', { id: '7' }, { timeout: 5_000 })).toBe(store);
    expect(callStore(session, 'user.get', { id: '8' }, { timeout: 5_000 })).not.toBe(store);
    peer.expectNothing();
    expect(store.get().status).toBe('pending');
    const seen: unknown[] = [];
    store.subscribe(({ status, value }) => seen.push([status, value]));
    await peer.expect([48, 1, { timeout: 5_000 }, 'user.get', [], { id: '7' }]);
    peer.send([50, 1, {}, ['Joe']]);
    await settle();
    store.refresh();
    await peer.expect([48, 2, { timeout: 5_000 }, 'user.get', [], { id: '7' }]);
    peer.send([8, 48, 2, {}, 'user.gone']);
    await settle();
    expect(seen.slice(-3)).toEqual([
      ['done', 'Joe'],
      ['pending', 'Joe'],
      ['failed', 'Joe'],
    ]);
    expect(store.get().error).toMatchObject({ uri: 'user.gone' });
  });

  test('cancels a call without subscribers', async () => {
    const { session, peer } = await joined();
    const store = callStore(session, 'slow');
    const stop = store.subscribe(() => undefined);
    await peer.next();
    stop();
    stop();
    vi.advanceTimersByTime(1_000);
    await peer.expect([49, 1, { mode: 'killnowait' }]);
    expect(callStore(session, 'slow')).not.toBe(store);
  });
});
