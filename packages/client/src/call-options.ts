/** How a procedure may be called, and what the router must be able to do for that. */
import type { CancelMode, Kwargs } from '@wamp/protocol';
import type { Need } from './announced.ts';
import type { PassthruOption } from './core/passthru.ts';
import type { Result } from './core/result.ts';

/** How to call. Type parameter `P` is what progressive results carry. */
export interface CallOptions<P = unknown> {
  /** Cancels the call when it is aborted; the call rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds after which the call rejects with a `CallTimeoutError`; default: it waits for ever.
   * With progressive results it is the longest wait for the first and between them, not for all. The
   * router hears of it too, and ends the call on its side.
   */
  readonly timeout?: number | undefined;
  /** How `signal` and `cancel()` cancel: default `killnowait`. */
  readonly cancelMode?: CancelMode | undefined;
  /** Asks the router to tell the callee who calls. */
  readonly discloseMe?: boolean | undefined;
  /**
   * Asks for progressive results, and is called with each: its first positional value, and all of
   * it. What it throws reaches the session as event `error`. See also `session.stream`.
   */
  readonly onProgress?: ((value: P, whole: Result<P>) => unknown) | undefined;
  /**
   * What becomes of it while there is no connection: `wait`, the default, for the next one, within option
   * `offlineQueue` of `connect`, its `timeout` and its `signal`; or it rejects at once, with `fail`.
   */
  readonly offline?: 'wait' | 'fail' | undefined;
  /**
   * Whether it may be carried out twice: default false. If so, a call whose connection goes before its answer has come is
   * sent again on the next one, for nobody knows whether the callee had it.
   */
  readonly idempotent?: boolean | undefined;
  /** Lets the arguments pass the router unread, and reads the result. */
  readonly passthru?: PassthruOption;
  /** Further attributes of CALL.Options, spelled as on the wire. */
  readonly extra?: Kwargs | undefined;
}

const INPUT: Need = ['dealer', 'progressive_call_invocations'];
const PASSTHRU: Need = ['dealer', 'payload_passthru_mode'];
const NOTHING: readonly Need[] = [];

/** What the router must be able to do for a call. */
export function needsOf(hasInput: boolean, isPassthru: boolean): readonly Need[] {
  if (!hasInput && !isPassthru) return NOTHING;
  return [...(hasInput ? [INPUT] : []), ...(isPassthru ? [PASSTHRU] : [])];
}
