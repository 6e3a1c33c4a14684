/** Composes long answers in steps, between which the router does other work. */
import type { Args } from '@wamp/protocol';
import type { Realm } from '../core/realm.ts';

/** The entries that one step examines; a step counts as two units of work. */
export const ENTRIES_A_STEP = 32;

/**
 * Maps each entry with `pick`, omitting those for which it returns undefined. Entries removed meanwhile are omitted;
 * entries added meanwhile may be included.
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
 * Composes an answer in steps: as many as this turn has room for, and the rest in later turns.
 * @returns the answer itself when this turn suffices
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
