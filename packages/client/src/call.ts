/** A call in flight: its result, its timeout, and how to cancel it. */
import {
  ErrorUri,
  MessageType,
  type CancelMode,
  type Dict,
  type Id,
  type Kwargs,
  type Payload,
  type Uri,
} from '@wamp/protocol';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import type { Answer, Waiter } from './core/requests.ts';
import { WholeResult, type Result } from './core/result.ts';
import { CallTimeoutError, CanceledError } from './errors.ts';
import { onAbort, reasonOf } from './signal.ts';

/** How to call. */
export interface CallOptions {
  /** Cancels the call when it is aborted; the call rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds after which the call rejects with a `CallTimeoutError`; default: it waits for ever.
   * The router hears of it too, and ends the call on its side.
   */
  readonly timeout?: number | undefined;
  /** How `signal` and `cancel()` cancel: default `killnowait`. */
  readonly cancelMode?: CancelMode | undefined;
  /** Asks the router to tell the callee who calls. */
  readonly discloseMe?: boolean | undefined;
  /** Further attributes of CALL.Options, spelled as on the wire. */
  readonly extra?: Kwargs | undefined;
}

/** A call in flight: a promise of the first positional value of its result. */
export interface Call<V, K = Kwargs> extends Promise<V> {
  /** The whole result: all positional and keyword values, and the details. */
  full(): Promise<Result<V, K>>;
  /**
   * Cancels the call; does nothing once it has ended. With `skip` and `killnowait` it rejects with a
   * `CanceledError` at once, and the callee is left alone or interrupted. With `kill` the callee is
   * interrupted, and the call ends as the callee ends it. Where the router cannot cancel, it rejects
   * at once.
   * @param mode default: the call's option `cancelMode`
   */
  cancel(mode?: CancelMode): void;
  /** The id of the CALL; undefined if it was never sent. */
  readonly requestId: Id | undefined;
}

/** What a call sends. */
export interface CallRequest {
  readonly procedure: Uri;
  readonly payload: Payload;
  readonly wire: Dict;
  readonly options: CallOptions;
}

interface Settle {
  resolve(result: Result): void;
  reject(error: Error): void;
}

export class PendingCall implements Call<unknown>, Waiter {
  readonly type: typeof MessageType.CALL = MessageType.CALL;
  readonly [Symbol.toStringTag] = 'Call';
  readonly #outcome: Promise<Result>;
  readonly #request: CallRequest;
  /** Until it has ended. */
  #settle: Settle | undefined;
  #connection: Connection | undefined;
  #id: Id | undefined;
  #killed = false;
  #stopTimer: (() => void) | undefined;
  #stopListening: (() => void) | undefined;

  constructor(request: CallRequest) {
    this.#request = request;
    this.#outcome = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  get requestId(): Id | undefined {
    return this.#id;
  }

  get #mode(): CancelMode {
    return this.#request.options.cancelMode ?? 'killnowait';
  }

  /** Sends it, unless its signal is aborted already. */
  start(connection: Connection, clock: Clock): void {
    const { procedure, payload, wire, options } = this.#request;
    const { signal, timeout = 0 } = options;
    if (signal?.aborted === true) {
      this.failed(reasonOf(signal));
      return;
    }
    this.#connection = connection;
    this.#stopListening = onAbort(signal, (reason) => this.#abandon(this.#mode, reason));
    if (timeout > 0) this.#stopTimer = clock.after(timeout, () => this.#timedOut(timeout));
    this.#id = connection.request(this, (request) => ({
      type: MessageType.CALL,
      request,
      options: wire,
      procedure,
      payload,
    }));
  }

  answered(answer: Answer): void {
    if (answer.type !== MessageType.RESULT) return;
    const { details, payload } = answer;
    // Decoded now: the bytes are only on loan (interface TransportListener).
    const result = new WholeResult(payload.args, payload.kwargs, details);
    this.#end()?.resolve(result);
  }

  failed(error: Error): void {
    this.#end()?.reject(error);
  }

  full(): Promise<Result> {
    return this.#outcome;
  }

  cancel(mode: CancelMode = this.#mode): void {
    // Whoever cancels and walks away has heard the error already.
    this.#outcome.catch(ignore);
    this.#abandon(mode, new CanceledError(ErrorUri.CANCELED));
  }

  then<R = unknown, E = never>(
    onfulfilled?: ((value: unknown) => R | PromiseLike<R>) | null,
    onrejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    return this.#outcome.then(({ value }) => value).then(onfulfilled, onrejected);
  }

  catch<E = never>(onrejected?: ((reason: unknown) => E | PromiseLike<E>) | null): Promise<unknown> {
    return this.then(undefined, onrejected);
  }

  finally(onfinally?: (() => void) | null): Promise<unknown> {
    return this.then().finally(onfinally);
  }

  #timedOut(timeout: number): void {
    const error = new CallTimeoutError(ErrorUri.TIMEOUT, [
      `${this.#request.procedure} took longer than ${timeout} ms.`,
    ]);
    this.#abandon('killnowait', error);
  }

  /** Ends the call from our side; with `kill` the router does that, once the callee has ended it. */
  #abandon(mode: CancelMode, error: Error): void {
    if (this.#settle === undefined || this.#connection === undefined || this.#id === undefined) return;
    const connection = this.#connection;
    const canceling = connection.features.has('dealer', 'call_canceling');
    const request = this.#id;
    if (mode === 'kill' && canceling) {
      if (this.#killed) return;
      this.#killed = true;
    } else {
      connection.requests.forget(request);
      this.failed(error);
    }
    if (canceling) connection.send({ type: MessageType.CANCEL, request, options: { mode } });
  }

  #end(): Settle | undefined {
    const settle = this.#settle;
    this.#settle = undefined;
    this.#stopTimer?.();
    this.#stopListening?.();
    return settle;
  }
}

function ignore(): void {
  // Its error is known to whoever canceled it.
}
