/** Event recovery against a naive model. */
import { memoryStore } from '@wamp/router';
import { expect, test } from 'vitest';
import { Play, recoveries } from './recovery-model.ts';
import { check, TIME_LIMIT, usually } from './sequences.ts';

test(
  'EDGE-1 recovered and live events are those published for the subscriber, once and in order, or incomplete',
  async () => {
    let [recovered, incomplete] = [0, 0];
    await check(
      'recovery',
      recoveries(),
      async ({ depth, commands }) => {
        const play = new Play(depth, { open: memoryStore });
        await play.run(commands);
        recovered += play.recovered;
        incomplete += play.incomplete;
      },
      usually(1 / 4),
    );
    expect(recovered).toBeGreaterThan(100);
    expect(incomplete).toBeGreaterThan(100);
  },
  TIME_LIMIT,
);
