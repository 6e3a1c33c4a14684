/** A call in flight: its result, its timeout, and its cancellation. */
import {
  ErrorUri,
  Code,
  type Call as CallMessage,
  type CancelMode,
  type Dict,
  type Id,
  type Kwargs,
  type PassthruAttributes,
  type Payload,
  type Result as ResultMessage,
  type Uri,
} from '@wamp/protocol';
import { lacking, type Need } from './announced.ts';
import type { CallOptions } from './call-options.ts';
import { CallPromise } from './call-promise.ts';
import type { Connection } from './connection.ts';
import { Lane } from './core/lane.ts';
import type { PendingRequest } from './core/outbox.ts';
import { isPassthru, packerIn, type Plain } from './core/passthru.ts';
import { ignore } from './core/quietly.ts';
import type { Answer, Waiter } from './core/requests.ts';
import { WholeResult, type Result } from './core/result.ts';
import {
  about,
  CallTimeoutError,
  CanceledError,
  toError,
  unwritable,
  WampError,
  type ConnectionLostError,
} from './errors.ts';
import { lateCode } from './handling.ts';
import type { Office } from './office.ts';
import { CANCEL_MODE, demand } from './options.ts';
import { onAbort, reasonOf } from './signal.ts';
import { entryOf, type EntryPoint } from './stack.ts';

/** The most bytes of progressive results that wait to be unpacked: 64 MiB; each counts as 256 more than its message. */
const MOST_BYTES = 2 ** 26;

/** A call in flight: a promise of the first positional value of its result. */
export interface Call<V, K = Kwargs> extends Promise<V> {
  /** The whole result: all positional and keyword values, and the details. */
  full(): Promise<Result<V, K>>;
  /**
   * Cancels the call; does nothing once it has ended. With `skip` and `killnowait` it rejects with a `CanceledError`
   * at once; `killnowait` also interrupts the callee. With `kill` the callee is interrupted, and the call ends with
   * the callee's answer. If the router does not support cancellation, the call rejects at once.
   * @param mode default: option `cancelMode` of the call
   */
  cancel(mode?: CancelMode): void;
  /** The id of the CALL; undefined if it was not sent. */
  readonly requestId: Id | undefined;
}

/** What a call needs to be sent. */
export interface CallRequest {
  readonly procedure: Uri;
  readonly payload: Payload;
  readonly wire: Dict;
  readonly options: CallOptions<never>;
  /** The features that the router must have announced. */
  readonly needs: readonly Need[];
  /** Receives progressive results and the lengths of their messages, if they were asked for; never throws. */
  readonly progress?: ((result: Result, bytes: number) => void) | undefined;
  /** Called when the call has been sent. */
  readonly sent?: (() => void) | undefined;
}

interface SettleCall {
  resolve(result: Result): void;
  reject(error: Error): void;
}

export class PendingCall extends CallPromise implements Call<unknown>, Waiter, PendingRequest<Connection> {
  readonly type: typeof Code.CALL = Code.CALL;
  protected readonly outcome: Promise<Result>;
  readonly #request: CallRequest;
  /** Undefined once it has ended. */
  #settle: SettleCall | undefined;
  /** Sends the call now, or queues it while there is no connection. */
  #office: Office | undefined;
  /** The connection on which it was sent. */
  #connection: Connection | undefined;
  #id: Id | undefined;
  /** The payload to send: as it was given, or packed. */
  #options: Dict;
  #payload: Payload;
  #killed = false;
  #answered = false;
  #stopTimer: (() => void) | undefined;
  #stopListening: (() => void) | undefined;
  /** Keeps results in order while earlier ones are unpacked. */
  #lane: Lane | undefined;
  /** The bytes of the progressive results that wait in it. */
  #bytes = 0;

  constructor(request: CallRequest) {
    super();
    this.#request = request;
    this.#options = request.wire;
    this.#payload = request.payload;
    this.outcome = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  get requestId(): Id | undefined {
    return this.#id;
  }

  /** True while it waits for its result and has not been canceled. */
  isWanted(): boolean {
    return this.#settle !== undefined && !this.#answered && !this.#killed;
  }

  get #mode(): CancelMode {
    return this.#request.options.cancelMode ?? 'killnowait';
  }

