/** The alert rules for Prometheus: their shape, their expressions, the metrics they ask for, and the help they link to. */
import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { told } from './told-metrics.ts';

const text = readFileSync(new URL('../deploy/prometheus-alerts.yaml', import.meta.url), 'utf8');
const page = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
const PAGE = 'https://github.com/wamp-ts/wamp/blob/main/docs/operations.md#';

/** What Prometheus accepts, and no more than that. */
const RULES = z.strictObject({
  groups: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        rules: z.array(
          z.strictObject({
            alert: z.string().regex(/^Wamp(?:[A-Z][a-z]+)+$/),
            expr: z.string().min(1),
            for: z
              .string()
              .regex(/^\d+[smhd]$/)
              .optional(),
            labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
            annotations: z.strictObject({
              summary: z.string().min(1),
              description: z.string().regex(/\.$/),
              runbook_url: z.string().startsWith(PAGE),
            }),
          }),
        ),
      }),
    )
    .min(1),
});
const rules = RULES.parse(parse(text)).groups.flatMap(({ rules: all }) => all);

/** What an expression of PromQL consists of. */
interface Read {
  readonly faults: readonly string[];
  /** The names of the metrics. */
  readonly metrics: readonly string[];
  /** The labels that its result has, if it says which: those of the outermost aggregation. */
  readonly kept: readonly string[] | undefined;
}

function read(expr: string): Read {
  const [faults, metrics] = [[] as string[], [] as string[]];
  parser.parse(expr).iterate({
    enter({ type, from, to, node }) {
      if (type.isError) faults.push(`at ${from}: ${expr.slice(from, to + 20)}`);
      if (type.name === 'Identifier' && node.parent?.name === 'VectorSelector') {
        metrics.push(expr.slice(from, to));
      }
    },
  });
  const by = /^(?:\w+\(0\.99, )?(?:sum|count) by \(([^)]*)\)/.exec(expr)?.[1];
  return { faults, metrics, kept: by?.split(', ') };
}

test('an expression that is no PromQL is told apart from one that is', () => {
  for (const expr of ['sum by (job (up)', 'rate(up[5x])', 'up ==', 'up{job=}', '']) {
    expect([expr, read(expr).faults.length > 0]).toEqual([expr, true]);
  }
  expect(read('sum by (a, b) (rate(x_total{c="1"}[5m])) > 0 and on (a) y')).toEqual({
    faults: [],
    metrics: ['x_total', 'y'],
    kept: ['a', 'b'],
  });
});

test('each alert has a name of its own, and an expression that Prometheus reads', () => {
  const names = rules.map(({ alert }) => alert);
  expect(new Set(names).size).toBe(names.length);
  const faulty = rules.filter(({ expr }) => read(expr).faults.length > 0);
  expect(faulty.map(({ alert, expr }) => [alert, read(expr).faults])).toEqual([]);
});

test('each metric of an alert is one that the router has', async () => {
  const known = await told();
  const asked = new Set(rules.flatMap(({ expr }) => read(expr).metrics));
  expect(asked.size).toBeGreaterThan(20);
  // Prometheus itself tells whether a target answers.
  asked.delete('up');
  expect([...asked].filter((name) => !known.has(name))).toEqual([]);
});

test('a summary names only labels that the expression keeps', () => {
  const gone = rules.flatMap(({ alert, expr, annotations: { summary } }) => {
    const { kept } = read(expr);
    const named = [...summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
    return named.filter((label) => kept?.includes(label) === false).map((label) => `${alert}: ${label}`);
  });
  expect(gone).toEqual([]);
});

test('each alert links to a section of the page about operations, which lists it', () => {
  const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
  const anchors = rules.map(({ annotations: { runbook_url: url } }) => url.slice(PAGE.length));
  expect(anchors.filter((anchor) => !headings.includes(anchor))).toEqual([]);
  const rows = page.split('\n').filter((line) => line.startsWith('| `Wamp'));
  const listed = rows.flatMap((row) => {
    const [, anchor = ''] = /\]\(#([\w-]+)\)/.exec(row) ?? [];
    return [...row.matchAll(/`(Wamp\w+)`/g)].map(([, alert = '']) => `${alert} ${anchor}`);
  });
  const linked = rules.map(({ alert }, index) => `${alert} ${anchors[index] ?? ''}`);
  expect(listed.sort()).toEqual(linked.sort());
});
