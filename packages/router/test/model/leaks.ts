/** Finds out what is still held by somebody. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { Counterexample, SEED } from './sequences.ts';
import { Stage, type Peer } from './stage.ts';

/** How many sequences are played before anything is collected. */
const SEQUENCES = 100;
/** How often garbage is collected before what is left counts as held. */
const MOST_ROUNDS = 20;

/**
 * Plays sequences, each to the point where all have left, and keeps the realms.
 * @returns how many of the sessions can still be reached from these
 */
export async function survivors<T>(
  sequences: fc.Arbitrary<T>,
  play: (stage: Stage, sequence: T) => void,
): Promise<number> {
  const sessions: WeakRef<Peer>[] = [];
  const realms = fc.sample(sequences, { seed: SEED, numRuns: SEQUENCES, unbiased: true }).map((sequence) => {
    const stage = new Stage({
      disclosure: true,
      onJoin: (peer) => {
        sessions.push(new WeakRef(peer));
      },
    });
    if (!succeeds(() => play(stage, sequence))) throw new Error('a sequence fails; the other test tells how');
    return stage.realm;
  });
  // What the machine itself still holds, in a register perhaps, is gone after a few rounds; a leak stays.
  let alive = sessions.length;
  for (let round = 0; round < MOST_ROUNDS && alive > 0; round += 1) {
    await collect();
    alive = sessions.filter((session) => session.deref() !== undefined).length;
  }
  return realms.every(({ sessions: present }) => present.size === 0) ? alive : sessions.length;
}

function succeeds(task: () => void): boolean {
  try {
    task();
    return true;
  } catch (error) {
    if (error instanceof Counterexample) return false;
    throw error;
  }
}

/** Collects all garbage from an empty stack, on which nothing can be held. */
async function collect(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options: { readonly execution: 'async' }) => Promise<void>;
  await gc({ execution: 'async' });
}
