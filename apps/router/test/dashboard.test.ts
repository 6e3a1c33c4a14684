/** The Grafana dashboard asks for metrics and labels that the router has, and leaves out none that matter. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { METRIC, told } from './told-metrics.ts';

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
  const alerts = page.slice(page.indexOf('| alert '), page.indexOf('Besides, compare'));
  const wanted = new Set(alerts.match(METRIC) ?? []);
  expect(wanted.size).toBeGreaterThan(15);
  const all = queries.join('\n');
  expect([...wanted].filter((name) => !all.includes(name))).toEqual([]);
});
