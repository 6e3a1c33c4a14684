/** A cluster against invariants, in random sequences of calls, publications, joins, deaths, cuts and losses. */
import { expect, test } from 'vitest';
import { ClusterPlay, type Weather } from './cluster-play.ts';

const DEEP = process.env['WAMP_DEEP'] !== undefined;
const ONLY = process.env['WAMP_CLUSTER_SEED'];
const SEQUENCES = DEEP ? 5000 : 150;
const STEPS = 60;

async function play(weather: Weather, sequences = SEQUENCES): Promise<void> {
  const first = ONLY === undefined ? Number(process.env['WAMP_FUZZ_SEED']) : Number(ONLY);
  const last = ONLY === undefined ? first + sequences : first + 1;
  console.log(`cluster: seeds ${first} to ${last - 1}`);
  const failed: string[] = [];
  for (let seed = first; seed < last; seed += 1) {
    const run = new ClusterPlay(seed, weather);
    await run.run(STEPS);
    if (run.faults.length > 0) failed.push(`WAMP_CLUSTER_SEED=${seed}: ${run.faults.join('; ')}`);
    if (failed.length === 5) break;
  }
  expect(failed).toEqual([]);
}

test('S2 three nodes agree, answer each call once, and keep events in order, while nothing breaks', () =>
  play('calm'));

test('S2 the same while nodes die, links are cut, messages are lost and the ledger fails', () =>
  play('rough'));

test('S2 the same while nodes are cut off for long that end their sessions then', () =>
  play('isolating', DEEP ? 5000 : 30));
