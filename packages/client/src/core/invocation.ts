/** One INVOCATION, as its procedure receives it. */
import type {
  Args,
  Id,
  Invocation as InvocationMessage,
  InvocationDetails,
  Kwargs,
  Uri,
} from '@wamp/protocol';
import type { WampError } from '../errors.ts';
import { Lane } from './lane.ts';
import { ownArgs, ownKwargs } from './own.ts';
import type { Passthru, Plain } from './passthru.ts';
import { peerOf, type Peer } from './peer.ts';
import { Queue } from './queue.ts';

/** Further arguments that the caller sends after the call. */
export interface InvocationInput<A extends Args = Args, K = Kwargs> {
  readonly args: A;
  readonly kwargs: K;
}

/** One call of a registered procedure. */
export interface Invocation<A extends Args = Args, K = Kwargs, P = unknown> {
  readonly args: A;
  readonly kwargs: K;
  /** The procedure that was called; it differs from the registered one for patterns. */
  readonly procedure: Uri;
  /** The caller, if the router discloses it. */
  readonly caller: Peer | undefined;
  /**
   * Aborted when the caller has canceled, the timeout has passed, or the session has ended. What the procedure
   * returns after that reaches the caller only if it canceled with mode `kill`.
   */
  readonly signal: AbortSignal;
  /** Whether the caller asked for progressive results; if not, they are discarded. */
  readonly wantsProgress: boolean;
  /**
   * Sends a progressive result: a value, or `result(…)`. Resolves, and never rejects, when there is room for more; a
   * value that cannot be serialized is thrown at once. Does nothing after the invocation has ended.
   */
  readonly progress: (value: P, kwargs?: Kwargs) => Promise<void>;
  /**
   * The arguments that the caller sends after the call, by its option `input`. Empty for most calls. Up to 10,000 are
   * buffered, with up to 64 MiB; with one more, the caller receives `wamp.error.limit_exceeded`. The loop throws when the
   * invocation is canceled.
   */
  readonly input: AsyncIterable<InvocationInput>;
  /** INVOCATION.Details, as received. */
  readonly details: Kwargs;
}

/** Sends a progressive result of an invocation. */
export type Progress = (invocation: RunningInvocation, value: unknown, kwargs?: Kwargs) => Promise<void>;

/** An invocation that is not answered yet. */
export class RunningInvocation implements Invocation<unknown[]> {
  readonly request: Id;
  readonly procedure: Uri;
  readonly caller: Peer | undefined;
  readonly details: InvocationDetails;
  readonly progress: (value: unknown, kwargs?: Kwargs) => Promise<void>;
  readonly incoming: Lane = new Lane();
  readonly outgoing: Lane = new Lane();
  /** How its payloads are packed in passthru mode; decided by the first INVOCATION (PCI-7). */
  passthru: Passthru | undefined;
  /** True while more input may arrive. */
  streaming: boolean;
  stopTimer: (() => void) | undefined;
  /** Set while it waits for other handlers: removes it from the queue. */
  leaveLine: (() => void) | undefined;
  #args: unknown[];
  #kwargs: Kwargs;
  /** The reason of `signal`, once aborted. */
  #reason: Error | undefined;
  /** Created on first access, since few procedures use it. */
  #controller: AbortController | undefined;
  /** Created when input arrives, or on first access. */
  #input: Queue<Plain> | undefined;
  #inputEnded: boolean;

  /** @param registered the procedure or pattern of the registration */
  constructor({ request, details, payload }: InvocationMessage, registered: Uri, progress: Progress) {
    this.request = request;
    this.#args = ownArgs(payload.args);
    this.#kwargs = ownKwargs(payload.kwargs);
    this.procedure = details.procedure ?? registered;
    this.caller = peerOf(details.caller, details.caller_authid, details.caller_authrole);
    this.details = details;
    this.streaming = details.progress === true;
    this.#inputEnded = !this.streaming;
    this.progress = (value, kwargs) => progress(this, value, kwargs);
  }

  get args(): unknown[] {
    return this.#args;
  }

  get kwargs(): Kwargs {
    return this.#kwargs;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  get aborted(): boolean {
    return this.#reason !== undefined;
  }

  get wantsProgress(): boolean {
    return this.details.receive_progress === true;
  }

  get input(): AsyncIterable<Plain> {
    return {
      [Symbol.asyncIterator]: () => {
        const queue = this.#queue();
        return queue.iterator(() => queue.end());
      },
    };
  }

  /** Sets the unpacked payload. */
  open({ args, kwargs }: Plain): void {
    this.#args = args as unknown[];
    this.#kwargs = kwargs;
  }

  /** Buffers further input from a message of so many bytes; returns false if the buffer is full. */
  take(input: Plain, bytes: number): boolean {
    return this.#queue().push(input, bytes);
  }

  /** The error for input without room. */
  overfull(): WampError {
    return this.#queue().overfull('inputs');
  }

  /** The input is complete. */
  endInput(): void {
    this.#inputEnded = true;
    this.#input?.end();
  }

  abort(reason: Error): void {
    this.#reason ??= reason;
    this.#input?.end(reason);
    this.#controller?.abort(this.#reason);
  }

  #queue(): Queue<Plain> {
    if (this.#input === undefined) {
      this.#input = new Queue();
      if (this.#inputEnded || this.aborted) this.#input.end(this.#reason);
    }
    return this.#input;
  }
}
