/** Recognizes the generators of procedures with progressive results. */

/** An async generator, or an object like it. */
export type Generator = Pick<AsyncGenerator, 'next'> & Partial<Pick<AsyncGenerator, 'return'>>;

/** Whether a procedure returned a generator. */
export function isGenerator(value: unknown): value is Generator {
  return (
    typeof value === 'object' &&
    value !== null &&
    Symbol.asyncIterator in value &&
    'next' in value &&
    typeof value.next === 'function'
  );
}
