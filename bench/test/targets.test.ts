/** Verdicts on targets, and what the tables say. */
import { expect, test } from 'vitest';
import { chart } from '../src/chart.ts';
import { untilDecided } from '../src/check.ts';
import { contendersOf, FOX, OURS, RELAY } from '../src/contenders.ts';
import type { Cell, Sample } from '../src/entry.ts';
import { takesPart } from '../src/measure.ts';
import { cellText, page, summary, verdictTable } from '../src/report.ts';
import { isOpen, judge, needed, TARGETS, type Target } from '../src/targets.ts';
import { WORKLOADS } from '../src/workloads.ts';

const SAMPLE: Sample = { rate: 324_000, cpu: 2.85, p50: 195, p99: 1252, loadCpu: 0.35, others: 0 };

function cell(id: string, contender: string, figures: readonly Partial<Sample>[], trouble?: string): Cell {
  const workload = WORKLOADS.find((one) => one.id === id);
  if (workload === undefined) throw new Error(`no workload ${id}`);
  return { workload, contender, samples: figures.map((some) => ({ ...SAMPLE, ...some })), trouble };
}

const RATIO: Target = {
  workload: 'rpc-json-16-w64',
  figure: 'cpu',
  against: RELAY,
  as: 'ratio',
  atMost: 0.35,
};
const relay = cell('rpc-json-16-w64', RELAY, [{ cpu: 10 }, { cpu: 99 }, { cpu: 9 }]);
/** The same, run once. */
const once = cell('rpc-json-16-w64', RELAY, [{ cpu: 10 }]);

/** Runs of ours of so many µs each, beside those of a relay that takes 10. */
function runsOf(costs: readonly number[]): Cell[] {
  return [
    cell(
      'rpc-json-16-w64',
      RELAY,
      costs.map(() => ({ cpu: 10 })),
    ),
    cell(
      'rpc-json-16-w64',
      OURS,
      costs.map((cpu) => ({ cpu })),
    ),
  ];
}

test('the median of ratios at the target reaches it, one above does not', () => {
  const at = cell('rpc-json-16-w64', OURS, [{ cpu: 3.5 }, { cpu: 0.1 }, { cpu: 80 }]);
  expect(judge([RATIO], [relay, at])).toMatchObject([{ target: RATIO, measured: 0.35, reached: true }]);
  const above = cell('rpc-json-16-w64', OURS, [{ cpu: 3.6 }, { cpu: 0.1 }, { cpu: 80 }]);
  expect(judge([RATIO], [relay, above])).toMatchObject([{ reached: false }]);
});

test('what slows a run slows the one next to it: they are compared with each other', () => {
  const theirs = cell('rpc-json-16-w64', RELAY, [{ cpu: 10 }, { cpu: 30 }, { cpu: 10 }]);
  const ours = cell('rpc-json-16-w64', OURS, [{ cpu: 3 }, { cpu: 9 }, { cpu: 9 }]);
  expect(judge([RATIO], [theirs, ours])[0]?.measured).toBeCloseTo(0.3);
});

test.each([
  [0.29, false],
  [0.3, true],
  [0.35, true],
  [0.4, true],
  [0.41, false],
  [NaN, false],
])('%d is near 0.35: %s', (measured, near) => {
  expect(isOpen({ target: RATIO, measured, spread: 0, reached: true })).toBe(near);
});

test.each([
  [[2, 2, 2, 2, 2, 9], false],
  [[2, 2, 2, 3, 3, 3], true],
  [[7, 7, 7, 9, 9, 9], true],
  [[0.2, 0.2, 0.2, 0.6, 0.6, 0.6], false],
  [[2], false],
])('runs of %j µs, where the limit is 3.5, are scattered: %s', (costs, scattered) => {
  expect(judge([RATIO], runsOf(costs)).map(isOpen)).toEqual([scattered]);
});

