/** The registry: what was counted is read by name and labels, and no client can make it grow. */
import { expect, test } from 'vitest';
import { MetricsRegistry } from '../../src/metrics/registry.ts';

function samplesOf(registry: MetricsRegistry, name: string): unknown {
  return registry.read().find((metric) => metric.name === name)?.samples;
}

test('a counter, a gauge and a histogram are read with name, kind, help and labels', () => {
  const registry = new MetricsRegistry();
  const doors = registry.counter({ name: 'doors_total', help: 'Doors that opened.', labels: ['side'] });
  const room = registry.gauge({ name: 'room_bytes', help: 'Room that is left.' });
  const times = registry.histogram({ name: 'door_seconds', help: 'How long a door was open.' });
  const left = doors.of('left');
  left.add();
  left.add(2);
  doors.of('right').add();
  room.of().set(7);
  room.of().add(-2);
  times.of().record(0.000_002);
  expect(registry.read().slice(1)).toEqual([
    {
      name: 'doors_total',
      help: 'Doors that opened.',
      kind: 'counter',
      samples: [
        { labels: { side: 'left' }, value: 3 },
        { labels: { side: 'right' }, value: 1 },
      ],
    },
    { name: 'room_bytes', help: 'Room that is left.', kind: 'gauge', samples: [{ labels: {}, value: 5 }] },
    {
      name: 'door_seconds',
      help: 'How long a door was open.',
      kind: 'histogram',
      samples: [
        {
          labels: {},
          count: 1,
          sum: 0.000_002,
          buckets: [{ upTo: expect.closeTo(0.000_002, 9) as number, count: 1 }],
        },
      ],
    },
  ]);
});

test('a label has a bounded number of values; further ones are counted as other', () => {
  const registry = new MetricsRegistry();
  const calls = registry.counter({ name: 'calls_total', help: 'Calls.', labels: ['by'], mostValues: 3 });
  for (let n = 0; n < 1000; n += 1) calls.of(`client ${n}`).add();
  calls.of('client 1').add();
  expect(samplesOf(registry, 'calls_total')).toEqual([
    { labels: { by: 'client 0' }, value: 1 },
    { labels: { by: 'client 1' }, value: 2 },
    { labels: { by: 'client 2' }, value: 1 },
    { labels: { by: 'other' }, value: 997 },
  ]);
  expect(samplesOf(registry, 'wamp_metrics_other_labels_total')).toEqual([
    { labels: { metric: 'calls_total' }, value: 997 },
  ]);
});

test('a long value of a label is cut', () => {
  const registry = new MetricsRegistry();
  const calls = registry.counter({ name: 'calls_total', help: 'Calls.', labels: ['by'] });
  calls.of('x'.repeat(10_000)).add();
  expect(samplesOf(registry, 'calls_total')).toEqual([{ labels: { by: 'x'.repeat(128) }, value: 1 }]);
});

test('values kept elsewhere are asked for with each reading; those with equal labels add up', () => {
  const registry = new MetricsRegistry();
  let size = 1;
  registry.observe(
    'gauge',
    { name: 'size_bytes', help: 'Sizes.', labels: ['of'], mostValues: 1 },
    (observe) => {
      observe(size, 'one');
      observe(10, 'two');
      observe(100, 'three');
    },
  );
  expect(samplesOf(registry, 'size_bytes')).toEqual([
    { labels: { of: 'one' }, value: 1 },
    { labels: { of: 'other' }, value: 110 },
  ]);
  size = 2;
  expect(samplesOf(registry, 'size_bytes')).toContainEqual({ labels: { of: 'one' }, value: 2 });
});

test('histograms kept elsewhere add up bucket by bucket', () => {
  const registry = new MetricsRegistry();
  registry.observeHistograms({ name: 'took_seconds', help: 'Times.' }, (observe) => {
    observe({ count: 2, sum: 3, buckets: [{ upTo: 1, count: 1 }, { upTo: 2, count: 1 }] }); // prettier-ignore
    observe({ count: 2, sum: 5, buckets: [{ upTo: 2, count: 1 }, { upTo: 3, count: 1 }] }); // prettier-ignore
  });
  expect(samplesOf(registry, 'took_seconds')).toEqual([
    {
      labels: {},
      count: 4,
      sum: 8,
      buckets: [
        { upTo: 1, count: 1 },
        { upTo: 2, count: 2 },
        { upTo: 3, count: 1 },
      ],
    },
  ]);
});

test.each([
  ['Calls', 'counter', 'metric name "Calls": expected /^[a-z][a-z0-9_]*$/'],
  ['calls', 'counter', 'metric name calls: the names of counters, and only these, end with _total'], // prettier-ignore
  ['calls_total', 'gauge', 'metric name calls_total: the names of counters, and only these, end with _total'], // prettier-ignore
] as const)('the name %s of a %s is refused', (name, kind, message) => {
  expect(() => new MetricsRegistry()[kind]({ name, help: 'Calls.' })).toThrow(message);
});

test('a name is used once', () => {
  const registry = new MetricsRegistry();
  registry.gauge({ name: 'calls', help: 'Calls.' });
  expect(() => registry.gauge({ name: 'calls', help: 'Calls.' })).toThrow('metric name calls: already in use'); // prettier-ignore
});

test('values that are not one for each label are refused', () => {
  const calls = new MetricsRegistry().gauge({ name: 'calls', help: 'Calls.', labels: ['realm', 'by'] });
  expect(() => calls.of('realm1')).toThrow(
    'calls: 1 values for the labels (realm, by); expected one for each',
  );
});
