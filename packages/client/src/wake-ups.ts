/** Signals of the runtime that an attempt may succeed now: the network is back, or the page has become visible. */

/** The source of these signals: the global object in browsers; elsewhere there is none. */
interface WakeUpTarget {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

interface Page {
  readonly addEventListener?: unknown;
  readonly document?: Partial<WakeUpTarget> & { readonly visibilityState?: string };
}

/** Calls `wake` at each signal. Returns a function that stops listening. */
export function onWakeUp(wake: () => void, page: Page = globalThis): () => void {
  const seen = (): void => {
    if (page.document?.visibilityState === 'visible') wake();
  };
  const stops = [listen(page, 'online', wake), listen(page.document, 'visibilitychange', seen)];
  return () => {
    for (const stop of stops) stop();
  };
}

function listen(target: unknown, type: string, listener: () => void): () => void {
  const { addEventListener } = (target ?? {}) as Partial<WakeUpTarget>;
  if (typeof addEventListener !== 'function') return () => undefined;
  const hearing = target as WakeUpTarget;
  hearing.addEventListener(type, listener);
  return () => hearing.removeEventListener(type, listener);
}
