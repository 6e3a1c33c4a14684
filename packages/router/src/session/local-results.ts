/** The types that a local session returns to its code: results, events, handles, and the end of the session. */
import {
  ApplicationError,
  type Args,
  type CallOptions,
  type ErrorMessage,
  type Event,
  type Id,
  type Kwargs,
  type Result,
  type Uri,
} from '@wamp/protocol';

/** The result of a call, or a progressive part of it. */
export interface LocalResult {
  readonly args: Args;
  readonly kwargs: Kwargs;
  readonly details: Result['details'];
}

export interface LocalEvent {
  readonly args: Args;
  readonly kwargs: Kwargs;
  readonly publication: Id;
  readonly details: Event['details'];
}

export interface LocalCallOptions extends Omit<CallOptions, 'progress' | 'receive_progress'> {
  /** Cancels the call when it is aborted; the call rejects with `wamp.error.canceled` then. */
  readonly signal?: AbortSignal;
  /** Called with each progressive result. When it is present, the call asks the callee for progressive results. */
  readonly onProgress?: (part: LocalResult) => void;
}

/** A subscription or a registration of a local session. */
export interface LocalHandle {
  readonly id: Id;
  /** @throws ApplicationError `wamp.error.no_such_subscription` or `…_registration` when the router has ended it already */
  end(): Promise<void>;
}

/** How a session ended. */
export interface LocalEnd {
  readonly reason: Uri;
  readonly message?: string;
}

export function localResultOf({ payload, details }: Result): LocalResult {
  const { args, kwargs } = payload.lend();
  return { args, kwargs, details };
}

export function callErrorOf({ error, payload, details }: ErrorMessage): ApplicationError {
  const { args, kwargs } = payload.lend();
  return new ApplicationError(error, args, kwargs, { details });
}

export function endOf({ reason, message }: LocalEnd): ApplicationError {
  return new ApplicationError(reason, message === undefined ? [] : [message]);
}
