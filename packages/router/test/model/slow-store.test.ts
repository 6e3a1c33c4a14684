/** Event history, recovery and retention on a store that answers later, against a naive model. */
import { expect, test } from 'vitest';
import { check, TIME_LIMIT, usually } from './sequences.ts';
import { sequences, SlowPlay } from './slow-store-model.ts';

test(
  'EDGE-1 a store that answers later, in any order, changes no history, no recovery and no retained event',
  async () => {
    const sum = { told: 0, retained: 0, refused: 0 };
    await check(
      'slow store',
      sequences,
      async (sequence) => {
        const play = new SlowPlay(sequence);
        await play.run(sequence.commands);
        for (const name of ['told', 'retained', 'refused'] as const) sum[name] += play.counts[name];
      },
      usually(1 / 2) / 4,
    );
    expect(sum.told).toBeGreaterThan(100);
    expect(sum.retained).toBeGreaterThan(100);
    expect(sum.refused).toBeGreaterThan(100);
  },
  TIME_LIMIT,
);
