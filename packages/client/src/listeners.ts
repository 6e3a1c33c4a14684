/** The listeners of a session, and the log for what none of them hears. */
import { isThenable } from './core/thenable.ts';
import { toError } from './errors.ts';
import type { SessionEvents } from './session-events.ts';

/** Where a session says what nobody else gets to hear. */
export interface Logger {
  error(message: string, error: Error): void;
  /** What is amiss, and no exception; without it, `error` is told. */
  warn?(message: string): void;
}

/** Functions of the application, by the event of the session that they listen to. */
export class Listeners {
  readonly #logger: Logger;
  readonly #listeners = new Map<keyof SessionEvents, Set<(event: never) => unknown>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @returns takes the listener away again */
  add<E extends keyof SessionEvents>(type: E, listener: (event: SessionEvents[E]) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  has(type: keyof SessionEvents): boolean {
    return (this.#listeners.get(type)?.size ?? 0) > 0;
  }

  /** True when there was someone to hear it. */
  emit<E extends keyof SessionEvents>(type: E, event: SessionEvents[E]): boolean {
    const listeners = this.#listeners.get(type);
    if (listeners === undefined || listeners.size === 0) return false;
    // What a listener of errors throws goes no further than to the log.
    const failed = (error: Error): void => (type === 'error' ? this.#log(error) : this.report(error));
    // `add` has put it under the type that it listens to.
    for (const listener of listeners) attempt(() => listener(event as never), failed);
    return true;
  }

  /** Calls a function of the application; what it throws or rejects with is reported. */
  tell(listener: () => unknown): void {
    attempt(listener, (error) => this.report(error));
  }

  /** An exception that nobody else gets to see. */
  report(error: Error): void {
    if (!this.emit('error', error)) this.#log(error);
  }

  /** Says what is amiss, and no exception. */
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
      // A logger that fails leaves nobody to tell.
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
