/** The error for a router that cannot be reached, with the causes that the platform reports. */
import { ErrorUri } from '@wamp/protocol';
import { ConnectError, toError } from '../errors.ts';

/** Not fatal: the router, or the network, may come back. */
export function unreachable(cause: unknown): ConnectError {
  return new ConnectError(ErrorUri.NETWORK_FAILURE, [reasonIn(toError(cause))], false, { cause });
}

/** Each address that was tried has an error of its own, and `fetch` wraps the error in its cause. */
export function reasonIn(error: Error): string {
  if (error instanceof AggregateError) {
    const reasons = error.errors.map((each) => reasonIn(toError(each)));
    if (reasons.length > 0) return reasons.join('; ');
  }
  return error.cause instanceof Error ? reasonIn(error.cause) : error.message;
}
