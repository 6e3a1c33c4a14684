/** One INVOCATION, as its procedure sees it. */
import type {
  Args,
  Id,
  Invocation as InvocationMessage,
  InvocationDetails,
  Kwargs,
  Uri,
} from '@wamp/protocol';
import { Lane } from './lane.ts';
import { own } from './own.ts';
import type { Passthru, Plain } from './passthru.ts';
import { peerIn, type Peer } from './peer.ts';
import { Queue } from './queue.ts';

/** What a caller sends after the call itself: arguments once more. */
export interface InvocationInput<A extends Args = Args, K = Kwargs> {
  readonly args: A;
  readonly kwargs: K;
}

/** One call of a procedure of ours. */
export interface Invocation<A extends Args = Args, K = Kwargs, P = unknown> {
  readonly args: A;
  readonly kwargs: K;
  /** What was called; differs from the registered procedure for patterns. */
  readonly procedure: Uri;
  /** Who calls, if the router discloses it. */
  readonly caller: Peer | undefined;
  /**
   * Aborted when the caller has canceled, its timeout has passed, or the session is gone. What the
   * procedure gives after that reaches the caller only if it canceled with mode `kill`.
   */
  readonly signal: AbortSignal;
  /** Whether the caller asked for progressive results; if not, they are dropped. */
  readonly wantsProgress: boolean;
  /**
   * Sends a progressive result: a value, or `result(…)`. Resolves, and never rejects, when there is
   * room for more; a value that cannot be written is thrown at once. Does nothing once the
   * invocation has ended.
   */
  readonly progress: (value: P, kwargs?: Kwargs) => Promise<void>;
  /**
   * What the caller sends after the arguments that it called with: its option `input`. Empty for
   * most calls. Up to 10,000 wait; one more, and the caller gets `wamp.error.limit_exceeded`. The
   * loop throws when the invocation is canceled.
   */
  readonly input: AsyncIterable<InvocationInput>;
  /** Details of the INVOCATION, as they came. */
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
  /** What its payloads are packed by, if they pass through; decided by the first INVOCATION (PCI-7). */
  passthru: Passthru | undefined;
  /** True while more input may arrive. */
  streaming: boolean;
  stopTimer: (() => void) | undefined;
  /** Set while it waits for other handlers. */
  leaveLine: (() => void) | undefined;
  #args: unknown[];
  #kwargs: Kwargs;
  /** Why nobody waits any more. */
  #reason: Error | undefined;
  /** Made when first asked for; few procedures look. */
  #controller: AbortController | undefined;
  /** Made when there is input, or somebody asks for it. */
  #input: Queue<Plain> | undefined;
  #inputEnded: boolean;

  /** @param registered the procedure or pattern of the registration */
  constructor({ request, details, payload }: InvocationMessage, registered: Uri, progress: Progress) {
    this.request = request;
    this.#args = own(payload.args, []) as unknown[];
    this.#kwargs = own(payload.kwargs, {});
    this.procedure = details.procedure ?? registered;
    this.caller = peerIn(details, 'caller');
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

  /** What was packed has been unpacked. */
  open({ args, kwargs }: Plain): void {
    this.#args = args as unknown[];
    this.#kwargs = kwargs;
  }

  /** More input; false when there is no room for it. */
  take(input: Plain): boolean {
    return this.#queue().push(input);
  }

  /** All input has been taken. */
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
