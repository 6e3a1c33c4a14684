/** When the runtime tells that an attempt may succeed now: the network is back, or the page is looked at again. */

/** Who tells of it: the global object in browsers; elsewhere nobody. */
interface WakeUpTarget {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

interface Page {
  readonly addEventListener?: unknown;
  readonly document?: Partial<WakeUpTarget> & { readonly visibilityState?: string };
}

/** Calls `wake` at each, until the function returned is called. */
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
