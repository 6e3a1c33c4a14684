/** Questions that a view asks the router, again and again while it is shown. */
import { useSignal, type ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { WampError } from '@wamp/client';
import { ask, operator } from '../operator/operator.ts';

/** What came of a question so far. */
export type Asked<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'known'; readonly value: T }
  | { readonly state: 'denied'; readonly what: string }
  | { readonly state: 'failed'; readonly why: string };

/** What is asked, and what the answer means. */
interface Question<T> {
  /** Without `wamp.admin.`; undefined to ask nothing. */
  readonly name: string | undefined;
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** From an answer to the next question (ms); undefined to ask once. */
  readonly every?: number;
  readonly read: (answer: unknown) => T;
}

/** How often views ask (ms). */
export const EVERY = 5_000;

/** Asks now, when the question changes, and when the connection is back. */
export function useAsked<T>({ name, kwargs = {}, every, read }: Question<T>): ReadonlySignal<Asked<T>> {
  const asked = useSignal<Asked<T>>({ state: 'loading' });
  const isConnected = operator.value.state === 'in';
  const key = JSON.stringify([name, kwargs]);
  useEffect(() => {
    asked.value = { state: 'loading' };
  }, [name, JSON.stringify(kwargs['realm'] ?? '')]);
  useEffect(() => {
    if (name === undefined || !isConnected) return undefined;
    const ends = new AbortController();
    const show = (value: Asked<T>): void => {
      if (!ends.signal.aborted) asked.value = value;
    };
    const go = async (): Promise<void> => {
      try {
        show({ state: 'known', value: read(await ask(name, kwargs, { signal: ends.signal })) });
      } catch (error) {
        if (operator.value.state === 'in') show(failure(name, error));
      }
    };
    return repeated(go, every, ends);
  }, [key, isConnected, every]);
  return asked;
}

/** What an error means to the operator. */
export function failure(name: string, error: unknown): Extract<Asked<never>, { state: 'denied' | 'failed' }> {
  if (WampError.is(error, 'wamp.error.not_authorized')) {
    return { state: 'denied', what: `wamp.admin.${name}` };
  }
  return { state: 'failed', why: error instanceof Error ? error.message : String(error) };
}

/** Runs a task now and then, but not while the page is hidden. @returns what ends it */
function repeated(task: () => Promise<void>, every: number | undefined, ends: AbortController): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const step = async (): Promise<void> => {
    if (document.visibilityState === 'visible') await task();
    if (every !== undefined && !ends.signal.aborted) timer = setTimeout(() => void step(), every);
  };
  const seen = (): void => {
    if (document.visibilityState !== 'visible' || timer === undefined) return;
    clearTimeout(timer);
    void step();
  };
  void step();
  document.addEventListener('visibilitychange', seen);
  return () => {
    ends.abort();
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', seen);
  };
}
