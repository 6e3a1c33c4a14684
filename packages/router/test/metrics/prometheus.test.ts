/** The example of a reader, and the page about it: what they say is what the router counts. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createRouter, MetricsRegistry } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import { expect, test } from 'vitest';
import { prometheusText } from './prometheus.ts';

const example = read('packages/router/test/metrics/prometheus.ts');

function read(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../../../${path}`, import.meta.url)), 'utf8');
}

test('counters, gauges and histograms are printed as Prometheus reads them', () => {
  const metrics = new MetricsRegistry();
  metrics
    .counter({ name: 'doors_total', help: 'Doors.', labels: ['side'] })
    .of('"left"\n')
    .add(2);
  const times = metrics.histogram({ name: 'door_seconds', help: 'Times.' }).of();
  for (const seconds of [0.0003, 0.02, 0.02, 70]) times.record(seconds);
  expect(prometheusText(metrics).split('\n').slice(2)).toEqual([
    '# HELP doors_total Doors.',
    '# TYPE doors_total counter',
    'doors_total{side="\\"left\\"\\n"} 2',
    '# HELP door_seconds Times.',
    '# TYPE door_seconds histogram',
    'door_seconds_bucket{le="0.0001"} 0',
    'door_seconds_bucket{le="0.0005"} 1',
    'door_seconds_bucket{le="0.001"} 1',
    'door_seconds_bucket{le="0.005"} 1',
    'door_seconds_bucket{le="0.01"} 1',
    'door_seconds_bucket{le="0.05"} 3',
    'door_seconds_bucket{le="0.1"} 3',
    'door_seconds_bucket{le="0.5"} 3',
    'door_seconds_bucket{le="1"} 3',
    'door_seconds_bucket{le="5"} 3',
    'door_seconds_bucket{le="10"} 3',
    'door_seconds_bucket{le="60"} 3',
    'door_seconds_bucket{le="+Inf"} 4',
    'door_seconds_sum 70.0403',
    'door_seconds_count 4',
    '',
  ]);
});

test('the example is the one in the documentation, and no longer than a reader should have to be', () => {
  expect(read('docs/metrics.md')).toContain(example);
  expect(example.split('\n').length).toBeLessThanOrEqual(80);
});

test('docs/metrics.md has a row for each metric of a router, with its kind and help text', () => {
  const router = createRouter({ realms: ['realm1'], clock: new ManualClock() });
  const rows = router.metrics.read().map(({ name, kind, help }) => [`\`${name}\``, kind, help]);
  const told = read('docs/metrics.md')
    .split('\n')
    .filter((row) => row.startsWith('| `wamp_'))
    .map((row) => row.split('|').map((cell) => cell.trim()))
    .map(([, name, kind, , help]) => [name, kind, help]);
  expect(told.sort()).toEqual(rows.sort());
});
