/** The options of a call, and the router features that they need. */
import type { CancelMode, Kwargs } from '@wamp/protocol';
import type { Need } from './announced.ts';
import type { PassthruOption } from './core/passthru.ts';
import type { Result } from './core/result.ts';

/** Options of `call`. Type parameter `P` is the type of progressive results. */
export interface CallOptions<P = unknown> {
  /** Cancels the call when it is aborted; the call rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds after which the call rejects with a `CallTimeoutError`. Default: no limit. With progressive results
   * it limits the time to the first result and between results, not the total. The timeout is also sent to the
   * router, which ends the call on its side.
   */
  readonly timeout?: number | undefined;
  /** How `signal` and `cancel()` cancel. Default: `killnowait`. */
  readonly cancelMode?: CancelMode | undefined;
  /** Asks the router to disclose the caller to the callee. */
  readonly discloseMe?: boolean | undefined;
  /**
   * Asks for progressive results. Called with each of them: its first positional value, and the whole result. An
   * exception reaches the session as event `error`. See also `session.stream`.
   */
  readonly onProgress?: ((value: P, whole: Result<P>) => unknown) | undefined;
  /**
   * What happens while there is no connection. `wait`, the default: the call waits for the next connection, limited
   * by option `offlineQueue` of `connect`, by `timeout` and by `signal`. `fail`: it rejects at once.
   */
  readonly offline?: 'wait' | 'fail' | undefined;
  /**
   * Whether the call may be executed twice. Default: false. If true, a call whose connection is lost before the
   * answer arrives is sent again on the next one, because the callee may or may not have received it.
   */
  readonly idempotent?: boolean | undefined;
  /** Sends the arguments, and reads the result, in Payload Passthru Mode. */
  readonly passthru?: PassthruOption;
  /** Further attributes of CALL.Options, in the spelling of the wire. */
  readonly extra?: Kwargs | undefined;
}

const INPUT: Need = ['dealer', 'progressive_call_invocations'];
const PASSTHRU: Need = ['dealer', 'payload_passthru_mode'];
const NOTHING: readonly Need[] = [];

/** The features that the router must have announced for a call. */
export function needsOf(hasInput: boolean, isPassthru: boolean): readonly Need[] {
  if (!hasInput && !isPassthru) return NOTHING;
  return [...(hasInput ? [INPUT] : []), ...(isPassthru ? [PASSTHRU] : [])];
}
