/** A registration: its options and its handle. */
/// <reference lib="esnext.disposable" preserve="true" />
import type { Dict, Id, InvocationPolicy, Kwargs, MatchPolicy, Uri } from '@wamp/protocol';
import { Handle, type HandleState, type Leave } from './core/handle.ts';
import type { Ending } from './ending.ts';
import type { Invocation } from './core/invocation.ts';
import type { PassthruOption } from './core/passthru.ts';
import type { Result } from './core/result.ts';

/** Options of `register`. */
export interface RegisterOptions {
  /** How the URI matches calls. Default: `exact`. */
  readonly match?: MatchPolicy | undefined;
  /** How a callee is chosen if several share the procedure. Default: `single`, no sharing. */
  readonly invoke?: InvocationPolicy | undefined;
  /**
   * How many invocations this session accepts at the same time. Default: no limit; further calls wait at the router.
   */
  readonly concurrency?: number | undefined;
  /** Takes the procedure over from another session of the same principal. */
  readonly forceReregister?: boolean | undefined;
  /** Asks the router to disclose the callers of all calls. */
  readonly discloseCaller?: boolean | undefined;
  /**
   * Asks the router to leave timeouts to this client: when a call's timeout has passed, the signal of its invocation
   * is aborted, and the caller receives `wamp.error.timeout`. Default: the router enforces timeouts.
   */
  readonly forwardTimeout?: boolean | undefined;
  /** Reads invocations in Payload Passthru Mode, and packs results the same way. */
  readonly passthru?: PassthruOption;
  /** Unregisters when it is aborted. Before the router has answered, `register` rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Further attributes of REGISTER.Options, in the spelling of the wire. */
  readonly extra?: Kwargs | undefined;
}

/** A registered procedure. */
export interface Registration extends AsyncDisposable {
  /** The procedure, or the pattern, that was registered. */
  readonly procedure: Uri;
  /** The registration id; undefined once the registration has ended. */
  readonly id: Id | undefined;
  readonly state: HandleState;
  /** Resolves when the registration has ended: by `unregister`, by the router, or with the session. Never rejects. */
  readonly ended: Promise<Ending>;
  /** Unregisters the procedure; calls that arrive before the router confirms are still served. */
  unregister(): Promise<void>;
}

/**
 * What a procedure may return: a value, `result(…)`, or a promise of either. An `async function*` yields progressive
 * results and returns the final one.
 */
export type HandlerReturn<V, P = unknown> =
  V | Result | Promise<V | Result> | AsyncGenerator<P | Result, V | Result, undefined>;

/** A registered function, as the core calls it. */
export type Procedure = (args: unknown[], invocation: Invocation<unknown[]>) => unknown;

/** The same, with any declared parameters. */
export type DeclaredProcedure = (args: never, invocation: never) => unknown;

export class RegistrationHandle extends Handle implements Registration {
  readonly handler: Procedure;
  readonly passthru: PassthruOption;

  constructor(procedure: Uri, options: Dict, leave: Leave, handler: Procedure, passthru?: PassthruOption) {
    super(procedure, options, leave);
    this.handler = handler;
    this.passthru = passthru;
  }

  get procedure(): Uri {
    return this.uri;
  }

  unregister(): Promise<void> {
    return this.leave({ reason: 'unregistered' });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.unregister();
  }
}
