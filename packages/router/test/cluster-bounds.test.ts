/** What a node of a cluster remembers of runs that are over is bounded, and so is what the ledger keeps of them. */
import { ManualClock } from '@wamp/router/testing';
import { describe, expect, test } from 'vitest';
import { Deaths } from '../src/cluster/deaths.ts';
import { MOST_RUNS, noteRun } from '../src/cluster/runs.ts';
import { ClusterStage } from './support/cluster-stage.ts';
import { coreOf } from './support/core.ts';

const CERTIFICATE = new TextEncoder().encode('{"undertaker":"x"}');
const epochOf = (number: number): string => number.toString(16).padStart(16, '0');

describe('S2 a cluster in which many runs of nodes end', () => {
  test('remembers the last of them', () => {
    const written: string[] = [];
    const ledger = {
      write: (key: string): Promise<void> => {
        written.push(key);
        return Promise.resolve();
      },
      follow: () => () => undefined,
    };
    const leaseOf = () => ({ length: undefined, readAt: undefined });
    const deaths = new Deaths(new ManualClock(0), ledger, { name: 'a', epoch: epochOf(0) }, leaseOf);
    const last = 2 * MOST_RUNS;
    for (let run = 1; run <= last; run += 1) {
      const key = `d.${epochOf(run)}.a`;
      deaths.entry(key, CERTIFICATE);
      deaths.entry(key, undefined);
      deaths.remind(epochOf(run));
    }
    expect(written).toHaveLength(last);
    expect(deaths.allVoid().size).toBe(MOST_RUNS);
    expect([deaths.has(epochOf(last)), deaths.has(epochOf(last - MOST_RUNS + 1))]).toEqual([true, true]);
    expect(deaths.has(epochOf(last - MOST_RUNS))).toBe(false);
  });

  test('a run that is noted again counts as new', () => {
    const runs = new Map<string, number>();
    for (let run = 0; run < MOST_RUNS; run += 1) noteRun(runs, epochOf(run), run);
    noteRun(runs, epochOf(0), 0);
    noteRun(runs, 'new', 0);
    expect(runs.size).toBe(MOST_RUNS);
    expect([runs.has(epochOf(0)), runs.has(epochOf(1))]).toEqual([true, false]);
  });

  test('keeps at most a thousand certificates in the ledger', async () => {
    const stage = await ClusterStage.of(['a', 'b']);
    for (let run = 1; run <= 1500; run += 1) stage.network.append(`d.${epochOf(run)}.x`, CERTIFICATE);
    await stage.pass(25_000);
    const kept = stage.network.present().flatMap(({ key }) => (key.startsWith('d.') ? [key] : []));
    expect(kept).toHaveLength(1000);
    expect([kept[0], kept.at(-1)]).toEqual([`d.${epochOf(501)}.x`, `d.${epochOf(1500)}.x`]);
    expect(coreOf(stage.node('a').router).cluster?.status()).toMatchObject({
      state: 'joined',
      certificates: 1000,
    });
  });
});
