/** One INVOCATION, as its procedure sees it. */
import type { Args, Id, Invocation as InvocationMessage, Kwargs, Uri } from '@wamp/protocol';
import { peerIn, type Peer } from './peer.ts';

/** One call of a procedure of ours. */
export interface Invocation<A extends Args = Args, K = Kwargs> {
  readonly args: A;
  readonly kwargs: K;
  /** What was called; differs from the registered procedure for patterns. */
  readonly procedure: Uri;
  /** Who calls, if the router discloses it. */
  readonly caller: Peer | undefined;
  /**
   * Aborted when the caller has canceled, or the session is gone. What the procedure gives after
   * that reaches the caller only if it canceled with mode `kill`.
   */
  readonly signal: AbortSignal;
  /** Details of the INVOCATION, as they came. */
  readonly details: Kwargs;
}

/** An invocation that is not answered yet. */
export class RunningInvocation implements Invocation<unknown[]> {
  readonly request: Id;
  readonly args: unknown[];
  readonly kwargs: Kwargs;
  readonly procedure: Uri;
  readonly caller: Peer | undefined;
  readonly details: Kwargs;
  /** Why nobody waits any more. */
  #reason: Error | undefined;
  /** Made when first asked for; few procedures look. */
  #controller: AbortController | undefined;

  /** @param registered the procedure or pattern of the registration */
  constructor({ request, details, payload: { args, kwargs } }: InvocationMessage, registered: Uri) {
    this.request = request;
    // Decoded for this invocation, so it is the application's to change.
    this.args = args as unknown[];
    this.kwargs = kwargs;
    this.procedure = details.procedure ?? registered;
    this.caller = peerIn(details, 'caller');
    this.details = details;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  get aborted(): boolean {
    return this.#reason !== undefined;
  }

  abort(reason: Error): void {
    this.#reason ??= reason;
    this.#controller?.abort(this.#reason);
  }
}