test.each([
  ['just reached', 3.4],
  ['just missed', 3.6],
])('what is %s is measured again, and all samples count, until it is open no more', async (_what, first) => {
  const rounds = [[first], [2.5, 2.5, 2.5, 2.5], [1]];
  let times = 0;
  const cells = await untilDecided(() => {
    const costs = rounds[times++] ?? [];
    return Promise.resolve(runsOf(costs));
  }, [RATIO]);
  expect(times).toBe(2);
  expect(cells.map(({ samples }) => samples.length)).toEqual([5, 5]);
  expect(judge([RATIO], cells)[0]?.measured).toBeCloseTo(0.25);
});

test('what stays near is measured four times, and what is not is measured once', async () => {
  let times = 0;
  const measure = (cpu: number) => (): Promise<Cell[]> => {
    times += 1;
    return Promise.resolve([once, cell('rpc-json-16-w64', OURS, [{ cpu }])]);
  };
  await untilDecided(measure(3.5), [RATIO]);
  expect(times).toBe(4);
  await untilDecided(measure(1), [RATIO]);
  expect(times).toBe(5);
});

test('what was not measured, or went wrong, is not reached', () => {
  expect(judge([RATIO], [relay])).toMatchObject([{ measured: NaN, reached: false }]);
  const failed = cell('rpc-json-16-w64', OURS, [{ cpu: 1 }], '1 missing');
  expect(judge([RATIO], [relay, failed])).toMatchObject([{ measured: NaN, reached: false }]);
  const unknown = cell('rpc-json-16-w64', OURS, [{ cpu: 1 }, { cpu: undefined }]);
  expect(judge([RATIO], [relay, unknown])).toMatchObject([{ measured: NaN, reached: false }]);
});

test('a rate is to be at least so many times that of another', () => {
  const target: Target = {
    workload: 'rpc-json-16-w64',
    figure: 'rate',
    against: FOX,
    as: 'ratio',
    atLeast: 5,
  };
  const fox = cell('rpc-json-16-w64', FOX, [{ rate: 60_000 }]);
  const ours = (rate: number): Cell => cell('rpc-json-16-w64', OURS, [{ rate }]);
  expect(judge([target], [fox, ours(300_000)])).toMatchObject([{ measured: 5, reached: true }]);
  expect(judge([target], [fox, ours(299_000)])).toMatchObject([{ reached: false }]);
});

test('growth compares ourselves at two workloads, memory is a difference', () => {
  const growth: Target = {
    workload: 'topics-100000',
    figure: 'cpu',
    against: { workload: 'topics-10' },
    as: 'ratio',
    atMost: 1.3,
  };
  const memory: Target = {
    workload: 'idle',
    figure: 'resident',
    against: RELAY,
    as: 'difference',
    atMost: 16384,
  };
  const cells = [
    cell('topics-10', OURS, [{ cpu: 2 }]),
    cell('topics-100000', OURS, [{ cpu: 2.5 }]),
    cell('idle', OURS, [{ resident: 20_000 }]),
    cell('idle', RELAY, [{ resident: 3_000 }]),
  ];
  expect(judge([growth, memory], cells)).toMatchObject([
    { target: growth, measured: 1.25, reached: true },
    { target: memory, measured: 17_000, reached: false },
  ]);
});

test('every target is about workloads that there are, with contenders that take part', () => {
  for (const [id, contenders] of needed(TARGETS)) {
    const workload = WORKLOADS.find((one) => one.id === id);
    if (workload === undefined) expect.fail(`no workload ${id}`);
    const able = contendersOf({ pinned: false }).filter((contender) => takesPart(contender, workload));
    for (const name of contenders)
      expect(
        able.map((contender) => contender.name),
        id,
      ).toContain(name);
  }
});

