/** Why a router cannot be reached, as far as the platform tells. */
import { ErrorUri } from '@wamp/protocol';
import { ConnectError, toError } from '../errors.ts';

/** Trying again may help: the router, or the way to it, may come back. */
export function unreachable(cause: unknown): ConnectError {
  return new ConnectError(ErrorUri.NETWORK_FAILURE, [reasonIn(toError(cause))], false, { cause });
}

/** Each address that was tried has an error of its own, and `fetch` hides what happened in its cause. */
export function reasonIn(error: Error): string {
  if (error instanceof AggregateError) {
    const reasons = error.errors.map((each) => reasonIn(toError(each)));
    if (reasons.length > 0) return reasons.join('; ');
  }
  return error.cause instanceof Error ? reasonIn(error.cause) : error.message;
}
