/** A registered procedure: its options and its handle. */
/// <reference lib="esnext.disposable" preserve="true" />
import type { Dict, Id, InvocationPolicy, Kwargs, MatchPolicy, Uri } from '@wamp/protocol';
import { Handle, type HandleState, type Leave } from './core/handle.ts';
import type { Ending } from './ending.ts';
import type { Invocation } from './core/invocation.ts';
import type { PassthruOption } from './core/passthru.ts';
import type { Result } from './core/result.ts';

/** How to register a procedure. */
export interface RegisterOptions {
  /** How the URI selects calls: default `exact`. */
  readonly match?: MatchPolicy | undefined;
  /** How a call chooses when several callees share the procedure: default `single`, which is no sharing. */
  readonly invoke?: InvocationPolicy | undefined;
  /** How many invocations of it this session takes at once: default any number; more wait at the router. */
  readonly concurrency?: number | undefined;
  /** Takes the procedure from whoever of the same principal holds it. */
  readonly forceReregister?: boolean | undefined;
  /** Asks the router to tell who calls, for all calls. */
  readonly discloseCaller?: boolean | undefined;
  /**
   * Asks the router to leave a call's timeout to this side: when it has passed, the invocation's
   * signal is aborted, and the caller gets `wamp.error.timeout`. Default: the router keeps the time.
   */
  readonly forwardTimeout?: boolean | undefined;
  /** Reads invocations that pass the router unread; what the procedure gives goes back the same way. */
  readonly passthru?: PassthruOption;
  /** Unregisters when it is aborted; before the router has answered, `register` rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Further attributes of REGISTER.Options, spelled as on the wire. */
  readonly extra?: Kwargs | undefined;
}

/** A procedure that this session offers. */
export interface Registration extends AsyncDisposable {
  /** The procedure, or the pattern, that it was registered for. */
  readonly procedure: Uri;
  /** The router's id for it; undefined once it has ended. */
  readonly id: Id | undefined;
  readonly state: HandleState;
  /** Resolves, and never rejects, when it has ended: by you, by the router, or with the session. */
  readonly ended: Promise<Ending>;
  /** Withdraws the procedure; calls that come before the router confirms are still served. */
  unregister(): Promise<void>;
}

/**
 * What a procedure may return: a value, `result(…)`, or a promise of either; or it is an
 * `async function*`, which yields progressive results and returns the final one.
 */
export type HandlerReturn<V, P = unknown> =
  V | Result | Promise<V | Result> | AsyncGenerator<P | Result, V | Result, undefined>;

/** A registered function, as the core calls it. */
export type Procedure = (args: unknown[], invocation: Invocation<unknown[]>) => unknown;

/** The same, whatever arguments it declares. */
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
