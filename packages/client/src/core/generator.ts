/** Procedures that yield: what `async function*` makes of a call. */

/** What calling an `async function*` gives, or what is like it. */
export type Generator = Pick<AsyncGenerator, 'next'> & Partial<Pick<AsyncGenerator, 'return'>>;

/** Whether a procedure gave progressive results, with a result behind them. */
export function isGenerator(value: unknown): value is Generator {
  return (
    typeof value === 'object' &&
    value !== null &&
    Symbol.asyncIterator in value &&
    'next' in value &&
    typeof value.next === 'function'
  );
}
