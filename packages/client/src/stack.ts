/** Lets the stacks of errors begin in the application, not in this library. */
/** A public function or class: stacks begin where it was called. */
export type EntryPoint = ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown);

/** V8 and some other engines have this. */
interface Engine {
  captureStackTrace?(error: Error, hidden: EntryPoint): void;
}

/**
 * Makes the stack of an error begin at the caller of `hidden`, or at the code that awaits it, if the engine supports
 * that. Costs nothing until there is an error.
 */
export function startAt(error: Error, hidden: EntryPoint): void {
  const { stack } = error;
  (Error as Engine).captureStackTrace?.(error, hidden);
  const frame = /\n\s+at (process\.)?processTicksAndRejections.*/;
  if (error.stack !== undefined) error.stack = error.stack.replace(frame, '');
  if (stack !== undefined && error.stack?.includes('\n    at ') !== true) error.stack = stack;
}

/** A method of an object, as a mark for stacks; it is never called, and need not be bound. */
export function entryOf<const N extends string>(
  object: Readonly<Record<N, EntryPoint>>,
  method: N,
): EntryPoint {
  return object[method];
}
