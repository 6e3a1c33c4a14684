/** Recovery across nodes against a naive model, in random sequences of publications, moves, deaths, cuts and losses. */
import { expect, test } from 'vitest';
import { MovesPlay } from './moves-play.ts';

const DEEP = process.env['WAMP_DEEP'] !== undefined;
const ONLY = process.env['WAMP_MOVES_SEED'];
const SEQUENCES = DEEP ? 5000 : 150;
const STEPS = 40;

async function play(isCalm: boolean): Promise<{ readonly recovered: number; readonly gaps: number }> {
  const first = ONLY === undefined ? Number(process.env['WAMP_FUZZ_SEED']) : Number(ONLY);
  const last = ONLY === undefined ? first + SEQUENCES : first + 1;
  console.log(`moves: seeds ${first} to ${last - 1}`);
  const failed: string[] = [];
  let [recovered, gaps] = [0, 0];
  for (let seed = first; seed < last && failed.length < 5; seed += 1) {
    const run = new MovesPlay(seed, isCalm);
    await run.run(STEPS);
    if (run.faults.length > 0) failed.push(`WAMP_MOVES_SEED=${seed}: ${run.faults.join('; ')}`);
    recovered += run.recovered;
    gaps += run.gaps;
  }
  expect(failed).toEqual([]);
  return { recovered, gaps };
}

test('EDGE-1 subscribers that move between three nodes get everything once and in order, or are told of a gap', async () => {
  const { recovered } = await play(true);
  if (ONLY === undefined) expect(recovered).toBeGreaterThan(500);
}, 600_000);

test('EDGE-1 the same while nodes die, are cut off, are shut down and come back', async () => {
  const { recovered, gaps } = await play(false);
  if (ONLY === undefined) expect([recovered > 200, gaps > 20]).toEqual([true, true]);
}, 600_000);
