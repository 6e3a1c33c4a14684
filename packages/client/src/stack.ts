/** Stacks of errors that begin in the application, not in this library. */
/** A public function, or class: stacks of errors begin where it was called. */
export type Entry = ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown);

/** What V8 has, and some other engines. */
interface Engine {
  captureStackTrace?(error: Error, hidden: Entry): void;
}

/**
 * Lets the stack of an error begin at the caller of `hidden`, or at who awaits it: an engine that knows neither
 * leaves the stack as it is. Costs nothing until there is an error.
 */
export function startAt(error: Error, hidden: Entry): void {
  const { stack } = error;
  (Error as Engine).captureStackTrace?.(error, hidden);
  const frame = /\n\s+at (process\.)?processTicksAndRejections.*/;
  if (error.stack !== undefined) error.stack = error.stack.replace(frame, '');
  if (stack !== undefined && error.stack?.includes('\n    at ') !== true) error.stack = stack;
}

/** A method of an object, as where stacks begin: nobody calls it, and so it need not be bound. */
export function entryOf<const N extends string>(object: Readonly<Record<N, Entry>>, method: N): Entry {
  return object[method];
}
