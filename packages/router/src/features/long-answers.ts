/** Answers that take long to put together: other work of the router goes on meanwhile. */
import type { Args } from '@wamp/protocol';
import type { Realm } from '../core/realm.ts';

/** How many entries are looked at in a step, which counts as two microseconds of a turn's work. */
export const ENTRIES_A_STEP = 32;

/**
 * What `pick` makes of each entry; undefined leaves it out. Entries that go in between are left out, those that come may
 * be in the answer.
 */
export function* picked<T, R>(entries: Iterable<T>, pick: (entry: T) => R | undefined): Generator<void, R[]> {
  const found: R[] = [];
  let looked = 0;
  for (const entry of entries) {
    const result = pick(entry);
    if (result !== undefined) found.push(result);
    looked += 1;
    if (looked % ENTRIES_A_STEP === 0) yield;
  }
  return found;
}

export function* asOneArgument(steps: Generator<void, unknown>): Generator<void, Args> {
  return [yield* steps];
}

export function* asCount(steps: Generator<void, readonly unknown[]>): Generator<void, Args> {
  return [(yield* steps).length];
}

/**
 * Puts an answer together in steps, as many in this turn as there is room for, and the others in the turns to come.
 * @returns the answer at once when this turn is enough
 */
export function answerInTurns(realm: Realm, steps: Generator<void, Args>): Args | Promise<Args> {
  let answer: Args | undefined;
  let fault: unknown;
  let settle = (): void => undefined;
  function* toTheEnd(): Generator<void, void> {
    try {
      answer = yield* steps;
    } catch (error) {
      fault = error;
    }
    settle();
  }
  realm.inTurns(toTheEnd());
  if (answer !== undefined) return answer;
  return new Promise((resolve, reject) => {
    const told = (): void => {
      if (answer !== undefined) resolve(answer);
      else reject(fault instanceof Error ? fault : new Error('the answer failed', { cause: fault }));
    };
    if (fault === undefined) settle = told;
    else told();
  });
}