  /** Sends it, now or when there is a connection, unless its signal is already aborted. */
  start(office: Office): void {
    const { wire, payload, options, procedure } = this.#request;
    const { signal, passthru } = options;
    if (signal?.aborted === true) {
      this.failed(reasonOf(signal));
      return;
    }
    this.#office = office;
    this.#stopListening = onAbort(signal, (reason) => this.#abandon(this.#mode, reason));
    this.#arm();
    const packer = packerIn(passthru);
    if (packer === undefined) {
      office.submit(this, options.offline);
      return;
    }
    const step = async (): Promise<void> => {
      const { packed } = await lateCode();
      const ready = await packed(packer, wire, payload, procedure);
      this.#options = ready.options;
      this.#payload = ready.payload;
      if (this.#settle !== undefined) office.submit(this, options.offline);
    };
    void office.lane.pass(step, (thrown) => this.failed(toError(thrown)));
  }

  hold(): number {
    const [payload, bytes] = this.#office?.held(this.#payload) ?? [this.#payload, 0];
    this.#payload = payload;
    return bytes;
  }

  sendOn(connection: Connection): void {
    const { needs, sent } = this.#request;
    const missing = needs.length === 0 ? undefined : lacking(connection.features, needs);
    if (missing !== undefined) {
      this.failed(missing);
      return;
    }
    this.#connection = connection;
    this.#id = connection.request(this, this.#build(this.#options, this.#payload));
    if (this.#id !== undefined) sent?.();
  }

  /** Sends further input under the same id. @throws as encoding and packing do */
  async continue(payload: Payload, last: boolean): Promise<void> {
    const { procedure, options } = this.#request;
    const packer = packerIn(options.passthru);
    // PCI-7: all payloads of a call are packed as its first CALL said.
    const body =
      packer === undefined || (last && payload.count === 0)
        ? payload
        : (await (await lateCode()).packed(packer, {}, payload, procedure)).payload;
    if (this.#id === undefined || !this.isWanted()) return;
    try {
      this.#connection?.send(this.#build(last ? {} : { progress: true }, body)(this.#id));
    } catch (thrown) {
      throw unwritable(thrown);
    }
    await this.#connection?.room();
  }

  answered(answer: Answer): void {
    if (answer.type !== Code.RESULT) return;
    // Decoded now, because the bytes are lent for the duration of this call only (interface TransportListener).
    const { details, payload } = answer;
    const { args, kwargs } = payload;
    this.#answered = true;
    this.#stopTimer?.();
    if (this.#isPlain(details)) this.#end()?.resolve(new WholeResult(args, kwargs, details));
    else
      this.#unpack({ args, kwargs }, details, (plain) => {
        this.#end()?.resolve(new WholeResult(plain.args, plain.kwargs, details));
      });
  }

  progressed({ details, payload: { args, kwargs } }: ResultMessage, bytes: number): void {
    const { progress } = this.#request;
    if (progress === undefined) return;
    this.#arm();
    this.#bytes += bytes + 256;
    if (this.#bytes > MOST_BYTES) {
      this.abandon(new WampError(ErrorUri.LIMIT_EXCEEDED, ['64 MiB wait to be unpacked.']));
      return;
    }
    this.#unpack({ args, kwargs }, details, (plain) => {
      this.#bytes -= bytes + 256;
      if (this.#settle !== undefined) progress(new WholeResult(plain.args, plain.kwargs, details), bytes);
    });
  }

  failed(error: Error): void {
    // The router shuts down, and has not processed the call: it waits for the next connection.
    const mayResend =
      this.#office?.reconnects === true && WampError.is(error) && error.details['x_resend'] === true;
    if (mayResend && this.#again()) return;
    if (!WampError.is(error) || !isPassthru(error.details)) {
      this.#end()?.reject(about(error, { procedure: this.#request.procedure }));
      return;
    }
    const { uri, details } = error;
    this.#answered = true;
    this.#stopTimer?.();
    this.#unpack(
      error,
      details,
      ({ args, kwargs }) => this.#end()?.reject(new WampError(uri, args, kwargs, { details })),
      // The URI of the error says more than that its arguments cannot be read.
      (cause) => this.#end()?.reject(new WampError(uri, [], {}, { cause })),
    );
  }

  lost(error: ConnectionLostError): void {
    const isSafe = this.#request.options.idempotent === true || !error.sent;
    this.#connection = undefined;
    if (!isSafe || !this.#again()) this.failed(error);
  }

  /** Has it sent again on the next connection, if its result is wanted still. */
  #again(): boolean {
    if (!this.isWanted() || this.#office === undefined) return false;
    this.#connection = this.#id = undefined;
    this.#office.submitAgain(this);
    return true;
  }

  cancel(mode: CancelMode = this.#mode, entry: EntryPoint = entryOf(this, 'cancel')): void {
    demand(CANCEL_MODE, mode, 'The mode of cancel', entry);
    // The code that canceled the call already knows the error.
    this.outcome.catch(ignore);
    this.#abandon(mode, new CanceledError(ErrorUri.CANCELED));
  }

  /** Ends the call locally: it rejects with the error at once, and the callee is interrupted. */
  abandon(error: Error): void {
    this.#abandon('killnowait', error);
  }

  #build(options: Dict, payload: Payload): (request: Id) => CallMessage {
    const { procedure } = this.#request;
    return (request) => ({ type: Code.CALL, request, options, procedure, payload });
  }

  /** Whether a payload need not be unpacked, nor wait for an earlier one. */
  #isPlain(details: PassthruAttributes): boolean {
    return this.#lane === undefined && !isPassthru(details);
  }

