/** Exporter: collects spans that have ended, and sends them in batches; what does not fit is dropped and counted. */
import type { Clock } from '@wamp/router';
import { isPassing, type Post } from './post.ts';
import { exportRequest, type Span } from './span.ts';

/** Times in ms. */
export interface ExporterOptions {
  readonly post: Post;
  readonly serviceName: string;
  /** The most spans that wait to be sent. */
  readonly queueSize: number;
  /** The most spans of one request. */
  readonly batchSize: number;
  /** The longest time a span waits for others. */
  readonly interval: number;
  /** The longest time of a request. */
  readonly timeout: number;
  /** How often a batch is sent before it is dropped. */
  readonly attempts: number;
}

/** The delay after the first failure (ms); it doubles with each further one. */
const FIRST_DELAY = 1000;
/** The longest delay, whatever a collector asks for (ms). */
const LONGEST_DELAY = 30_000;

export class Exporter {
  /** Told of each batch that was dropped. */
  failed: (why: string, spans: number) => void = () => undefined;
  exported = 0;
  dropped = 0;
  readonly #options: ExporterOptions;
  readonly #clock: Clock;
  #queue: Span[] = [];
  #disarm: (() => void) | undefined;
  #sending: Promise<void> | undefined;
  #isClosed = false;
  /** Ends the current delay. */
  #hurry: () => void = () => undefined;

  constructor(options: ExporterOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** How many spans wait to be sent. */
  get waiting(): number {
    return this.#queue.length;
  }

  add(span: Span): void {
    const { queueSize, batchSize, interval } = this.#options;
    if (this.#isClosed || this.#queue.length >= queueSize) {
      this.dropped += 1;
      return;
    }
    this.#queue.push(span);
    if (this.#sending !== undefined) return;
    if (this.#queue.length >= batchSize) void this.flush();
    else this.#disarm ??= this.#clock.after(interval, () => void this.flush());
  }

  /** Sends all that waits; resolves when it was sent or dropped. */
  flush(): Promise<void> {
    this.#disarm?.();
    this.#disarm = undefined;
    if (this.#sending === undefined && this.#queue.length === 0) return Promise.resolve();
    return (this.#sending ??= this.#sendAll());
  }

  /** Sends all that waits, each batch once, and takes no further spans. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#hurry();
    await this.flush();
  }

  async #sendAll(): Promise<void> {
    const { batchSize } = this.#options;
    while (this.#queue.length > 0) {
      const batch = this.#queue.slice(0, batchSize);
      this.#queue = this.#queue.slice(batchSize);
      await this.#deliver(batch);
    }
    this.#sending = undefined;
  }

  async #deliver(batch: readonly Span[]): Promise<void> {
    const body = exportRequest(this.#options.serviceName, batch);
    for (let attempt = 1; ; attempt += 1) {
      const { isDone, why, retryAfter } = await this.#attempt(body);
      if (isDone) {
        this.exported += batch.length;
        return;
      }
      const isLast = attempt >= this.#options.attempts || this.#isClosed || retryAfter === undefined;
      if (isLast) {
        this.dropped += batch.length;
        this.failed(why, batch.length);
        return;
      }
      const delay = Math.max(FIRST_DELAY * 2 ** (attempt - 1), retryAfter * 1000);
      await this.#delay(Math.min(delay, LONGEST_DELAY));
    }
  }

  /** `retryAfter` is undefined when another attempt is useless. */
  async #attempt(body: string): Promise<{ isDone: boolean; why: string; retryAfter: number | undefined }> {
    const { post, timeout } = this.#options;
    const abort = new AbortController();
    const disarm = this.#clock.after(timeout, () => {
      abort.abort(new Error(`no answer within ${timeout} ms`));
    });
    try {
      const { status, retryAfter = 0 } = await post(body, abort.signal);
      const isDone = status >= 200 && status < 300;
      return { isDone, why: `status ${status}`, retryAfter: isPassing(status) ? retryAfter : undefined };
    } catch (error) {
      return { isDone: false, why: reasonOf(error), retryAfter: 0 };
    } finally {
      disarm();
    }
  }

  #delay(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ms, resolve);
      this.#hurry = () => {
        cancel();
        resolve();
      };
    });
  }
}

/** `fetch failed` alone says nothing: its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
