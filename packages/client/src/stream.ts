/** A call with progressive results and, optionally, progressive input. */
/// <reference lib="esnext.disposable" preserve="true" />
import type { Args, CancelMode, Id, Kwargs } from '@wamp/protocol';
import type { PendingCall } from './call.ts';
import type { CallOptions } from './call-options.ts';
import { Queue, type BufferOptions } from './core/queue.ts';
import { ignore, quietly } from './core/quietly.ts';
import type { Result } from './core/result.ts';
import { toError } from './errors.ts';
import { payloadOf } from './payload.ts';
import { entryOf } from './stack.ts';

/** Further arguments of a call: lists or dicts, one by one. */
export type StreamInput = AsyncIterable<Args | Kwargs, unknown> | Iterable<Args | Kwargs, unknown>;

/** Options of `stream`. */
export interface StreamOptions extends Omit<CallOptions<never>, 'onProgress' | 'idempotent'> {
  /**
   * Further arguments for the callee, which reads them from `invocation.input`; they are taken as fast as they can be
   * sent. The return value of a generator is sent with the last message. If it throws, the call is canceled and
   * rejects with the same error. When the call ends, the iterator is closed.
   */
  readonly input?: StreamInput | undefined;
  /** How progressive results are buffered until they are taken. */
  readonly buffer?: BufferOptions | undefined;
}

/**
 * A call in flight, as an async iterable of its progressive results: `for await` takes their first positional values
 * one by one, and leaving the loop cancels the call. The loop ends with the call, and throws what the call rejects
 * with.
 *
 * @example for await (const percent of session.stream('job.run', ['j1'])) show(percent);
 */
export interface Stream<P, V, K = Kwargs> extends AsyncIterable<P>, AsyncDisposable {
  /** The first positional value of the final result; need not be awaited. */
  readonly result: Promise<V>;
  /** The whole final result. */
  full(): Promise<Result<V, K>>;
  /** Cancels the call, see `Call`. */
  cancel(mode?: CancelMode): void;
  /** The id of the CALL; undefined if it was not sent. */
  readonly requestId: Id | undefined;
  /** How many progressive results were dropped by option `buffer.overflow`, in total. */
  readonly dropped: number;
}

/** An iterator of input, of either kind. */
export function inputIterator(input: StreamInput): AsyncIterator<unknown> | Iterator<unknown> {
  if (Symbol.asyncIterator in input) return input[Symbol.asyncIterator]();
  return input[Symbol.iterator]();
}

export class CallStream implements Stream<unknown, unknown> {
  readonly result: Promise<unknown>;
  readonly #call: PendingCall;
  readonly #progress: Queue<unknown>;

  constructor(call: PendingCall, progress: Queue<unknown>) {
    this.#call = call;
    this.#progress = progress;
    this.result = call.then();
    // The loop throws it, too; code that has left the loop does not need it.
    this.result.catch(ignore);
    call.full().then(
      () => progress.end(),
      (error: unknown) => progress.end(toError(error)),
    );
  }

  get requestId(): Id | undefined {
    return this.#call.requestId;
  }

  get dropped(): number {
    return this.#progress.dropped;
  }

  full(): Promise<Result> {
    return this.#call.full();
  }

  cancel(mode?: CancelMode): void {
    this.#call.cancel(mode, entryOf(this, 'cancel'));
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown, undefined> {
    return this.#progress.iterator(() => this.cancel());
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
    return Promise.resolve();
  }
}

/** Accepts a progressive result; fails the call if the buffer is full. */
export function collect(
  progress: Queue<unknown>,
  call: () => PendingCall,
): (result: Result, bytes: number) => void {
  return ({ value }, bytes) => {
    if (!progress.push(value, bytes)) call().abandon(progress.overfull('progressive results'));
  };
}

/** Sends input until it ends, or the call does (PCI-10). */
export async function pump(
  iterator: AsyncIterator<unknown> | Iterator<unknown>,
  call: PendingCall,
): Promise<void> {
  let exhausted = false;
  const leave = (): void => {
    if (exhausted) return;
    exhausted = true;
    void quietly(async () => iterator.return?.());
  };
  call.full().then(leave, leave);
  try {
    while (!exhausted && call.isWanted()) {
      const next = await iterator.next();
      const last = next.done === true;
      if (last) exhausted = true;
      if (call.isWanted()) await call.continue(payloadOf(next.value), last);
    }
  } catch (thrown) {
    call.abandon(toError(thrown));
  }
}