  /**
   * Continues with the content of a payload, at once or when it is unpacked; if unpacking fails, so does the call.
   */
  #unpack(
    payload: Plain,
    details: PassthruAttributes,
    goOn: (plain: Plain) => void,
    failed = (thrown: unknown): void => this.abandon(toError(thrown)),
  ): void {
    if (this.#isPlain(details)) {
      goOn(payload);
      return;
    }
    const { options, procedure } = this.#request;
    const step = (): Promise<void> | undefined => {
      if (isPassthru(details)) {
        return lateCode()
          .then((code) =>
            code.unpacked(code.unpackerIn(options.passthru, details), payload, details, procedure),
          )
          .then(goOn);
      }
      goOn(payload);
      return undefined;
    };
    this.#lane ??= new Lane();
    void this.#lane.pass(step, failed);
  }

  /** PCR-8: the timeout applies to the first result, and to the time between results. */
  #arm(): void {
    const { procedure, options } = this.#request;
    const { timeout = 0 } = options;
    this.#stopTimer?.();
    if (timeout <= 0) return;
    this.#stopTimer = this.#office?.clock.after(timeout, () =>
      this.abandon(new CallTimeoutError(ErrorUri.TIMEOUT, [`${procedure} took longer than ${timeout} ms.`])),
    );
  }

  /** Cancels at the router. With `kill`, the call stays open until the callee has answered. */
  #abandon(mode: CancelMode, error: Error): void {
    if (this.#settle === undefined) return;
    const connection = this.#connection;
    const request = this.#id;
    if (connection === undefined || request === undefined || this.#answered) {
      // The router has not received it yet, or has finished it.
      this.failed(error);
      return;
    }
    const canceling = connection.features.has('dealer', 'call_canceling');
    if (mode === 'kill' && canceling) {
      if (this.#killed) return;
      this.#killed = true;
    } else {
      connection.requests.forget(request);
      this.failed(error);
    }
    if (canceling) connection.send({ type: Code.CANCEL, request, options: { mode } });
  }

  #end(): SettleCall | undefined {
    const settle = this.#settle;
    this.#settle = undefined;
    this.#stopTimer?.();
    this.#stopListening?.();
    if (this.#connection === undefined) this.#office?.withdraw(this);
    return settle;
  }
}