test('only routers translate, and each speaks what it speaks', () => {
  const able = (id: string): string[] => {
    const workload = WORKLOADS.find((one) => one.id === id);
    return contendersOf({ pinned: false, other: { url: 'rs://127.0.0.1:1/', pid: undefined } })
      .filter((contender) => workload !== undefined && takesPart(contender, workload))
      .map(({ name }) => name);
  };
  expect(able('rpc-json-16-w64')).toEqual([RELAY, OURS, FOX]);
  expect(able('rpc-msgpack-16-w64')).toEqual([RELAY, OURS]);
  expect(able('topics-10')).toEqual([OURS, FOX]);
  expect(able('mixed-json-msgpack-128')).toEqual([OURS]);
  expect(able('rpc-raw-msgpack-16-w64')).toEqual([OURS, '127.0.0.1:1']);
});

test('no two workloads have the same id', () => {
  expect(new Set(WORKLOADS.map(({ id }) => id)).size).toBe(WORKLOADS.length);
});

test('the table of verdicts says what was missed', () => {
  const ours = cell('rpc-json-16-w64', OURS, [{ cpu: 5 }]);
  expect(verdictTable(judge([RATIO, { ...RATIO, workload: 'idle' }], [once, ours])).split('\n')).toEqual([
    '| what | target | measured |  |',
    '|---|---|---|---|',
    '| rpc-json-16-w64: CPU ÷ ws relay | ≤ 0.35 × | 0.50 × | MISSED |',
    '| idle: CPU ÷ ws relay | ≤ 0.35 × | – | not measured |',
  ]);
});

test('a cell tells CPU, rate, latency and the load', () => {
  expect(cellText(cell('rpc-json-16-w64', OURS, [{}]))).toBe('**2.85** · 324k/s · 195 µs / 1.25 ms · 35 %');
  expect(cellText(cell('idle', OURS, [{ resident: 7168 }]))).toContain('· 7.00 KiB ·');
  expect(cellText(cell('idle', FOX, [], 'no session'))).toBe('failed: no session');
  expect(cellText(undefined)).toBe('–');
});

const FACTS = { date: '2026-01-02', machine: 'a machine', node: '20', contenders: 'these', method: 'so' };

test('the page has a row for each workload, with ratios', () => {
  const ours = cell('rpc-json-16-w64', OURS, [{ cpu: 2 }]);
  const lines = page(FACTS, [once, ours, cell('fanout-10-w16', OURS, [{}])]).split('\n');
  expect(lines).toContain('|  | ws relay | @wamp/router | ours ÷ ws relay |');
  expect(lines.find((line) => line.startsWith('| 16 B, window 64, JSON |'))).toMatch(/\| 0\.20 × \|$/);
  expect(lines.find((line) => line.startsWith('| 1→10, 128 B, window 16, JSON |'))).toBeDefined();
  expect(lines).not.toContain('## Sessions');
});

test('what a router said cannot break a table', () => {
  const lines = page(FACTS, [cell('idle', FOX, [], 'so | many\n| columns')]).split('\n');
  const line = lines.find((one) => one.startsWith('| 10,000'));
  expect(line).toBe(String.raw`| 10,000 idle sessions | failed: so \| many \| columns | – |`);
});

test('the summary has a line for each workload', () => {
  const ours = cell('rpc-json-16-w64', OURS, [{ cpu: 2 }]);
  const [head, row] = summary([once, ours]).split('\n');
  expect(head?.split(/ {2,}/)).toEqual(['CPU per message', RELAY, OURS, `ours ÷ ${RELAY}`]);
  expect(row?.split(/ {2,}/)).toEqual(['rpc-json-16-w64', '10.0 µs', '2.00 µs', '0.20 ×']);
});

test('the chart has a bar for each figure, as long as it is large', () => {
  const ours = cell('rpc-json-16-w64', OURS, [{ cpu: 2 }]);
  const svg = chart([relay, ours]);
  const width = (style: string): number =>
    Number(
      new RegExp(`<rect class="${style}" x="200" y="\\d+" width="([\\d.]+)" height="11"`).exec(svg)?.[1],
    );
  expect(width('ours') / width('relay')).toBeCloseTo(0.2, 2);
  expect(width('fox')).toBeNaN();
});
