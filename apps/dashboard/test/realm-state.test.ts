/** What the dashboard knows, and how it changes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  byType,
  emptySeries,
  inOrder,
  ratesBetween,
  readMetrics,
  readSession,
  WINDOW_SECONDS,
  withPoint,
  type Metrics,
} from '../src/realm/state.ts';
import { figure } from '../src/lib/figures.ts';

const first: Metrics = {
  uptime_ms: 1000,
  sessions: 2,
  subscriptions: 3,
  registrations: 1,
  messages_received: 100,
  messages_sent: 200,
  calls: 10,
  events: 50,
  by_type: { received: { CALL: 10, HELLO: 2 }, sent: { RESULT: 10, EVENT: 50 } },
};
const later: Metrics = {
  ...first,
  uptime_ms: 3000,
  messages_received: 120,
  messages_sent: 260,
  calls: 15,
  events: 90,
};

describe('metrics', () => {
  test('are read, unknown figures and all', () => {
    expect(readMetrics({ ...first, news: 1 })).toMatchObject(first);
    expect(readMetrics({ ...first, by_type: undefined })?.by_type).toEqual({ received: {}, sent: {} });
  });

  test.each([undefined, null, [], 'metrics', {}, { ...first, calls: '10' }])('%j is no metrics', (value) => {
    expect(readMetrics(value)).toBeUndefined();
  });

  test('nothing that arrives makes reading throw', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        readMetrics(value);
        readSession(value, undefined);
      }),
    );
  });

  test('types are listed by how often they occur', () => {
    expect(byType(first.by_type)).toEqual([
      ['EVENT', 0, 50],
      ['CALL', 10, 0],
      ['RESULT', 0, 10],
      ['HELLO', 2, 0],
    ]);
  });
});

describe('rates', () => {
  test('are per second of the router, not of this page', () => {
    expect(ratesBetween(first, later)).toEqual({ received: 10, sent: 30, calls: 2.5, events: 20 });
  });

  test('are not known at first, nor after a restart of the router', () => {
    expect(ratesBetween(undefined, first)).toBeUndefined();
    expect(ratesBetween(later, first)).toBeUndefined();
    expect(ratesBetween(first, first)).toBeUndefined();
    expect(ratesBetween(first, { ...later, messages_received: 5 })).toBeUndefined();
  });

  test('are shown at a glance', () => {
    expect([undefined, 0, 1.999, 2.54, 12.4, 1234.5, 8].map((value) => figure(value))).toEqual([
      '–',
      '0',
      '2',
      '2.5',
      '12',
      '1,235',
      '8',
    ]);
  });
});

describe('the series', () => {
  const rates = { received: 1, sent: 2, calls: 0, events: 0 };

  test('breaks where nothing is known', () => {
    expect(withPoint(withPoint(emptySeries, 1, rates), 2, undefined)).toEqual({
      times: [1, 2],
      received: [1, null],
      sent: [2, null],
    });
  });

  test('forgets what the window has passed', () => {
    let series = emptySeries;
    for (let time = 0; time <= 500; time += 1) series = withPoint(series, time, rates);
    expect(series.times[0]).toBe(500 - WINDOW_SECONDS);
    expect(series.times).toHaveLength(WINDOW_SECONDS + 1);
    expect(series.received).toHaveLength(WINDOW_SECONDS + 1);
    expect(series.sent).toHaveLength(WINDOW_SECONDS + 1);
  });
});

describe('sessions', () => {
  test('are described in a few words', () => {
    const since = new Date(5);
    const details = {
      session: 9,
      authid: 'ada',
      authrole: 'anonymous',
      transport: { type: 'websocket', protocol: 'wamp.2.json', peer: 'tcp:127.0.0.1:5' },
    };
    expect(readSession(details, since)).toEqual({
      session: 9,
      authid: 'ada',
      authrole: 'anonymous',
      transport: 'websocket · json · 127.0.0.1:5',
      since,
    });
    expect(readSession({ session: 9 }, undefined)?.transport).toBe('');
    expect(readSession({ authid: 'ada' }, since)).toBeUndefined();
  });

  test('are listed the latest first', () => {
    const row = (session: number, since?: number) => ({
      session,
      authid: '',
      authrole: '',
      transport: '',
      since: since === undefined ? undefined : new Date(since),
    });
    const rows = [row(3), row(1, 10), row(2), row(4, 20)];
    expect(inOrder(rows).map(({ session }) => session)).toEqual([4, 1, 2, 3]);
  });
});
