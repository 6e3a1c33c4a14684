/** The Grafana dashboard asks for metrics and labels that the router has, and leaves out none that matter. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { bridgeHttp, startWebhook } from '@wamp/http-bridge';
import { createRouter } from '@wamp/router';
import { expect, test } from 'vitest';
import { measureProcess } from '../src/process-metrics.ts';
import { prometheusText } from '../src/prometheus.ts';
import { measureStore } from '../src/store-metrics.ts';

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}

const file = new URL('../deploy/grafana-dashboard.json', import.meta.url);
const dashboard = JSON.parse(readFileSync(file, 'utf8')) as Dashboard;
const targets = dashboard.panels.flatMap(({ targets: all = [] }) => all);
const queries = [
  ...targets.map(({ expr }) => expr),
  ...dashboard.templating.list.flatMap(({ definition = [] }) => definition),
];
const METRIC = /\b(?:wamp|process)_[a-z_]+\b/g;

/** The names of samples as Prometheus scrapes them, by those of the metrics that they belong to. */
async function told(): Promise<ReadonlyMap<string, string>> {
  const router = createRouter({ realms: ['realm1'] });
  measureProcess(router.metrics);
  const status = { failing: undefined, written: 0, commits: 0, failures: 0, lost: 0, pending: 0 };
  measureStore(router.metrics, { status });
  bridgeHttp(router, { server: createServer(), path: '/api', realm: 'realm1' });
  const target = 'https://127.0.0.1/';
  await startWebhook(router, {
    realm: 'realm1',
    topic: 'com.news',
    target,
    secret: 'a secret of a webhook',
    allowPrivate: true,
  });
  const names = new Map<string, string>();
  for (const [, name = '', kind] of prometheusText(router.metrics).matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    if (kind !== 'histogram') names.set(name, name);
    else for (const part of ['_bucket', '_sum', '_count']) names.set(name + part, name);
  }
  return names;
}

test('every query of the dashboard is about metrics that the router has', async () => {
  const known = await told();
  const asked = queries.flatMap((query) => query.match(METRIC) ?? []);
  expect(asked.length).toBeGreaterThan(30);
  expect(asked.filter((name) => !known.has(name))).toEqual([]);
});

test('every label in a legend is one that its query keeps', () => {
  for (const { expr, legendFormat } of targets) {
    const kept = new Set(
      [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(/, ?/)),
    );
    const isWhole = !expr.includes('sum');
    for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
      expect(isWhole || kept.has(label), `${label} of ${expr}`).toBe(true);
    }
  }
});

test('what operators are to be woken for is on the dashboard', () => {
  const page = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
  const alerts = page.slice(page.indexOf('| alert '), page.indexOf('The log is JSON'));
  const wanted = new Set(alerts.match(METRIC) ?? []);
  wanted.delete('process_open_fds');
  // Only routers with several workers have it.
  wanted.delete('wamp_worker_restarts_total');
  expect(wanted.size).toBeGreaterThan(3);
  const all = queries.join('\n');
  expect([...wanted].filter((name) => !all.includes(name))).toEqual([]);
});
