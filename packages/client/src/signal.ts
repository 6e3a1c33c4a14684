/** AbortSignal, heard for a while. */

/** The reason, handed on as it is: an Error, unless the application has given something of its own. */
export function reasonOf(signal: AbortSignal): Error {
  return signal.reason as Error;
}

/** Calls `aborted` with the signal's reason when it is aborted, unless the function returned is called before. */
export function onAbort(signal: AbortSignal | undefined, aborted: (reason: Error) => void): () => void {
  if (signal === undefined) return () => undefined;
  const listener = (): void => aborted(reasonOf(signal));
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}
