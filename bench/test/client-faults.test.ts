/** Sessions among random faults, and what finds out that they have lost something. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compiled } from '../../test/compiled.ts';
import { faultsIn } from '../src/faults/heard.ts';
import { planOf } from '../src/faults/plan.ts';
import { runAll, type Outcome } from '../src/faults/run.ts';

const SCHEDULES = 20;

test('D1 D2 routers killed, restarted and frozen, connections cut and silent, by chance: nothing is lost unsaid', async () => {
  const outcomes: Outcome[] = [];
  const seeds = Array.from({ length: SCHEDULES }, (_item, index) => index + 1);
  const folder = await compiled({ router: 'bench/src/faults/router.ts' });
  await runAll(seeds, 4, Infinity, (outcome) => outcomes.push(outcome), join(folder, 'router.js'));
  expect(outcomes).toHaveLength(SCHEDULES);
  expect(outcomes.flatMap(({ seed, wrong }) => wrong.map((what) => `seed ${seed}: ${what}`))).toEqual([]);
  const done = outcomes.flatMap(({ outcomes: each }) => [...each.keys()]);
  expect(done).toEqual(
    expect.arrayContaining(['call: done', 'call: lost, sent', 'publish faults.log: done']),
  );
});

test('a seed is a schedule', () => {
  expect(planOf(7)).toEqual(planOf(7));
  expect(planOf(8)).not.toEqual(planOf(7));
});

describe('what is wrong with what was heard', () => {
  const confirmed = [1, 2, 3, 4, 5];
  const nothing = { lost: [], twice: [], disorder: [] };

  test('nothing, when all came', () => {
    expect(faultsIn([1, 2, 3, 'lost', 4, 'restored', 5], confirmed)).toEqual(nothing);
  });

  test('nothing, when a gap was told by the end of the restoration', () => {
    expect(faultsIn([1, 'lost', 4, 'gap', 'restored', 5], confirmed)).toEqual(nothing);
    expect(faultsIn([1, 'gap', 4, 5], confirmed)).toEqual(nothing);
    expect(faultsIn([1, 2, 3, 'lost', 'gap', 'restored'], confirmed)).toEqual(nothing);
  });

  test('events that are missing, when no gap was told, or that of another time', () => {
    expect(faultsIn([1, 'lost', 'restored', 4, 5], confirmed).lost).toEqual([2, 3]);
    expect(faultsIn([1, 4, 5, 'lost', 'gap', 'restored'], confirmed).lost).toEqual([2, 3]);
    expect(faultsIn(['lost', 'gap', 'restored', 1, 2, 3, 5], confirmed).lost).toEqual([4]);
  });

  test('events that came twice, or behind later ones', () => {
    expect(faultsIn([1, 2, 2, 3, 5, 4], confirmed)).toEqual({ lost: [], twice: [2], disorder: [4] });
  });

  test('no disorder of an unconfirmed publication', () => {
    expect(faultsIn([1, 2, 3, 4, 5, 0], confirmed)).toEqual(nothing);
  });
});
