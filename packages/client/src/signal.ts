/** Helpers for AbortSignal. */

/** The reason unchanged: an Error, unless the application has aborted with another value. */
export function reasonOf(signal: AbortSignal): Error {
  return signal.reason as Error;
}

/** Calls `aborted` with the signal's reason when it is aborted. Returns a function that stops listening. */
export function onAbort(signal: AbortSignal | undefined, aborted: (reason: Error) => void): () => void {
  if (signal === undefined) return () => undefined;
  const listener = (): void => aborted(reasonOf(signal));
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}
