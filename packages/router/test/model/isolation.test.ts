/** Nodes that end their sessions when they are cut off, in random sequences of cuts, deaths and delays of the ledger. */
import { expect, test } from 'vitest';
import { IsolationPlay } from './isolation-play.ts';

const DEEP = process.env['WAMP_DEEP'] !== undefined;
const ONLY = process.env['WAMP_CLUSTER_SEED'];
const SEQUENCES = DEEP ? 2000 : 15;
const STEPS = 25;

test('S2 a procedure of policy single never has callees at two nodes, however nodes and their ledger are cut off', async () => {
  const first = Number(ONLY ?? process.env['WAMP_FUZZ_SEED']);
  const last = ONLY === undefined ? first + SEQUENCES : first + 1;
  console.log(`isolation: seeds ${first} to ${last - 1}`);
  const failed: string[] = [];
  const counts = { registered: 0, isolated: 0 };
  for (let seed = first; seed < last && failed.length < 5; seed += 1) {
    const run = new IsolationPlay(seed);
    await run.run(STEPS);
    counts.registered += run.counts.registered;
    counts.isolated += run.counts.isolated;
    if (run.faults.length > 0) failed.push(`WAMP_CLUSTER_SEED=${seed}: ${run.faults.join('; ')}`);
  }
  expect(failed).toEqual([]);
  // The sequences mean nothing unless procedures change hands, and nodes are cut off.
  if (ONLY === undefined) {
    expect(counts.registered).toBeGreaterThan(3 * SEQUENCES);
    expect(counts.isolated).toBeGreaterThan(SEQUENCES);
  }
});
