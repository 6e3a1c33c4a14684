/** The event listeners of a session, and the log for events without one. */
import { toBrief, type Message } from '@wamp/protocol';
import { nowBy, type Clock } from './clock.ts';
import { isThenable } from './core/thenable.ts';
import { toError } from './errors.ts';
import type { SessionEvents } from './session-events.ts';

/** A log for what no listener of the application receives. */
export interface Logger {
  error(message: string, error: Error): void;
  /** Logs a problem that is not an exception; without it, `error` is called. */
  warn?(message: string): void;
}

/** The listeners of the application, by event type. */
export class Listeners {
  /** Whether there is a listener for each message. */
  isWatched = false;
  readonly #logger: Logger;
  readonly #listeners = new Map<keyof SessionEvents, Set<(event: never) => unknown>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @returns a function that removes the listener */
  add<E extends keyof SessionEvents>(type: E, listener: (event: SessionEvents[E]) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    this.isWatched = this.has('frame');
    return () => {
      listeners.delete(listener);
      this.isWatched = this.has('frame');
    };
  }

  has(type: keyof SessionEvents): boolean {
    return (this.#listeners.get(type)?.size ?? 0) > 0;
  }

  /** True if there was a listener. */
  emit<E extends keyof SessionEvents>(type: E, event: SessionEvents[E]): boolean {
    const listeners = this.#listeners.get(type);
    if (listeners === undefined || listeners.size === 0) return false;
    // An exception of a listener for `error` is logged, to avoid a loop.
    const failed = (error: Error): void => (type === 'error' ? this.#log(error) : this.report(error));
    // `add` has stored it under the type that it accepts.
    for (const listener of listeners) attempt(() => listener(event as never), failed);
    return true;
  }

  /** Emits event `frame`. */
  show(dir: 'in' | 'out', message: Message, bytes: number, clock: Clock): void {
    this.emit('frame', { dir, message: toBrief(message), bytes, at: nowBy(clock) });
  }

  /** Calls a function of the application, and reports what it throws or rejects with. */
  tell(listener: () => unknown): void {
    attempt(listener, (error) => this.report(error));
  }

  /** Reports an exception that no promise of the application rejects with. */
  report(error: Error): void {
    if (!this.emit('error', error)) this.#log(error);
  }

  /** Logs a problem that is not an exception. */
  warn(message: string, error: Error): void {
    const logger = this.#logger;
    if (logger.warn === undefined) this.#log(error, message);
    else this.#quietly(() => logger.warn?.(`${message} ${error.message}`));
  }

  #log(error: Error, message = 'WAMP:'): void {
    this.#quietly(() => this.#logger.error(message, error));
  }

  #quietly(log: () => void): void {
    try {
      log();
    } catch {
      // If the logger throws, there is no other place to report to.
    }
  }
}

function attempt(listener: () => unknown, failed: (error: Error) => void): void {
  const caught = (thrown: unknown): void => failed(toError(thrown));
  try {
    const outcome = listener();
    if (isThenable(outcome)) Promise.resolve(outcome).catch(caught);
  } catch (thrown) {
    caught(thrown);
  }
}
